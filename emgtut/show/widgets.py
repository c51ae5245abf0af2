"""Live figures: `Mixer` computes in the reader's browser, `explore` in JupyterLab's kernel."""

import functools
import html
import pathlib
import warnings

import anywidget
import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import traitlets
from IPython import get_ipython
from IPython.display import HTML, display
from matplotlib.figure import Figure

from emgtut.show.frames import DARK_CSS, picture_address
from emgtut.show.plots import signed
from emgtut.signals import check_fs, validate

_JS = pathlib.Path(__file__).parent / "js"
BUDGET_BYTES = 1_500_000  # of samples in the page


def _source(*names):
    return "\n".join((_JS / name).read_text(encoding="utf-8") for name in names)


class Mixer(anywidget.AnyWidget):
    """Mix two signals at an SNR chosen with a slider, with no kernel: the arithmetic runs in the browser.

    A reader moves the SNR, and chooses what "SNR" is read as: the ratio of energies (this course), the ratio of RMS
    values with 10·log10, or the ratio of peak-to-peak values. The figure shows the mixture, the spectra, the gain and
    the energy SNR measured on the mixture, and can play it as sound. Beside it, put
    `emgtut.show.plots.mix_small_multiple` for readers on paper.

    Parameters
    ----------
    clean, noise : array_like, shape (n_samples,), in `units`
        The two signals, at least 64 samples, not constant. The page stores them in float32.
    fs : float, hertz
        Sampling rate.
    snr_db : float, decibels
        SNR asked for at the start, from -20 to 20.
    definition : str
        What the SNR is read as at the start: "energy", "rms" or "peak".
    label_clean, label_noise : str
        Names of the two signals.
    units : str
        Amplitude unit, or "arbitrary".
    seconds : float, seconds, optional
        Use only the beginning. The SNR then is that of the beginning.

    Raises
    ------
    ValueError
        If the signals cannot be mixed, or a choice is out of range.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> Mixer(rng.standard_normal(2000), rng.standard_normal(2000), fs=1000, snr_db=-10)
    <Mixer: sEMG and ECG, 2 s at 1000 Hz, −10 dB by energy>
    """

    _esm = _source("mixer_core.js", "mixer_view.js")
    _css = _source("mixer.css")

    clean = traitlets.Bytes().tag(sync=True)
    noise = traitlets.Bytes().tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    snr_db = traitlets.Float(0.0, min=-20.0, max=20.0).tag(sync=True)
    definition = traitlets.Enum(["energy", "rms", "peak"], default_value="energy").tag(sync=True)
    label_clean = traitlets.Unicode().tag(sync=True)
    label_noise = traitlets.Unicode().tag(sync=True)
    units = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        clean,
        noise,
        *,
        fs,
        snr_db=0.0,
        definition="energy",
        label_clean="sEMG",
        label_noise="ECG",
        units="mV",
        seconds=None,
    ):
        fs = check_fs(fs)
        clean, noise = (_packed(x, fs, seconds, name) for name, x in (("clean", clean), ("noise", noise)))
        if len(clean) != len(noise):
            raise ValueError(
                f"clean has {len(clean) // 4} samples and noise {len(noise) // 4}: cut them to one length, or give "
                "`seconds`."
            )
        if not -20 <= snr_db <= 20:
            raise ValueError(f"snr_db={snr_db} is off the slider: choose a value from -20 to 20 dB.")
        if definition not in ("energy", "rms", "peak"):
            raise ValueError(f"definition={definition!r} is unknown: choose 'energy', 'rms' or 'peak'.")
        if len(clean) + len(noise) > BUDGET_BYTES:
            warnings.warn(
                f"The mixer puts {(len(clean) + len(noise)) / 1e6:.1f} MB of samples into the page, more than its "
                f"budget of {BUDGET_BYTES / 1e6:.1f} MB: give `seconds`.",
                stacklevel=2,
            )
        super().__init__(
            clean=clean,
            noise=noise,
            fs=fs,
            snr_db=float(snr_db),
            definition=definition,
            label_clean=label_clean,
            label_noise=label_noise,
            units=units,
        )

    def __repr__(self):
        """Say in one line what is mixed; this is what a page without scripts shows."""
        duration = len(self.clean) / 4 / self.fs
        return (
            f"<Mixer: {self.label_clean} and {self.label_noise}, {duration:.3g} s at {self.fs:g} Hz, "
            f"{signed(self.snr_db)} dB by {self.definition}>"
        )


def _packed(x, fs, seconds, name):
    """Samples as little-endian float32 bytes, checked after the conversion."""
    x = validate(x, name=name)
    if x.ndim != 1:
        raise ValueError(f"{name} has shape {x.shape}, but one channel is mixed at a time: pick one, {name}[0].")
    if seconds is not None:
        x = x[: max(round(seconds * fs), 0)]
    x = validate(x.astype("<f4"), name=name, min_samples=64)
    if np.ptp(x) == 0:
        raise ValueError(f"{name} is constant, so it has no SNR: choose a stretch with a signal in it.")
    return x.tobytes()


def explore(function, *, alt, **sliders):
    """Sliders around a function that draws a figure: live in JupyterLab, one plain picture on a page of the book.

    A built page has no kernel, and a slider that moves nothing misleads. So the page shows the figure at the starting
    values and says where it is live; JupyterLab shows the sliders.

    Parameters
    ----------
    function : callable, keyword arguments -> matplotlib Figure
        Draws the figure.
    alt : str or callable, keyword arguments -> str
        Text for readers who do not see the picture. A string may hold ``{name}`` for each slider.
    **sliders
        One for each argument, as in `ipywidgets.interactive`: ``(min, max, step)``, a list of choices, or a widget.

    Returns
    -------
    Explorer
        Shows itself in a notebook and on a page of the book.

    Raises
    ------
    ValueError
        If the function does not return a figure, or the alternative text is empty.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> def draw(slope):
    ...     figure, ax = plt.subplots(figsize=(2, 1))
    ...     _ = ax.plot([0, slope])
    ...     return figure
    >>> explore(draw, alt="A line that rises by {slope}.", slope=(0, 4, 1))
    <Explorer of slope, drawn at slope=2>
    """

    @functools.wraps(function)
    def drawn(**values):
        figure = function(**values)
        if isinstance(figure, Figure):
            plt.close(figure)  # or the kernel would show it a second time
        return figure

    in_notebook = get_ipython() is not None  # elsewhere there is no place to show a figure, and none to clear
    live = ipywidgets.interactive(drawn, {"auto_display": in_notebook}, clear_output=in_notebook, **sliders)
    for control in live.kwargs_widgets:
        if control.has_trait("continuous_update"):
            control.continuous_update = False  # redraw when the slider rests: a lagging one feels broken
    live.add_class("emg-explore")
    return Explorer(live, drawn, alt)


class Explorer:
    """A live view and its plain picture; made by `explore`.

    Parameters
    ----------
    live : ipywidgets.interactive
        The sliders and the figure they redraw.
    function : callable, keyword arguments -> matplotlib Figure
        Draws the figure. It is called here once, outside the widget, so that an error stops the chapter.
    alt : str or callable
        Alternative text of the picture.

    Lesson
    ------
    08 Mixing at a chosen SNR
    """

    # On a page of the book (class cell_output) the live part hides, in JupyterLab (class jp-OutputArea) the picture.
    _CSS = (
        ".cell_output .emg-explore,.cell_output .widget-subarea:has(.emg-explore){display:none!important}"
        ".jp-OutputArea .emg-explore-static{display:none}" + DARK_CSS
    )

    def __init__(self, live, function, alt):
        self.live = live
        self.values = {control._kwarg: control.get_interact_value() for control in live.kwargs_widgets}
        self.alt = alt(**self.values) if callable(alt) else alt.format(**self.values)
        if not self.alt.strip():
            raise ValueError("The picture has no alternative text: say in a sentence what it shows.")
        figure = function(**self.values)
        if not isinstance(figure, Figure):
            raise ValueError(
                f"The function gave a {type(figure).__name__}, but a matplotlib Figure is needed: return the figure."
            )
        self._picture = picture_address(figure)

    def __repr__(self):
        """Say in one line what can be explored."""
        told = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"<Explorer of {', '.join(self.values)}, drawn at {told}>"

    def static_html(self):
        """Return the plain picture with its alternative text and a sentence on where it is live.

        Returns
        -------
        str
        """
        told = ", ".join(f"{html.escape(name)} = {html.escape(str(value))}" for name, value in self.values.items())
        return (
            f'<style>{self._CSS}</style><div class="emg-explore-static">'
            f'<img alt="{html.escape(self.alt)}" src="{self._picture}" style="max-width:100%;height:auto">'
            f"<p>Drawn at {told}. Open this chapter in JupyterLab and run the cell to move the values yourself.</p>"
            "</div>"
        )

    def _ipython_display_(self):
        display(HTML(self.static_html()))
        display(self.live)
