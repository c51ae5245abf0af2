"""Small plots: signals over time, their spectra, and an asked SNR against the one that came out."""

import matplotlib.pyplot as plt
import numpy as np

from emgtut.contaminate import gain_for_snr, mix_at_snr
from emgtut.show import style
from emgtut.signals import check_fs, psd, validate

MAX_POINTS = 4000  # more points than a page has pixels are drawn as their minimum and maximum
FLOOR_DB = 80.0  # a spectrum is drawn down to this far below the highest peak


def traces(signals, *, fs, units="mV", start_s=0.0, solid=True, ax=None):
    """Draw signals over time, one over the other.

    Long signals are drawn as the minimum and maximum of short blocks, so that an hour costs no more than a second.

    Parameters
    ----------
    signals : dict of str to array_like, each of shape (n_samples,), in `units`
        Label and samples. The labels "clean", "noisy", "denoised" and "noise" have their own colours.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    start_s : float, seconds
        Time of the first sample.
    solid : bool
        True draws full lines, which dense signals need; False adds the line style of each role.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no signal, or one is not a single finite channel.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> ax = traces({"clean": np.zeros(100)}, fs=1000)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('time (s)', 'amplitude (mV)')
    """
    fs = check_fs(fs)
    ax = _axes(ax)
    for order, (label, x) in enumerate(_channels(signals).items()):
        look = style.role(label, order=order)
        if solid:
            look["linestyle"] = "-"
        time_s, drawn = thin(x, fs)
        ax.plot(start_s + time_s, drawn, label=label, linewidth=0.8 if solid else 1.4, **look)
    ax.margins(x=0)
    ax.set(xlabel="time (s)", ylabel=amplitude_label(units))
    return _legend(ax, signals)


def spectrum(signals, *, fs, units="mV", segment_s=1.0, ax=None):
    """Draw power spectral densities (Welch) in decibels.

    Parameters
    ----------
    signals : dict of str to array_like, each of shape (n_samples,), in `units`
        Label and samples.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    segment_s : float, seconds
        Length of a Welch segment; a shorter signal is one segment.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no signal, or one is not a single finite channel.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> ax = spectrum({"noise": np.random.default_rng(0).standard_normal(4000)}, fs=1000)
    >>> ax.get_ylabel()
    'power density\\n(dB re 1 mV²/Hz)'
    """
    fs = check_fs(fs)
    ax = _axes(ax)
    spectra = {label: psd(x, fs=fs, segment_s=min(segment_s, x.size / fs)) for label, x in _channels(signals).items()}
    top_db = level_db(max(density.max() for _, density in spectra.values()))
    for order, (label, (freqs, density)) in enumerate(spectra.items()):
        ax.plot(freqs, level_db(density), label=label, **style.role(label, order=order))
    ax.margins(x=0)
    ax.set_ylim(top_db - FLOOR_DB, top_db + 4)
    square = "1 unit²" if units == "arbitrary" else f"1 {units}²"
    ax.set(xlabel="frequency (Hz)", ylabel=f"power density\n(dB re {square}/Hz)")
    return _legend(ax, signals)


def before_after(clean, noisy, estimate, *, fs, units="mV", start_s=0.0, ax=None):
    """Draw a short stretch before and after denoising; over the reference where there is one.

    Parameters
    ----------
    clean : array_like, shape (n_samples,), in `units`, or None
        The reference.
    noisy, estimate : array_like, shape (n_samples,), in `units`
        Before and after.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    start_s : float, seconds
        Time of the first sample.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> ax = before_after(None, np.ones(50), np.zeros(50), fs=1000)
    >>> [line.get_label() for line in ax.lines]
    ['noisy', 'denoised']
    """
    signals = {"noisy": noisy, "clean": clean, "denoised": estimate}  # the dashes of the estimate on the reference
    if clean is None:
        del signals["clean"]
    return traces(signals, fs=fs, units=units, start_s=start_s, solid=False, ax=ax)


def snr_sweep(asked_db, realised_db, *, ax=None):
    """Draw the SNR that came out against the SNR that was asked for.

    Parameters
    ----------
    asked_db : array_like, shape (n_points,), decibels
        What was asked.
    realised_db : dict of str to array_like, each of shape (n_points,), decibels
        What came out, one curve for each way of mixing.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If a curve and `asked_db` differ in length.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> ax = snr_sweep([-10, 0, 10], {"RMS ratio": [-20, 0, 20]})
    >>> ax.get_ylabel()
    'realised SNR (dB)'
    """
    asked_db = validate(np.asarray(asked_db, dtype=float), name="asked_db")
    ax = _axes(ax)
    ax.plot(asked_db, asked_db, color="#888888", linewidth=1.0, linestyle="-", label="as asked")
    for order, (label, curve) in enumerate(realised_db.items()):
        curve = validate(np.asarray(curve, dtype=float), name=label)
        if curve.shape != asked_db.shape:
            raise ValueError(f"{label!r} has {curve.size} values for {asked_db.size} asked SNRs: give one for each.")
        ax.plot(asked_db, curve, marker="o", markersize=3.5, label=label, **style.role(label, order=order))
    ax.set(xlabel="asked SNR (dB)", ylabel="realised SNR (dB)")
    return _legend(ax, {"as asked": None, **realised_db})


def mix_small_multiple(clean, noise, *, fs, snrs=(-20, -10, 0, 10), units="mV", noise_name="noise"):
    """Draw one mixture for each SNR, with the clean signal beside it on the same scale.

    The static companion of `emgtut.show.widgets.Mixer`: what a reader sees on paper.

    Parameters
    ----------
    clean, noise : array_like, shape (n_samples,), in `units`
        The two signals to be mixed.
    fs : float, hertz
        Sampling rate.
    snrs : sequence of float, decibels
        Energy ratios asked for, one row each.
    units : str
        Amplitude unit, or "arbitrary".
    noise_name : str
        What the noise is, for the titles.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If a signal is not a single finite channel, or is silent.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> figure = mix_small_multiple(rng.standard_normal(500), rng.standard_normal(500), fs=1000, snrs=(0,))
    >>> len(figure.axes)
    2
    """
    fs = check_fs(fs)
    parts = _channels({"clean": clean, "noise": noise})
    height = 0.55 + 1.15 * len(snrs)
    figure, grid = plt.subplots(
        len(snrs), 2, figsize=(style.WIDTH_IN, height), sharex=True, sharey="row", squeeze=False, layout="constrained"
    )
    for (left, right), snr in zip(grid, snrs):
        noisy = mix_at_snr(parts["clean"], parts["noise"], snr)
        gain = float(np.squeeze(gain_for_snr(parts["clean"], parts["noise"], snr)))
        traces({"noisy": noisy}, fs=fs, units=units, ax=left)
        traces({"clean": parts["clean"]}, fs=fs, units=units, ax=right)
        left.set_title(f"{signed(snr)} dB: clean + {gain:.3g} × {noise_name}", loc="left")
        right.set_title("clean, same scale", loc="left")
        for ax in (left, right):
            ax.set(xlabel="", ylabel="")
    for ax in grid[-1]:
        ax.set_xlabel("time (s)")
    figure.supylabel(amplitude_label(units), fontsize=10.5)
    return figure


def thin(x, fs, max_points=MAX_POINTS):
    """Times and values to draw: all of them, or the minimum and maximum of each block of a long signal.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        The signal.
    fs : float, hertz
        Sampling rate.
    max_points : int
        Largest number of points to draw, 2 or more.

    Returns
    -------
    time_s : ndarray, shape (n_points,), seconds
    values : ndarray, shape (n_points,), unit of `x`

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> time_s, values = thin(np.arange(8.0), fs=1.0, max_points=4)
    >>> time_s, values
    (array([0., 0., 4., 4.]), array([0., 3., 4., 7.]))
    """
    x = np.asarray(x)
    if x.size <= max_points:
        return np.arange(x.size) / fs, x
    block = -(-x.size // (max_points // 2))
    starts = np.arange(0, x.size, block)
    values = np.stack([np.minimum.reduceat(x, starts), np.maximum.reduceat(x, starts)], axis=-1)
    return np.repeat(starts / fs, 2), values.ravel()


def level_db(density):
    """Decibels of a density, finite where it is zero: -400 dB lies below every axis.

    Parameters
    ----------
    density : array_like, shape (...,), any unit
        Power or power density, never negative.

    Returns
    -------
    ndarray, shape (...,), decibels

    Lesson
    ------
    Refresher

    Examples
    --------
    >>> level_db([1.0, 0.0])
    array([   0., -400.])
    """
    return 10 * np.log10(np.maximum(density, 1e-40))


def amplitude_label(units):
    """Axis label for an amplitude in the given unit.

    Parameters
    ----------
    units : str
        Amplitude unit, or "arbitrary".

    Returns
    -------
    str

    Lesson
    ------
    Every chapter

    Examples
    --------
    >>> amplitude_label("mV"), amplitude_label("arbitrary")
    ('amplitude (mV)', 'amplitude (arbitrary units)')
    """
    return "amplitude (arbitrary units)" if units == "arbitrary" else f"amplitude ({units})"


def signed(number):
    """A number as text with a true minus sign.

    Parameters
    ----------
    number : float

    Returns
    -------
    str

    Lesson
    ------
    Every chapter

    Examples
    --------
    >>> signed(-10.0)
    '−10'
    """
    return f"{number:g}".replace("-", "−")


def _axes(ax):
    return plt.subplots()[1] if ax is None else ax


def _channels(signals):
    """The signals as float arrays, each checked to be one finite channel."""
    if not signals:
        raise ValueError("There is nothing to draw: give at least one labelled signal.")
    checked = {}
    for label, x in signals.items():
        x = validate(x, name=label)
        if x.ndim != 1:
            raise ValueError(f"{label!r} has shape {x.shape}, but one channel is drawn at a time: pick one, x[0].")
        checked[label] = x.astype(float)
    return checked


def _legend(ax, signals):
    """A legend above the axes, where it covers no signal; none for a single curve, which the title names."""
    if len(signals) > 1:
        legend = ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(signals), borderaxespad=0.2)
        for line in legend.get_lines():
            line.set_linewidth(1.8)  # a colour is hard to tell on a hair line
    return ax
