"""One picture of what screening found: a row for each channel, a column for each measure, failures marked."""

import matplotlib.pyplot as plt
import numpy as np

from emgtut.assess.screening import Rules
from emgtut.show import style

TEXT_PT = 10.5  # on a page the figure is scaled down by a third

# heading -> (measure, factor, digits, fails(value, rules))
COLUMNS = {
    "SMR\n(dB)": ("smr_db", 1, 0, lambda v, r: not v > r.smr_db),
    "SHR\n(dB)": ("shr_db", 1, 0, lambda v, r: not v > r.shr_db),
    "OHM": ("ohm", 1, 2, lambda v, r: not v < r.ohm),
    "SNR\n(dB)": ("snr_db", 1, 0, lambda v, r: not v >= r.b_db),
    "Hampel\n(%)": ("hampel", 100, 1, lambda v, r: not v <= r.hampel),
    "hum\n(%)": ("hum", 100, 1, lambda v, r: not v <= r.hum),
    "clipped\n(%)": ("clipped", 100, 3, lambda v, r: not v <= r.clipped),
    "flat\n(%)": ("flat", 100, 1, lambda v, r: not v <= r.flat),
    "white\n(%)": ("white", 100, 0, lambda v, r: not v <= r.white),
}


def screening_report(found, *, rules=None, title=""):
    """Draw a table of measures in which every failed rule is coloured and marked with a cross.

    Parameters
    ----------
    found : list of (str, Screened)
        File name and what `emgtut.assess.screening.screen` found, in the order of the rows.
    rules : Rules, optional
        The thresholds that decide the marks.
    title : str
        Title of the figure.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Lesson
    ------
    20 Screening

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.assess.screening import screen
    >>> noise = np.random.default_rng(0).standard_normal(4000)
    >>> figure = screening_report([("desk.csv", screen(noise, fs=1000, channel="LG"))], title="desk")
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['desk.csv LG']
    """
    if not found:
        raise ValueError("No channel was screened, so there is nothing to draw: give at least one.")
    rules = rules or Rules()
    height = 1.5 + 0.3 * len(found)
    figure, ax = plt.subplots(figsize=(style.WIDTH_IN * 1.35, height))
    failed = np.zeros((len(found), len(COLUMNS)))
    for row, (_, one) in enumerate(found):
        for column, (key, scale, digits, fails) in enumerate(COLUMNS.values()):
            value = one.measures[key]
            bad = fails(value, rules)
            failed[row, column] = 0.5 if np.isnan(value) else bad
            text = "?" if np.isnan(value) else f"{round(scale * value, digits) + 0.0:.{digits}f}".replace("-", "−")
            mark = " ×" if bad and not np.isnan(value) else ""
            ax.text(
                column, row, text + mark, ha="center", va="center", fontsize=TEXT_PT, weight="bold" if mark else None
            )
        ax.text(len(COLUMNS) - 0.4, row, f"{one.grade}  {', '.join(one.faults)}", va="center", fontsize=TEXT_PT)
    shades = plt.matplotlib.colors.ListedColormap(["#ffffff", "#e8e8e8", "#f5c9a8"])
    ax.imshow(failed, cmap=shades, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.set_xticks(range(len(COLUMNS)), list(COLUMNS), fontsize=TEXT_PT)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(found)), [f"{name} {one.channel}" for name, one in found], fontsize=TEXT_PT)
    ax.set_xlim(-0.5, len(COLUMNS) + 2.4)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if title:
        figure.suptitle(title, x=0.02, ha="left")
    return figure
