"""One picture of a judgement without a reference: the signal, and its predicted SNR over time."""

import matplotlib.pyplot as plt
import numpy as np

from emgtut.assess.qasenet import GRADES, snr_grade
from emgtut.show import style
from emgtut.show.plots import traces


def quality_report(signal, quality, *, fs, units="mV", title=""):
    """Draw a signal over its predicted SNR, with its standard deviation, the grades, and where it is a guess.

    Parameters
    ----------
    signal : array_like, shape (n_samples,), in `units`
        What was judged, one channel.
    quality : emgtut.assess.Quality or None
        What `emgtut.assess.predict_snr` said about it; None where the channel is silent.
    fs : float, hertz
        Sampling rate.
    units : str
        Amplitude unit, or "arbitrary".
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib Figure

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> from emgtut.assess import Quality
    >>> found = Quality(-3.0, 0.5, True, np.array([2.0]), np.array([-3.0]), np.array([True]))
    >>> figure = quality_report(np.arange(4000.0), found, fs=1000)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['signal', 'predicted SNR −3.0 ± 0.5 dB, grade C']
    """
    figure, (ax, bx) = plt.subplots(
        2, 1, figsize=(style.WIDTH_IN, 4.8), sharex=True, height_ratios=[2, 3], layout="constrained"
    )
    traces({"noisy": np.asarray(signal, dtype=float)}, fs=fs, units=units, ax=ax)
    if ax.get_legend():
        ax.get_legend().remove()
    ax.set(xlabel="", ylabel=ax.get_ylabel().replace(" (", "\n("))
    ax.set_title("signal", loc="left")
    bx.set(xlabel="time (s)", ylabel="SNR (dB)")
    if title:
        figure.suptitle(title, x=0.02, ha="left")
    if quality is None:
        bx.set_title("silent: there is no SNR", loc="left")
        return figure
    times, values, known = quality.times, quality.by_window, quality.familiar
    for letter, least in GRADES.items():
        bx.axhline(least, color="#999999", ls="-", lw=0.7)
        bx.text(1.0, least, f" {letter}", transform=bx.get_yaxis_transform(), va="bottom", fontsize=10)
    bx.errorbar(times, values, yerr=quality.sd, color=style.CLEAN, ls="-", lw=1.2, elinewidth=0.8)
    bx.plot(times[known], values[known], "o", color=style.CLEAN, label="window resembles the training data")
    bx.plot(times[~known], values[~known], "x", color=style.NOISY, ms=8, mew=2, label="it does not: a guess")
    bx.set_ylim(min(-18.0, values.min() - 2), max(18.0, values.max() + 2))
    bx.legend(loc="lower right", fontsize=9)
    letter = snr_grade(quality.snr_db, quality.in_distribution)
    told = f"predicted SNR {quality.snr_db:.1f} ± {quality.sd:.1f} dB, grade {letter}".replace("-", "−")
    bx.set_title(told, loc="left")
    return figure
