"""Live figure: one number of memory, and what it remembers when its step size is large at some samples only."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

SECONDS = 4.0  # the reach of the slider for the moment of reading, as in js/scan_view.js


class ScanMemory(anywidget.AnyWidget):
    """Run a selective memory in the reader's browser, for any step size at and between the marked samples.

    The memory is one number that fades by exp(-Δ) at each sample and takes in the rest of the input.

    Parameters
    ----------
    u : array_like, shape (n_samples,), any unit
        Input of four seconds or more.
    marks : array_like of bool, shape (n_samples,), no unit
        Where the step size is the one for marks.
    fs : float, hertz
        Sampling rate.
    rest, at_mark : float, samples
        Step sizes between and at the marks, 1e-5 to 1 and to 10.
    read_s : float, seconds
        When the memory is read, 0.1 to 4.

    Raises
    ------
    ValueError
        If the input is too short, marks do not fit it, or a slider would start outside its range.

    References
    ----------
    Mamba2023

    Lesson
    ------
    17 MSEMG

    Examples
    --------
    >>> marks = np.arange(1000) % 250 == 100
    >>> ScanMemory(np.random.default_rng(0).standard_normal(1000), marks, fs=250)
    <ScanMemory: step 0.01 between marks, 0.01 at 4 marks, read at 3.8 s>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "scan_core.js", "scan_view.js")
    _css = _source("front_panel.css")

    u = traitlets.Bytes().tag(sync=True)  # little-endian float32
    marks = traitlets.Bytes().tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    rest = traitlets.Float(min=1e-5, max=1.0).tag(sync=True)
    at_mark = traitlets.Float(min=1e-5, max=10.0).tag(sync=True)
    read_s = traitlets.Float(min=0.1, max=SECONDS).tag(sync=True)

    def __init__(self, u, marks, *, fs, rest=0.01, at_mark=0.01, read_s=3.8):
        fs = check_fs(fs)
        u, marks = validate(u, name="u"), np.asarray(marks, dtype=bool)
        if u.ndim != 1 or u.shape != marks.shape or u.size < SECONDS * fs:
            raise ValueError(
                f"u has shape {u.shape} and marks {marks.shape}: give one channel of {SECONDS:g} s or more, and one "
                "mark for each sample."
            )
        values = {"rest": rest, "at_mark": at_mark, "read_s": read_s}
        for name, value in values.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        packed = {"u": u.astype("<f4").tobytes(), "marks": marks.astype("<f4").tobytes()}
        self._count = int(marks.sum())
        super().__init__(fs=fs, **packed, **{name: float(value) for name, value in values.items()})

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return (
            f"<ScanMemory: step {self.rest:g} between marks, {self.at_mark:g} at {self._count} marks, "
            f"read at {self.read_s:g} s>"
        )
