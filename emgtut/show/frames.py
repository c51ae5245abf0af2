"""A slider over pictures made beforehand: any Python model moves on the built page, with no kernel and no network."""

import base64
import html
import io
import pathlib
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from emgtut.show.plots import signed

BUDGET_BYTES = 1_500_000  # of HTML; a page of the book stays well under a few megabytes
_SCRIPT = (pathlib.Path(__file__).parent / "js" / "frames.js").read_text(encoding="utf-8")
# In the dark the book's theme puts HTML on a light card; the pictures have cards of their own, the slider needs none.
DARK_CSS = (
    'html[data-theme="dark"] .bd-content div.cell_output .text_html:has(.emg-frames,.emg-explore-static)'
    "{background:transparent!important;color:inherit!important;padding:0!important}"
)
_LABEL_CSS = "display:flex;flex-wrap:wrap;gap:.3em .8em;align-items:center;margin:.5em 0"


def frame_slider(render, values, *, label, unit="", alt, start=None, budget_bytes=BUDGET_BYTES):
    """Draw one figure for each value now, and let the reader choose among them later.

    Use it where the result needs SciPy or a network; where twenty lines of JavaScript do, write a widget instead.

    Parameters
    ----------
    render : callable, value -> matplotlib Figure
        Draws the figure for one value. All figures have the same size, so that the page does not jump.
    values : sequence of float or str, in `unit`
        The positions of the slider, in this order, each once.
    label : str
        What the slider changes.
    unit : str
        Unit of the values.
    alt : str or callable, value -> str
        Text for readers who do not see the picture; it must differ from frame to frame. A string may hold
        ``{value}``, which becomes the value with its unit.
    start : optional
        The value shown first; by default the first one.
    budget_bytes : int, bytes
        A warning is given when the HTML is longer than this.

    Returns
    -------
    FrameSlider
        Shows itself in a notebook and on a page of the book.

    Raises
    ------
    ValueError
        If there are no values, values or alternative texts repeat, `start` is not among the values, or the figures
        differ in size.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> def render(cycles):
    ...     figure, ax = plt.subplots(figsize=(2, 1))
    ...     _ = ax.plot([0, cycles])
    ...     return figure
    >>> frame_slider(render, [1, 2, 3], label="slope", alt="A line that rises by {value}.")
    <FrameSlider: slope, 3 frames from 1 to 3>
    """
    values = list(values)
    if not values:
        raise ValueError("The slider has no values: give at least one.")
    if len(set(values)) < len(values):
        raise ValueError(f"A value is repeated in {values}: give each position of the slider once.")
    start = values[0] if start is None else start
    if start not in values:
        raise ValueError(f"start={start!r} is not one of the values {values}: choose one of them.")
    texts = [_text(value, unit) for value in values]
    alts = [_alt(alt, value, text) for value, text in zip(values, texts)]
    if len(set(alts)) < len(alts):
        raise ValueError("Two frames have the same alternative text: put {value} into `alt`, or pass a function.")
    pictures = _draw(render, values)
    slider = FrameSlider(label, values, texts, alts, pictures, values.index(start))
    size = len(slider.html())
    if size > budget_bytes:
        warnings.warn(
            f"The slider {label!r} takes {size / 1e6:.1f} MB, more than its budget of {budget_bytes / 1e6:.1f} MB: "
            "use fewer values or smaller figures.",
            stacklevel=2,
        )
    return slider


class FrameSlider:
    """Pictures, their texts and a native slider; made by `frame_slider`.

    Parameters
    ----------
    label : str
        What the slider changes.
    values : list
        Positions of the slider.
    texts : list of str
        The values as shown, with unit.
    alts : list of str
        Alternative text of each picture.
    pictures : list of str
        Each picture as a ``data:`` address.
    start : int
        Place of the picture shown first.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> FrameSlider("SNR", [0], ["0 dB"], ["Silence."], ["data:image/png;base64,"], 0)
    <FrameSlider: SNR, 1 frames from 0 dB to 0 dB>
    """

    def __init__(self, label, values, texts, alts, pictures, start):
        self.label, self.values, self.texts = label, values, texts
        self.alts, self.pictures, self.start = alts, pictures, start

    def __len__(self):
        """Return the number of frames."""
        return len(self.values)

    def __repr__(self):
        """Say in one line what the slider holds."""
        return f"<FrameSlider: {self.label}, {len(self)} frames from {self.texts[0]} to {self.texts[-1]}>"

    def html(self):
        """Return the slider as HTML that needs nothing else.

        Returns
        -------
        str
        """
        # JupyterLab would take the arrow keys for itself, were it not for lm-suppress-shortcuts.
        # No element has an id: any number of sliders, even the same one twice, live on one page.
        last, text = len(self) - 1, html.escape(self.texts[self.start])
        frames = "".join(self._frame(place) for place in range(len(self)))
        return (
            f"<style>{DARK_CSS}</style>"
            f'<div class="emg-frames" data-value="{html.escape(str(self.values[self.start]))}">'
            f'<label style="{_LABEL_CSS}"><span>{html.escape(self.label)}</span>'
            f'<input type="range" min="0" max="{last}" step="1" value="{self.start}" autocomplete="off"'
            ' data-lm-suppress-shortcuts="true"'
            f' aria-valuetext="{text}" style="flex:1 1 7em;min-width:6em;max-width:24em">'
            f'<span class="emg-frames-value" aria-hidden="true" style="min-width:4em">{text}</span></label>'
            f"{frames}</div><script>{_SCRIPT}</script>"
        )

    def _frame(self, place):
        hidden = "" if place == self.start else " hidden"
        return (
            f'<img class="emg-frame" data-value="{html.escape(str(self.values[place]))}"'
            f' data-text="{html.escape(self.texts[place])}" alt="{html.escape(self.alts[place])}"'
            f' src="{self.pictures[place]}" style="max-width:100%;height:auto"{hidden}>'
        )

    def _repr_html_(self):
        return self.html()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html(), "text/plain": repr(self)}


def picture_address(figure):
    """A figure as a ``data:`` address: SVG or PNG, whichever is shorter.

    Parameters
    ----------
    figure : matplotlib Figure

    Returns
    -------
    str

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> picture_address(Figure(figsize=(1, 1)))[:11]
    'data:image/'
    """
    png, svg = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=figure.dpi, metadata={"Software": None})
    with mpl.rc_context({"svg.hashsalt": "emgtut"}):  # the same names inside the SVG on every run
        figure.savefig(svg, format="svg", metadata={"Date": None})
    kind, data = min(("png", png.getvalue()), ("svg+xml", svg.getvalue()), key=lambda pair: len(pair[1]))
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _draw(render, values):
    pictures, first_size = [], None
    for value in values:
        figure = render(value)
        if not isinstance(figure, Figure):
            raise ValueError(
                f"render({value!r}) gave a {type(figure).__name__}, but a matplotlib Figure is needed: return it."
            )
        size = tuple(figure.get_size_inches() * figure.dpi)
        first_size = first_size or size
        if not np.allclose(size, first_size):
            raise ValueError(f"The figure for {value!r} differs in size from the first: draw all at one figsize.")
        pictures.append(picture_address(figure))
        plt.close(figure)
    return pictures


def _text(value, unit):
    number = value if isinstance(value, str) else signed(value)
    return f"{number} {unit}".strip()


def _alt(alt, value, text):
    words = alt(value) if callable(alt) else alt.replace("{value}", text)
    if not words or not words.strip():
        raise ValueError(f"The frame for {value!r} has no alternative text: say in a sentence what it shows.")
    return words
