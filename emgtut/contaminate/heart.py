"""The heart as a contaminant: a closed-form electrocardiogram.

Each beat runs once around a circle. Five Gaussians sit at fixed angles of that circle and draw the waves P, Q, R, S
and T. The angles, sizes and widths are the defaults of the published ECGSYN model. ECGSYN integrates a differential
equation; here the same Gaussians are summed directly, so the signal is "ECGSYN-parameterised", not ECGSYN.
"""

import numpy as np

from emgtut.signals import check_count, check_fs, check_rng, unit_power

__all__ = ["synthetic_ecg"]

# Wave: angle (degrees, R at 0), slope strength, width (radians). Integrating the model's slope term turns the strength
# a into the height a·b².
WAVES = {
    "P": (-70.0, 1.2, 0.25),
    "Q": (-15.0, -5.0, 0.1),
    "R": (0.0, 30.0, 0.1),
    "S": (15.0, -7.5, 0.1),
    "T": (100.0, 0.75, 0.4),
}
BREATHING_HZ = 0.25  # the heart speeds up and slows down with breathing ...
BLOOD_PRESSURE_HZ = 0.1  # ... and with the slower rhythm of blood-pressure control


def synthetic_ecg(n_samples, *, fs, rng, heart_rate_bpm=70, rr_sd=0.04, floor_snr_db=None):
    """Draw an electrocardiogram with a changing heart rate, zero mean and unit power.

    Parameters
    ----------
    n_samples : int
        Length in samples.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Chooses where in the beat the signal starts, the phases of the heart-rate rhythms, and the floor.
    heart_rate_bpm : float
        Mean heart rate in beats per minute, 20 to 250.
    rr_sd : float
        Standard deviation of the beat-to-beat interval as a fraction of its mean, 0 to 0.2 (dimensionless).
    floor_snr_db : float, optional
        Adds white noise this many dB below the ECG. Real recordings carry such a floor; the model alone does not.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power ECG.

    Raises
    ------
    ValueError
        If the heart rate, its variability or the floor is outside its range.

    References
    ----------
    [McSharry2003]

    Examples
    --------
    >>> ecg = synthetic_ecg(5000, fs=1000, rng=np.random.default_rng(0))
    >>> bool(ecg.max() > 3)  # R waves stand far out of a signal with unit power
    True

    Lesson
    ------
    07 Noise sources
    """
    n_samples = check_count(n_samples, smallest=2)
    fs = check_fs(fs)
    check_rng(rng)
    if not 20 <= heart_rate_bpm <= 250:
        raise ValueError(f"heart_rate_bpm is {heart_rate_bpm!r}, but it must lie between 20 and 250: pass about 70.")
    if not 0 <= rr_sd <= 0.2:
        raise ValueError(
            f"rr_sd is {rr_sd!r}, but it is a fraction of the mean interval from 0 to 0.2: pass about 0.04."
        )
    if floor_snr_db is not None and not np.isfinite(floor_snr_db):
        raise ValueError(
            f"floor_snr_db is {floor_snr_db!r}, but it must be a finite number of dB, or None for no floor."
        )
    phase = _phase(n_samples, fs, rng, heart_rate_bpm, rr_sd)
    ecg = unit_power(_waves(phase))
    if floor_snr_db is None:
        return ecg
    floor = unit_power(rng.standard_normal(n_samples))
    return unit_power(ecg + 10.0 ** (-floor_snr_db / 20.0) * floor)


def _phase(n_samples, fs, rng, heart_rate_bpm, rr_sd):
    """Angle in the beat at each sample, 0 at the R wave: straight from one beat to the next."""
    mean_rr = 60.0 / heart_rate_bpm
    shortest_rr = mean_rr * (1 - 2 * rr_sd)
    n_beats = int(n_samples / fs / shortest_rr) + 3
    start = mean_rr * np.arange(n_beats)
    phases = rng.uniform(0, 2 * np.pi, size=2)
    # Two sines of amplitude rr_sd: their sum has the variance rr_sd² and never passes 2·rr_sd.
    rhythm = np.sin(2 * np.pi * BREATHING_HZ * start + phases[0]) + np.sin(
        2 * np.pi * BLOOD_PRESSURE_HZ * start + phases[1]
    )
    intervals = mean_rr * (1 + rr_sd * rhythm)
    beats = np.concatenate([[0.0], np.cumsum(intervals)])
    first = rng.uniform(0, beats[1])
    turns = np.interp(first + np.arange(n_samples) / fs, beats, np.arange(n_beats + 1))
    return 2 * np.pi * turns


def _waves(phase):
    """Sum of the five Gaussians, each at its distance around the circle."""
    ecg = np.zeros_like(phase)
    for angle_deg, strength, width in WAVES.values():
        distance = np.mod(phase - np.deg2rad(angle_deg) + np.pi, 2 * np.pi) - np.pi
        ecg += strength * width**2 * np.exp(-0.5 * (distance / width) ** 2)
    return ecg
