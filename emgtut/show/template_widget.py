"""Live figure: a template of one to thirty-two heartbeats, and what its subtraction does to the muscle."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

BEAT_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # the positions of the slider, as in js/template_core.js


class TemplateBench(anywidget.AnyWidget):
    """Average, subtract and score in the reader's browser, for any number of beats, SNR and jitter.

    Parameters
    ----------
    muscle : array_like, shape (32, n_samples), any unit
        The muscle around each of 32 beats, 50 to 1000 samples each, not silent.
    shape : array_like, shape (n_samples,), any unit
        One heartbeat, not silent; it fades to zero at both ends.
    fs : float, hertz
        Sampling rate.
    n_beats : int, dimensionless
        Number of beats at the start: 1, 2, 3, 4, 6, 8, 12, 16, 24 or 32.
    snr_db : float, decibels
        Muscle against heart over all 32 beats, -20 to 10.
    jitter_ms : float, milliseconds
        Standard deviation of the places of the beats, 0 to 8.
    seed : int, dimensionless
        Chooses which beats come early and which late.

    Raises
    ------
    ValueError
        If the signals do not fit each other or are silent, or a slider would start outside its range.

    Lesson
    ------
    12 Template subtraction

    Examples
    --------
    >>> muscle = np.random.default_rng(0).standard_normal((32, 400))
    >>> TemplateBench(muscle, np.hanning(400), fs=1000)
    <TemplateBench: 2 beats, -10 dB, jitter 0 ms>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "template_core.js", "template_view.js")
    _css = _source("front_panel.css")

    muscle = traitlets.Bytes().tag(sync=True)  # little-endian float32, row after row
    shape = traitlets.Bytes().tag(sync=True)
    offsets = traitlets.Bytes().tag(sync=True)  # where each beat lies, in standard deviations
    fs = traitlets.Float().tag(sync=True)
    n_beats = traitlets.Int(min=BEAT_COUNTS[0], max=BEAT_COUNTS[-1]).tag(sync=True)
    snr_db = traitlets.Float(min=-20.0, max=10.0).tag(sync=True)
    jitter_ms = traitlets.Float(min=0.0, max=8.0).tag(sync=True)

    def __init__(self, muscle, shape, *, fs, n_beats=2, snr_db=-10.0, jitter_ms=0.0, seed=0):
        fs = check_fs(fs)
        muscle, shape = validate(muscle, name="muscle", min_samples=50), validate(shape, name="shape", min_samples=50)
        rows = BEAT_COUNTS[-1]
        if shape.ndim != 1 or shape.size > 1000 or muscle.shape != (rows, shape.size):
            raise ValueError(
                f"muscle has shape {muscle.shape} and shape {shape.shape}: give {rows} rows of muscle, each as long as "
                "the heartbeat, 50 to 1000 samples."
            )
        if not (np.any(muscle) and np.any(shape)):
            raise ValueError("muscle or shape is silent, so there is no SNR: give signals that are not all zero.")
        if not (n_beats in BEAT_COUNTS and -20 <= snr_db <= 10 and 0 <= jitter_ms <= 8):
            raise ValueError(
                f"The sliders cannot start at n_beats={n_beats}, snr_db={snr_db}, jitter_ms={jitter_ms}: n_beats is "
                f"one of {BEAT_COUNTS}, the SNR lies from -20 to 10 dB, the jitter from 0 to 8 ms."
            )
        offsets = np.random.default_rng(seed).standard_normal(rows)
        parts = {"muscle": muscle / np.std(muscle), "shape": shape, "offsets": offsets}
        super().__init__(
            fs=fs, n_beats=int(n_beats), snr_db=float(snr_db), jitter_ms=float(jitter_ms),
            **{name: np.asarray(part).astype("<f4").tobytes() for name, part in parts.items()},
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        beats = f"{self.n_beats} beat" + "s" * (self.n_beats > 1)
        return f"<TemplateBench: {beats}, {self.snr_db:g} dB, jitter {self.jitter_ms:g} ms>"
