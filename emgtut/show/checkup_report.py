"""The picture of a check-up: where the muscle worked, what the rest is made of, how alike the contractions are."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from emgtut.acquire.checkup import rests
from emgtut.show import style
from emgtut.show.plots import level_db, thin
from emgtut.signals import check_fs, psd, validate

SEGMENT_S = 0.25  # of the spectra: short, so that a short rest is still an average; shorter where no rest is that long


def checkup_report(x, found, *, fs, units="arbitrary", title=""):
    """Draw a channel with its contractions shaded, the spectra of rest and work, and one bar for each contraction.

    Parameters
    ----------
    x : array_like, shape (n_samples,), in `units`
        The channel as recorded; its mean is removed, nothing else.
    found : emgtut.acquire.Checkup
        What the check-up of that channel found.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If `x` is not one finite channel.

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.acquire import checkup
    >>> level = np.where((np.arange(12000) // 1000) % 2, 1.0, 0.05)
    >>> x = level * np.random.default_rng(0).standard_normal(12000)
    >>> figure = checkup_report(x, checkup(x, fs=1000), fs=1000)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['6 contractions found', 'what the rest is made of', 'peak RMS of each contraction']
    """
    fs, x = check_fs(fs), validate(x, name="x")
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but one channel is drawn at a time: pick one, x[0].")
    x = x - x.mean()
    figure, grid = plt.subplot_mosaic(
        [["trace", "trace"], ["spectra", "bars"]], figsize=(style.WIDTH_IN, 5.4), layout="constrained"
    )
    _draw_trace(grid["trace"], x, found, fs, units)
    _draw_spectra(grid["spectra"], x, found, fs, units)
    _draw_bars(grid["bars"], found, units)
    if title:
        figure.suptitle(title, x=0.02, ha="left")
    return figure


def _unit(units):
    return "arbitrary units" if units == "arbitrary" else units


def _draw_trace(ax, x, found, fs, units):
    time_s, drawn = thin(x, fs)
    for start, stop in found.contractions:
        ax.axvspan(start, stop, color=style.OKABE_ITO["sky"], alpha=0.35, lw=0)
    ax.plot(time_s, drawn, color="black", lw=0.6, ls="-")
    count = len(found.contractions)
    ax.set_title(f"{count} contraction{'s' if count > 1 else ''} found", loc="left")
    ax.set(xlabel="time (s)", ylabel=f"amplitude\n({_unit(units)})")
    ax.margins(x=0)


def _draw_spectra(ax, x, found, fs, units):
    """Spectra of all rests and of all contractions, each averaged over its pieces by their length."""
    quiet = rests(x, found.contractions, fs=fs)
    work = [x[round(a * fs) : round(b * fs)] for a, b in found.contractions]
    segment = min(SEGMENT_S, max(map(len, quiet)) / fs, max(map(len, work)) / fs)
    for name, pieces, label in (("clean", work, "contractions"), ("noise", quiet, "rest")):
        long_enough = [piece for piece in pieces if len(piece) >= round(segment * fs)]
        spectra = [psd(piece, fs=fs, segment_s=segment) for piece in long_enough]
        density = np.average([d for _, d in spectra], axis=0, weights=[len(piece) for piece in long_enough])
        ax.semilogx(spectra[0][0][1:], level_db(density[1:]), lw=1.2, label=label, **style.role(name))
    ax.set_title("what the rest is made of", loc="left")
    square = "1 unit²" if units == "arbitrary" else f"1 {units}²"
    ax.set(xlabel="frequency (Hz)", ylabel=f"power density\n(dB re {square}/Hz)")
    ax.legend(loc="best")


def _draw_bars(ax, found, units):
    number = np.arange(1, len(found.peak_rms) + 1)
    ax.bar(number, found.peak_rms, color=style.CLEAN, width=0.7, label="contraction")
    noise = found.noise_rms
    ax.axhline(noise.value, color=style.NOISE, lw=1.8, ls=style.ROLES["noise"]["linestyle"], label="rest (RMS)")
    if np.isfinite(noise.low):
        ax.axhspan(noise.low, noise.high, color=style.NOISE, alpha=0.3, lw=0)
    ax.set_title("peak RMS of each contraction", loc="left")
    ax.set_xlim(0.4 - 0.3 * (len(number) < 4), len(number) + 0.6 + 0.3 * (len(number) < 4))
    ax.set(xlabel="contraction", ylabel=f"RMS ({_unit(units)})", yscale="log")
    ax.set_ylim(0.5 * min(noise.value, found.peak_rms.min()), 3 * found.peak_rms.max())
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    step = -(-len(number) // 10)
    ax.set_xticks(number[::step])
    ax.legend(ncols=2, loc="upper left")
