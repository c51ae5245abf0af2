"""The third electrode: what it does when it is a passive ground, and when the amplifier drives the body with it."""

import numpy as np

from emgtut.acquire.body import positive

__all__ = ["common_mode_voltage", "driven_electrode_gain"]


def driven_electrode_gain(freq_hz, *, feedback_ohm, averaging_ohm, feedback_farad=0.0):
    """Loop gain of a driven electrode: how strongly the amplifier pushes the body back.

    Parameters
    ----------
    freq_hz : array_like (...,), hertz
    feedback_ohm, averaging_ohm : float, ohm
        The feedback resistor, and each of the two resistors that average the common mode.
    feedback_farad : float, farad
        Capacitor across the feedback resistor; it keeps the loop stable and costs gain at 50 Hz.

    Returns
    -------
    numpy.ndarray (...,), complex, dimensionless

    Raises
    ------
    ValueError
        If a resistor is not positive.

    References
    ----------
    Winter1983

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    >>> float(abs(driven_electrode_gain(50.0, feedback_ohm=5e6, averaging_ohm=25e3)))
    400.0
    """
    feedback = positive(feedback_ohm, "feedback_ohm", "ohm")
    gain = 2 * feedback / positive(averaging_ohm, "averaging_ohm", "ohm")
    return gain / (1 + 2j * np.pi * np.asarray(freq_hz, dtype=float) * feedback * float(feedback_farad))


def common_mode_voltage(current_a, *, electrode_ohm, loop_gain=0.0, protective_ohm=0.0, tap="electrode"):
    """Voltage of the whole body above the amplifier's ground.

    Without a driven electrode this is Ohm's law. With one, the loop divides what it encloses by 1 + gain. The
    protective resistor is enclosed only when the feedback taps at the electrode; else it stays outside.

    Parameters
    ----------
    current_a : float, ampere
    electrode_ohm : float, ohm
        Impedance of the third electrode.
    loop_gain : complex or float, dimensionless
        From :func:`driven_electrode_gain`; 0 for a passive ground electrode.
    protective_ohm : float, ohm
        Resistor that limits the current into the body.
    tap : {"electrode", "amplifier"}
        Where the feedback resistor is connected.

    Returns
    -------
    float, volt
        In the same sense (RMS, peak) as the current.

    Raises
    ------
    ValueError
        If `tap` is neither name or a resistance is not positive.

    References
    ----------
    Winter1983

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    >>> round(common_mode_voltage(0.2e-6, electrode_ohm=100e3, loop_gain=400, protective_ohm=5e6) * 1e6, 1)   # uV
    49.9
    >>> round(common_mode_voltage(0.2e-6, electrode_ohm=100e3, loop_gain=400, protective_ohm=5e6,
    ...                           tap="amplifier") * 1e3, 2)   # millivolt
    2.54
    """
    if tap not in ("electrode", "amplifier"):
        raise ValueError(f"tap must be 'electrode' or 'amplifier', got {tap!r}.")
    electrode = float(positive(electrode_ohm, "electrode_ohm", "ohm"))
    outside = float(protective_ohm) if tap == "amplifier" else 0.0
    return float(abs(current_a) * (electrode + outside) / abs(1 + loop_gain))
