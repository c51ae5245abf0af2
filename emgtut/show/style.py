"""The house style: one palette, one line style per role, sizes that can be read on a page and on a telephone."""

import matplotlib as mpl
from cycler import cycler

# Okabe and Ito's eight colours: told apart with every common form of colour blindness.
OKABE_ITO = {
    "black": "#000000",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
}

# Every role has a colour and a line style, so that a figure survives a black-and-white printer.
ROLES = {
    "clean": {"color": OKABE_ITO["blue"], "linestyle": "-"},
    "noisy": {"color": OKABE_ITO["vermillion"], "linestyle": (0, (1, 1))},
    "denoised": {"color": OKABE_ITO["green"], "linestyle": (0, (5, 1.5))},
    "noise": {"color": OKABE_ITO["purple"], "linestyle": (0, (5, 1.5, 1, 1.5))},
}
CLEAN, NOISY, DENOISED, NOISE = (ROLES[role]["color"] for role in ("clean", "noisy", "denoised", "noise"))

WIDTH_IN = 7.2  # the text column of the book
PNG_DPI = 144  # twice as many pixels as the column shows: sharp on a dense screen

_CYCLE_COLOURS = ["blue", "vermillion", "green", "purple", "black", "orange", "sky"]
_CYCLE_LINES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (3, 1))]


def use():
    """Make the house style the style of every matplotlib figure drawn from here on.

    White ground, constrained layout, the Okabe-Ito palette cycled together with line styles, no frame on the right
    and on top. Pictures are stored as PNG at 144 dots per inch; SVG keeps its text as outlines, so that it looks the
    same everywhere.

    Returns
    -------
    None

    References
    ----------
    OkabeIto2008

    Lesson
    ------
    Every chapter

    Examples
    --------
    >>> import matplotlib as mpl
    >>> use()
    >>> mpl.rcParams["axes.prop_cycle"].by_key()["color"][0]
    '#0072B2'
    """
    cycle = cycler(color=[OKABE_ITO[name] for name in _CYCLE_COLOURS]) + cycler(linestyle=_CYCLE_LINES)
    mpl.rcParams.update(
        {
            "axes.prop_cycle": cycle,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.labelsize": 10.5,
            "axes.unicode_minus": True,
            "figure.constrained_layout.use": True,
            "figure.dpi": PNG_DPI,
            "figure.figsize": (WIDTH_IN, 3.0),
            "figure.facecolor": "white",
            "figure.titlesize": 12,
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
            "font.size": 10.5,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "legend.fontsize": 9.5,
            "legend.frameon": False,
            "legend.handlelength": 2.6,  # long enough to show a dash pattern
            "lines.linewidth": 1.4,
            "savefig.dpi": PNG_DPI,
            "savefig.facecolor": "white",
            "svg.fonttype": "path",
            "xtick.labelsize": 9.5,
            "ytick.labelsize": 9.5,
        }
    )


def role(label, *, order=0):
    """Colour and line style for a label: its role's where it names one, else the next of the cycle.

    Parameters
    ----------
    label : str
        A role ("clean", "noisy", "denoised", "noise") or any other name.
    order : int
        Place in the cycle for a label that names no role.

    Returns
    -------
    dict
        ``color`` and ``linestyle``, ready for ``Axes.plot``.

    Lesson
    ------
    Every chapter

    Examples
    --------
    >>> role("clean")
    {'color': '#0072B2', 'linestyle': '-'}
    >>> role("VMD", order=1)
    {'color': '#D55E00', 'linestyle': '--'}
    """
    if label in ROLES:
        return dict(ROLES[label])
    place = order % len(_CYCLE_COLOURS)
    return {"color": OKABE_ITO[_CYCLE_COLOURS[place]], "linestyle": _CYCLE_LINES[place]}
