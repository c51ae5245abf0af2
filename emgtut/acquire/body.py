"""The body as a circuit: electrode-skin impedance, mains coupling, and how a common voltage becomes a differential one.

Mains reaches the body through a few picofarads. That lifts the whole body, a *common-mode* voltage that a perfect
amplifier would ignore. Two unequal electrodes turn part of it into a difference, and the difference is amplified.
"""

import numpy as np

from emgtut.signals import check_fs, validate

__all__ = [
    "differential_hum",
    "displacement_current",
    "electrode_impedance",
    "input_impedance",
    "interference",
    "loop_pickup",
]


def positive(value, name, unit):
    """Return a value as an array, or say that it must be positive and finite."""
    value = np.asarray(value, dtype=float)
    if not np.all(np.isfinite(value)) or np.any(value <= 0):
        raise ValueError(f"{name} must be positive and finite, in {unit}; got {value}.")
    return value


def electrode_impedance(freq_hz, *, series_ohm, skin_ohm, skin_farad):
    """Impedance of one electrode on skin: a resistor in series with a leaky capacitor.

    Parameters
    ----------
    freq_hz : array_like (...,), hertz
        Frequencies, zero or above.
    series_ohm : float, ohm
        Gel and tissue.
    skin_ohm, skin_farad : float, ohm and farad
        Outer skin and electrode interface, in parallel.

    Returns
    -------
    numpy.ndarray (...,), complex, ohm

    Raises
    ------
    ValueError
        If a component is not positive.

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    At zero frequency the capacitor is open, so both resistors count:

    >>> float(abs(electrode_impedance(0.0, series_ohm=500, skin_ohm=50e3, skin_farad=50e-9)))
    50500.0
    """
    series, skin = positive(series_ohm, "series_ohm", "ohm"), positive(skin_ohm, "skin_ohm", "ohm")
    omega = 2 * np.pi * np.asarray(freq_hz, dtype=float)
    return series + skin / (1 + 1j * omega * skin * positive(skin_farad, "skin_farad", "farad"))


def displacement_current(mains_volt, *, freq_hz, coupling_farad):
    """Current that the mains wiring pushes into the body through the air.

    Parameters
    ----------
    mains_volt : float, volt (RMS)
    freq_hz : float, hertz
    coupling_farad : float, farad
        Mains-to-body capacitance; about 3 pF in the classic estimate.

    Returns
    -------
    float, ampere (RMS)

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    MettingVanRijn1990

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    >>> round(displacement_current(220, freq_hz=50, coupling_farad=3e-12) * 1e6, 3)   # microampere
    0.207
    """
    volt, freq = positive(mains_volt, "mains_volt", "volt"), positive(freq_hz, "freq_hz", "hertz")
    return float(volt * 2 * np.pi * freq * positive(coupling_farad, "coupling_farad", "farad"))


def input_impedance(freq_hz, *, farad):
    """Impedance from one input to ground: the amplifier's capacitance plus the cable's.

    Parameters
    ----------
    freq_hz : array_like (...,), hertz
    farad : float, farad

    Returns
    -------
    numpy.ndarray (...,), complex, ohm

    Raises
    ------
    ValueError
        If a value is not positive.

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    >>> round(float(abs(input_impedance(50.0, farad=200e-12))) / 1e6, 1)   # megaohm
    15.9
    """
    return 1 / (2j * np.pi * positive(freq_hz, "freq_hz", "hertz") * positive(farad, "farad", "farad"))


def interference(common_mode_volt, *, first_ohm, second_ohm, input_ohm, cmrr_db=np.inf, exact=True):
    """Differential voltage that a common voltage leaves at the amplifier: the key equation of the front end.

    Each electrode and the input behind it form a divider. Unequal electrodes divide unequally:
    ``v = v_cm * ((Z1 - Z2)/Zc + 1/CMRR)`` as long as the electrodes are small against the input.

    Parameters
    ----------
    common_mode_volt : float, volt
    first_ohm, second_ohm : complex or float, ohm
        The two electrode impedances.
    input_ohm : complex or float, ohm
        From :func:`input_impedance`.
    cmrr_db : float, decibel
        Common-mode rejection of the amplifier itself.
    exact : bool
        The divider as it is, or the textbook approximation above.

    Returns
    -------
    float, volt
        Magnitude; both terms are taken in phase, which is the worst case.

    Raises
    ------
    ValueError
        If the input impedance is zero.

    References
    ----------
    MettingVanRijn1990

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    20 kilo-ohm of imbalance on 200 pF, 10.4 mV of common mode:

    >>> zc = input_impedance(50.0, farad=200e-12)
    >>> v = interference(10.4e-3, first_ohm=40e3, second_ohm=20e3, input_ohm=zc)
    >>> round(v * 1e6)   # microvolt: as large as a weak contraction
    13
    """
    if abs(input_ohm) == 0:
        raise ValueError("input_ohm must not be zero: a shorted input has no signal.")
    if exact:
        imbalance = input_ohm / (input_ohm + second_ohm) - input_ohm / (input_ohm + first_ohm)
    else:
        imbalance = (first_ohm - second_ohm) / input_ohm
    return float(abs(common_mode_volt) * (abs(imbalance) + 10 ** (-cmrr_db / 20)))


def differential_hum(common_mode_volt, *, fs, first_ohm, second_ohm, farad):
    """Waveform of the difference that two unequal electrodes make of a common-mode waveform.

    The input capacitance and an electrode are a divider at every frequency, so a harmonic is converted the better
    the higher it is. The amplifier's own rejection is not in here: :class:`emgtut.acquire.frontend.Chain` adds it.

    Parameters
    ----------
    common_mode_volt : array_like (..., n_samples), volt
        For example `emgtut.contaminate.mains.power_line` times an amplitude.
    fs : float, hertz
    first_ohm, second_ohm : float, or a function of frequency in hertz giving ohm
        The two electrodes; a function for one whose impedance depends on frequency.
    farad : float, farad
        Capacitance from each input to ground.

    Returns
    -------
    numpy.ndarray (..., n_samples), volt

    Raises
    ------
    ValueError
        If the waveform is not finite or shorter than four samples, or the capacitance is not positive.

    References
    ----------
    MettingVanRijn1990

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    The worked case of :func:`interference`, as a waveform:

    >>> common = 10.4e-3 * np.sqrt(2) * np.sin(2 * np.pi * 50 * np.arange(2000) / 2000)
    >>> hum = differential_hum(common, fs=2000, first_ohm=40e3, second_ohm=20e3, farad=200e-12)
    >>> round(float(np.sqrt(np.mean(hum**2))) * 1e6)   # microvolt
    13
    """
    volt = validate(common_mode_volt, name="common_mode_volt", min_samples=4)
    n = volt.shape[-1]
    pad = min(n - 1, round(0.1 * check_fs(fs)))
    # Continued oddly at both ends, so that the ends are not a step, which the divider would turn into a spike.
    before, after = 2 * volt[..., :1] - volt[..., pad:0:-1], 2 * volt[..., -1:] - volt[..., -2 : -pad - 2 : -1]
    spectrum = np.fft.rfft(np.concatenate([before, volt, after], axis=-1), axis=-1)
    freq = np.fft.rfftfreq(n + 2 * pad, 1 / fs)[1:]
    inputs = input_impedance(freq, farad=farad)
    first, second = (ohm(freq) if callable(ohm) else ohm for ohm in (first_ohm, second_ohm))
    spectrum[..., 0] = 0  # a capacitor divides no constant
    spectrum[..., 1:] *= inputs / (inputs + second) - inputs / (inputs + first)
    return np.fft.irfft(spectrum, n=n + 2 * pad, axis=-1)[..., pad : pad + n]


def loop_pickup(flux_tesla, *, area_m2, freq_hz):
    """Voltage that a magnetic field induces in the loop of body and leads: no amplifier can reject it.

    Parameters
    ----------
    flux_tesla : float, tesla
        Flux density through the loop.
    area_m2 : float, square metre
        Area between the two leads; twisting them makes it small.
    freq_hz : float, hertz

    Returns
    -------
    float, volt
        In the same sense (RMS, peak) as the flux density.

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    MettingVanRijn1990

    Lesson
    ------
    02 Electrode and mains

    Examples
    --------
    One microtesla through a hundred square centimetres:

    >>> round(loop_pickup(1e-6, area_m2=0.01, freq_hz=50) * 1e6, 2)   # microvolt
    3.14
    """
    flux, area = positive(flux_tesla, "flux_tesla", "tesla"), positive(area_m2, "area_m2", "square metre")
    return float(2 * np.pi * positive(freq_hz, "freq_hz", "hertz") * flux * area)
