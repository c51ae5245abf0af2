"""One-page pictures for the command line: what a denoiser did, and how a signal compares with its reference."""

import matplotlib.pyplot as plt
import numpy as np

from emgtut.show import style
from emgtut.show.plots import before_after, spectrum, traces
from emgtut.signals import check_fs

ZOOM_S = 0.5


def denoise_report(noisy, estimate, *, fs, units="mV", title="", clean=None):
    """Draw a recording before and after denoising, what was removed, a close look and the spectra.

    The close look is the half second in which most was removed.

    Parameters
    ----------
    noisy, estimate : array_like, shape (n_samples,), in `units`
        Before and after, one channel.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    title : str
        Title of the figure.
    clean : array_like, shape (n_samples,), in `units`, optional
        The reference, where there is one.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If the signals differ in length or are not single finite channels.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> noisy = np.random.default_rng(0).standard_normal(3000)
    >>> figure = denoise_report(noisy, 0.5 * noisy, fs=1000, title="halved")
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['before', 'after', 'removed = before − after', 'where most was removed', 'spectra']
    """
    fs = check_fs(fs)
    signals = _same_length({"noisy": noisy, **({} if clean is None else {"clean": clean}), "denoised": estimate})
    removed = signals["noisy"] - signals["denoised"]
    figure, axes = _layout(["before", "after", "removed"], title)
    traces({"noisy": signals["noisy"]}, fs=fs, units=units, ax=axes["before"])
    traces({"denoised": signals["denoised"]}, fs=fs, units=units, ax=axes["after"])
    traces({"noise": removed}, fs=fs, units=units, ax=axes["removed"])
    _titles(
        axes, units, before="before", after="after", removed="removed = before − after", zoom="where most was removed"
    )
    start, stop = loudest(removed, fs)
    near = {label: x[start:stop] for label, x in signals.items()}
    before_after(
        near.get("clean"), near["noisy"], near["denoised"], fs=fs, units=units, start_s=start / fs, ax=axes["zoom"]
    )
    spectrum(signals, fs=fs, units=units, ax=axes["spectra"])
    return figure


def assess_report(signal, clean, *, fs, units="mV", title="", scores=None):
    """Draw a signal against its reference: both over time, their difference, a close look, the spectra, the scores.

    Parameters
    ----------
    signal, clean : array_like, shape (n_samples,), in `units`
        What is judged, and the reference; one channel each.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    title : str
        Title of the figure.
    scores : dict of str to float, optional
        Numbers to print below the pictures.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If the signals differ in length or are not single finite channels.

    Lesson
    ------
    09 Measures

    Examples
    --------
    >>> import numpy as np
    >>> clean = np.random.default_rng(0).standard_normal(3000)
    >>> figure = assess_report(1.1 * clean, clean, fs=1000, scores={"prd": 10.0})
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['signal', 'reference', 'difference = signal − reference', 'where they differ most', 'spectra']
    """
    fs = check_fs(fs)
    both = _same_length({"signal": signal, "clean": clean})
    difference = both["signal"] - both["clean"]
    figure, axes = _layout(["signal", "clean", "difference"], title, footer=scores is not None)
    drawn = {"noisy": both["signal"], "clean": both["clean"]}
    traces({"noisy": drawn["noisy"]}, fs=fs, units=units, ax=axes["signal"])
    traces({"clean": drawn["clean"]}, fs=fs, units=units, ax=axes["clean"])
    traces({"noise": difference}, fs=fs, units=units, ax=axes["difference"])
    _titles(
        axes,
        units,
        signal="signal",
        clean="reference",
        difference="difference = signal − reference",
        zoom="where they differ most",
    )
    start, stop = loudest(difference, fs)
    near = {label: x[start:stop] for label, x in drawn.items()}
    traces(near, fs=fs, units=units, start_s=start / fs, solid=False, ax=axes["zoom"])
    spectrum({**drawn, "noise": difference}, fs=fs, units=units, ax=axes["spectra"])
    _rename(axes["zoom"], noisy="signal", clean="reference")
    _rename(axes["spectra"], noisy="signal", clean="reference", noise="difference")
    if scores is not None:
        figure.supxlabel(score_lines(scores), x=0.02, ha="left", fontsize=9.5, family="DejaVu Sans Mono")
    return figure


def loudest(x, fs, length_s=ZOOM_S):
    """First and one-past-last sample of the stretch with the most energy.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        The signal.
    fs : float, hertz
        Sampling rate.
    length_s : float, seconds
        Length of the stretch; a shorter signal is taken whole.

    Returns
    -------
    tuple of int, samples

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> loudest([0.0, 0.0, 3.0, 3.0, 0.0], fs=1.0, length_s=2.0)
    (2, 4)
    """
    x = np.asarray(x, dtype=float)
    length = min(max(round(length_s * fs), 1), x.size)
    running = np.concatenate([[0.0], np.cumsum(np.square(x))])
    start = int(np.argmax(running[length:] - running[:-length]))
    return start, start + length


def score_lines(scores, per_line=4):
    """Scores as lines of aligned text.

    Parameters
    ----------
    scores : dict of str to float
        Name and value.
    per_line : int
        How many stand on one line.

    Returns
    -------
    str

    Lesson
    ------
    09 Measures

    Examples
    --------
    >>> print(score_lines({"snr_in": -10.0, "prd": 31.6228}))
    snr_in −10          prd 31.62
    """
    cells = [f"{name} {value:.4g}".replace("-", "−") for name, value in scores.items()]
    width = max(18, *(len(cell) + 2 for cell in cells)) if cells else 0
    rows = [cells[at : at + per_line] for at in range(0, len(cells), per_line)]
    return "\n".join("".join(cell.ljust(width) for cell in row).rstrip() for row in rows)


def _layout(stacked, title, footer=False):
    """Three panels over the whole length that share both axes; below them a close look and the spectra."""
    names = [*stacked, "zoom", "spectra"]
    figure, axes = plt.subplots(
        len(names),
        1,
        figsize=(style.WIDTH_IN, 9.4 if footer else 8.8),
        height_ratios=[1, 1, 1, 1.5, 1.5],
        layout="constrained",
    )
    axes = dict(zip(names, axes))
    first = axes[stacked[0]]
    for name in stacked[1:]:
        axes[name].sharex(first)
        axes[name].sharey(first)
    if title:
        figure.suptitle(title, x=0.02, ha="left")
    return figure, axes


def _titles(axes, units, **words):
    """Titles; the low panels say only their unit, and only the last of the three names its time axis."""
    for name, text in words.items():
        axes[name].set_title(text, loc="left")
    axes["spectra"].set_title("spectra", loc="left")
    for place, name in enumerate(list(axes)[:3]):
        axes[name].set_ylabel("arbitrary\nunits" if units == "arbitrary" else units)
        if place < 2:
            axes[name].set_xlabel("")
            axes[name].tick_params(labelbottom=False)


def _rename(ax, **words):
    """Other words in a legend whose colours stay those of the roles."""
    for text in ax.get_legend().get_texts():
        text.set_text(words[text.get_text()])


def _same_length(signals):
    signals = {label: np.asarray(x, dtype=float) for label, x in signals.items()}
    shapes = {label: x.shape for label, x in signals.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{label} {shape}" for label, shape in shapes.items())
        raise ValueError(f"The signals differ in shape ({told}): give stretches of equal length.")
    return signals
