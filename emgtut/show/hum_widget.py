"""Live figure: how much hum a mains current leaves at the amplifier, and which way it came in."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

LOOP_GAINS = (0, 1, 3, 10, 30, 100, 300, 1000)  # the positions of the slider, as in js/hum_core.js


class HumMeter(anywidget.AnyWidget):
    """Hum at the amplifier's input for any imbalance, cable, CMRR and loop gain, computed in the reader's browser.

    The current through the body meets the third electrode; the common mode that results becomes a difference through
    unequal electrodes and through the amplifier. Both are shown beside a muscle.

    Parameters
    ----------
    muscle_mv : array_like, shape (n_samples,), millivolt
        A stretch of muscle to compare with, 64 to 4000 samples.
    fs : float, hertz
        Its sampling rate.
    current_a : float, ampere (RMS)
        Mains current through the body.
    ground_ohm : float, ohm
        Impedance of the third electrode.
    second_ohm : float, ohm
        Impedance of the better of the two signal electrodes; the other one has the imbalance on top.
    mains_hz : float, hertz
    delta_ohm, picofarad, cmrr_db, loop_gain : float, in ohm, picofarad, decibels and no unit
        Where the sliders start: 10 to 100,000, 5 to 1,000, 60 to 130, and one of 0, 1, 3, 10, 30, 100, 300, 1000.

    Raises
    ------
    ValueError
        If the muscle has no usable length or is silent, or a slider would start outside its range.

    References
    ----------
    MettingVanRijn1990, Winter1983

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    >>> import numpy as np
    >>> HumMeter(0.05 * np.random.default_rng(0).standard_normal(400), fs=2000)
    <HumMeter: 20000 ohm of imbalance, 200 pF, CMRR 100 dB, loop gain 0>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "hum_core.js", "hum_view.js")
    _css = _source("front_panel.css")

    muscle = traitlets.Bytes().tag(sync=True)  # volt, little-endian float32
    fs = traitlets.Float().tag(sync=True)
    current_a = traitlets.Float(min=1e-12).tag(sync=True)
    ground_ohm = traitlets.Float(min=1.0).tag(sync=True)
    second_ohm = traitlets.Float(min=0.0).tag(sync=True)
    mains_hz = traitlets.Float(min=1.0).tag(sync=True)
    delta_ohm = traitlets.Float(min=10.0, max=1e5).tag(sync=True)
    picofarad = traitlets.Float(min=5.0, max=1000.0).tag(sync=True)
    cmrr_db = traitlets.Float(min=60.0, max=130.0).tag(sync=True)
    loop_gain = traitlets.Float(min=0.0, max=1000.0).tag(sync=True)

    def __init__(
        self, muscle_mv, *, fs, current_a=0.2e-6, ground_ohm=50e3, second_ohm=20e3, mains_hz=50.0,
        delta_ohm=20e3, picofarad=200.0, cmrr_db=100.0, loop_gain=0,
    ):  # fmt: skip
        muscle = validate(muscle_mv, name="muscle_mv", min_samples=64)
        if muscle.ndim != 1 or muscle.size > 4000 or not np.any(muscle):
            raise ValueError(f"muscle_mv must be one channel of 64 to 4000 samples, not silent; it is {muscle.shape}.")
        if loop_gain not in LOOP_GAINS:
            raise ValueError(f"loop_gain must be one of {LOOP_GAINS}, got {loop_gain}.")
        values = {
            "current_a": current_a, "ground_ohm": ground_ohm, "second_ohm": second_ohm, "mains_hz": mains_hz,
            "delta_ohm": delta_ohm, "picofarad": picofarad, "cmrr_db": cmrr_db, "loop_gain": loop_gain,
        }  # fmt: skip
        for name, value in values.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        packed = (muscle * 1e-3).astype("<f4").tobytes()
        super().__init__(muscle=packed, fs=check_fs(fs), **{name: float(value) for name, value in values.items()})

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return (
            f"<HumMeter: {self.delta_ohm:g} ohm of imbalance, {self.picofarad:g} pF, CMRR {self.cmrr_db:g} dB, "
            f"loop gain {self.loop_gain:g}>"
        )
