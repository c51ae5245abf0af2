"""Pictures of a benchmark: gain against level, gain for each kind, gain against cost."""

import matplotlib.pyplot as plt
import numpy as np

from emgtut.show import style

__all__ = ["cost_plot", "kinds_plot", "snr_plot"]

MARKERS = "osD^vP*X<>"
REFERENCES = ("identity", "zero")
TEXT_DARK_ABOVE = 0.6  # of the colour scale: numbers on darker cells are white


def snr_plot(averages, *, mode="blind", highlight=()):
    """Draw the macro average of SNRimp against the input SNR, a curve for each method.

    Parameters
    ----------
    averages : DataFrame
        What `emgtut.benchmark.tables.averages` gives.
    mode : {"blind", "oracle"}
        Which mode.
    highlight : sequence of str
        Methods that get a band, the 95 % interval over subjects.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Lesson
    ------
    19 Showdown

    Examples
    --------
    >>> import pandas as pd
    >>> common = {"by": "snr_db", "quantity": "mean", "mode": "blind", "score": "snr_imp", "low": 0.0, "high": 2.0}
    >>> table = pd.DataFrame([{**common, "method": "m", "value": x, "macro": 1.0} for x in ("-5.0", "0.0")])
    >>> snr_plot(table).axes[0].get_ylabel()
    'SNR improvement (dB)'
    """
    part = _part(averages, by="snr_db", mode=mode)
    figure, ax = plt.subplots(figsize=(style.WIDTH_IN, 4.2))
    for order, (method, rows) in enumerate(part.groupby("method", sort=False)):
        rows = rows.assign(x=rows["value"].astype(float)).sort_values("x")
        look = _look(method, order)
        ax.plot(rows["x"], rows["macro"], marker=MARKERS[order % len(MARKERS)], markersize=4, label=method, **look)
        if method in highlight:
            ax.fill_between(rows["x"], rows["low"], rows["high"], color=look["color"], alpha=0.15, linewidth=0)
    ax.set(xlabel="input SNR (dB)", ylabel="SNR improvement (dB)")
    ax.axhline(0, color="#888888", linewidth=0.8)
    figure.legend(loc="outside right upper", title=mode)
    return figure


def kinds_plot(averages, *, mode="blind"):
    """Draw the macro average of SNRimp for each method and each single kind of contaminant, as a table of colours.

    Parameters
    ----------
    averages : DataFrame
        What `emgtut.benchmark.tables.averages` gives.
    mode : {"blind", "oracle"}
        Which mode.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Lesson
    ------
    19 Showdown

    Examples
    --------
    >>> import pandas as pd
    >>> common = {"by": "kinds", "quantity": "mean", "mode": "blind", "score": "snr_imp"}
    >>> table = pd.DataFrame([{**common, "method": "m", "value": x, "macro": 1.0} for x in ("ecg", "mains")])
    >>> [label.get_text() for label in kinds_plot(table).axes[0].get_xticklabels()]
    ['ecg', 'mains']
    """
    part = _part(averages, by="kinds", mode=mode)
    grid = part.pivot(index="method", columns="value", values="macro")
    grid = grid[list(dict.fromkeys(part["value"]))]
    # skipna=False: a method with an empty cell goes last, because its mean would be over kinds of its own choice
    grid = grid.loc[grid.mean(axis=1, skipna=False).sort_values(ascending=False).index]
    figure, ax = plt.subplots(figsize=(style.WIDTH_IN, 0.9 + 0.34 * len(grid)))
    largest = max(float(np.nanmax(np.abs(grid.to_numpy()))), 1e-9)
    image = ax.imshow(grid, cmap="PuOr_r", vmin=-largest, vmax=largest, aspect="auto")
    for row, values in enumerate(grid.to_numpy()):
        for column, value in enumerate(values):
            dark = abs(value) > TEXT_DARK_ABOVE * largest
            told = "–" if np.isnan(value) else f"{round(value, 1) + 0.0:.1f}".replace("-", "−")
            ax.text(column, row, told, ha="center", va="center", fontsize=9.5, color="white" if dark else "black")
    ax.set_xticks(range(grid.shape[1]), grid.columns)
    ax.set_yticks(range(len(grid)), grid.index)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    figure.colorbar(image, ax=ax, label="SNR improvement (dB)")
    ax.set_title(f"one contaminant at a time, {mode}")
    return figure


def cost_plot(averages, *, mode="blind"):
    """Draw the macro average of SNRimp against the processor time for one window.

    Parameters
    ----------
    averages : DataFrame
        What `emgtut.benchmark.tables.averages` gives.
    mode : {"blind", "oracle"}
        Which mode.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If there is nothing to draw.

    Lesson
    ------
    19 Showdown

    Examples
    --------
    >>> import pandas as pd
    >>> common = {"by": "all", "quantity": "mean", "mode": "blind", "low": 0.5, "high": 1.5, "method": "m"}
    >>> table = pd.DataFrame([{**common, "score": x, "macro": 1.0} for x in ("snr_imp", "time_s")])
    >>> cost_plot(table).axes[0].get_xscale()
    'log'
    """
    quality = _part(averages, by="all", mode=mode).set_index("method")
    seconds = _part(averages, by="all", mode=mode, score="time_s").set_index("method")["macro"]
    quality = quality[quality["macro"].notna()]
    figure, ax = plt.subplots(figsize=(style.WIDTH_IN, 4.0))
    for order, (method, row) in enumerate(quality.iterrows()):
        x, y = 1000 * seconds[method], row["macro"]
        spread = None if np.isnan(row["low"]) else [[max(y - row["low"], 0)], [max(row["high"] - y, 0)]]
        look = {"color": _look(method, order)["color"], "marker": MARKERS[order % len(MARKERS)]}
        ax.errorbar(x, y, yerr=spread, markersize=6, linestyle="none", capsize=2, **look)
    named, near = [], 0.05 * np.ptp(quality["macro"])
    # A name goes below its mark where, above, it would cover another name.
    for method, y in quality["macro"].sort_values(ascending=False).items():
        x = 1000 * seconds[method]
        crowded = any(abs(np.log10(x / other_x)) < 0.25 and other_y - y <= near for other_x, other_y in named)
        ax.annotate(method, (x, y), xytext=(6, -11 if crowded else 5), textcoords="offset points", fontsize=9)
        named.append((x, y))
    ax.set_xscale("log")
    ax.margins(x=0.25)  # room for the names
    ax.axhline(0, color="#888888", linewidth=0.8)
    ax.set(xlabel="processor time for one window (ms)", ylabel="SNR improvement (dB)")
    ax.set_title(f"cost and quality, {mode}")
    return figure


def _part(averages, *, by, mode, score="snr_imp"):
    chosen = (averages["by"] == by) & (averages["mode"] == mode) & (averages["score"] == score)
    part = averages[chosen & (averages["quantity"] == "mean")]
    if part.empty or part["macro"].isna().all():
        raise ValueError(f"The table has no {score} by {by} in the mode {mode!r}: run that mode first.")
    return part


def _look(method, order):
    """Reference rows are grey; every other method takes the next colour and line."""
    if method in REFERENCES:
        return {"color": "#777777", "linestyle": "-" if method == "identity" else ":"}
    return style.role(method, order=order)
