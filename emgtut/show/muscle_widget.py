"""Live figure: one muscle, summed from its motor units in the reader's browser."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

HEARD = (1, 3, 10, 30, 0)  # the positions of the slider, as in js/muscle_core.js; 0 stands for all units


class MuscleSum(anywidget.AnyWidget):
    """Drive a muscle: discharges, their sum and its spectrum, computed anew at each move of a slider.

    The page holds one potential for each motor unit and the rule of recruitment and rate coding. Its script draws the
    discharge times, stretches the potentials to the conduction velocity, and adds them up.

    Parameters
    ----------
    pool : Pool
        The muscle; its `common_input` must be 0.
    waveforms : array_like, shape (n_units, n_samples), millivolts
        Potential of each unit at full velocity, such as ``muap_bank(...).waveforms[0, 0]``. Stored in float32.
    fs : float, hertz
        Their sampling rate.
    lead : int, samples
        Sample of a potential that falls on the discharge.
    drive : float, no unit
        Where the slider starts, 0 to 1.
    velocity : float, no unit
        Conduction velocity at the start, as a part of the muscle's own, 0.6 to 1.
    heard : int, number of units
        How many units are added up at the start, counted from the first recruited: 1, 3, 10, 30, or 0 for all.

    Raises
    ------
    ValueError
        If the potentials do not fit the pool, or a slider would start outside its range.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> from emgtut.acquire import Electrode, motor_unit_pool, muap_bank
    >>> pool = motor_unit_pool(np.random.default_rng(0))
    >>> bank = muap_bank(pool, [Electrode()], fs=2000)
    >>> MuscleSum(pool, bank.waveforms[0, 0], fs=2000, lead=bank.lead, drive=0.3)
    <MuscleSum: 120 units, drive 0.3, velocity 100 %, all units heard>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "muscle_core.js", "muscle_view.js")
    _css = _source("front_panel.css") + "\n.emg-front-chart path{fill:none;stroke:var(--emg-ink);stroke-width:1}"

    waveforms = traitlets.Bytes().tag(sync=True)  # millivolts, little-endian float32, unit after unit
    units = traitlets.Bytes().tag(sync=True)  # threshold and peak rate of each unit, float64
    rules = traitlets.Dict().tag(sync=True)  # fs, lead and what all units share
    drive = traitlets.Float(min=0.0, max=1.0).tag(sync=True)
    velocity = traitlets.Float(min=0.6, max=1.0).tag(sync=True)
    heard = traitlets.Enum(HEARD).tag(sync=True)

    def __init__(self, pool, waveforms, *, fs, lead, drive=0.2, velocity=1.0, heard=0):
        fs, waveforms = check_fs(fs), validate(waveforms, name="waveforms")
        if waveforms.ndim != 2 or len(waveforms) != pool.n_units or pool.common_input:
            raise ValueError(
                f"waveforms have shape {waveforms.shape} and common_input is {pool.common_input:g}: give one potential "
                f"for each of the {pool.n_units} units, and a pool without common input."
            )
        if not 0 <= lead < waveforms.shape[-1]:
            raise ValueError(
                f"lead is {lead}, but it must lie within the {waveforms.shape[-1]} samples of a potential."
            )
        if not (0 <= drive <= 1 and 0.6 <= velocity <= 1 and heard in HEARD):
            raise ValueError(
                f"The sliders cannot start at drive={drive}, velocity={velocity}, heard={heard}: the drive lies from 0 "
                f"to 1, the velocity from 0.6 to 1, and heard is one of {HEARD}."
            )
        super().__init__(
            waveforms=waveforms.astype("<f4").tobytes(),
            units=np.stack([pool.threshold, pool.peak_rate], axis=1).astype("<f8").tobytes(),
            rules={
                "fs": fs, "lead": int(lead), "minRate": pool.min_rate, "rateGain": pool.rate_gain, "cv": pool.isi_cv,
                "fullExcitation": pool.max_excitation,
            },
            drive=float(drive),
            velocity=float(velocity),
            heard=heard,
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        heard = f"{self.heard or 'all'} unit{'' if self.heard == 1 else 's'} heard"
        return (
            f"<MuscleSum: {len(self.units) // 16} units, drive {self.drive:g}, velocity {100 * self.velocity:g} %, "
            f"{heard}>"
        )
