"""The heart as a contaminant: a closed-form electrocardiogram.

Each beat runs once around a circle. Five Gaussians sit at fixed angles of that circle and draw the waves P, Q, R, S
and T. The angles, sizes and widths are the defaults of the published ECGSYN model. ECGSYN integrates a differential
equation; here the same Gaussians are summed directly, so the signal is "ECGSYN-parameterised", not ECGSYN.

One shape of beat is one person under one pair of electrodes. `random_heart` draws another person: rate, rhythm, shape,
polarity, floor, and perhaps beats that come too early.
"""

import numpy as np

from emgtut.signals import check_count, check_fs, check_rng, unit_power

__all__ = ["WAVES", "random_heart", "synthetic_ecg"]

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

# An ectopic beat starts in the ventricle: it comes early, a pause follows, it is broad, has no P, and T points the
# other way. Factors on the interval before it and after it, and (height, width) of each wave.
EARLY, PAUSE = 0.65, 1.35
ECTOPIC = {"P": (0.0, 1.0), "Q": (0.5, 1.5), "R": (1.1, 2.2), "S": (0.5, 2.0), "T": (-1.0, 1.0)}

# The model's QRS complex is slow for a person at rest. Random hearts are sharper, and their slow waves smaller, so that
# half, 90 and 95 % of their power lie below the same frequencies as in the training records. benchmarks/heart.py
# chooses both numbers, on those records alone.
SHARPER, SLOW_WAVES = 0.55, 0.7


def synthetic_ecg(n_samples, *, fs, rng, heart_rate_bpm=70, rr_sd=0.04, floor_snr_db=None, waves=None, ectopic=0.0):
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
    waves : dict of str to (float, float, float), optional
        Angle in degrees (R at 0), slope strength and width in radians of each wave; the keys are those of `WAVES`,
        which is the default.
    ectopic : float
        Probability (dimensionless) that a beat is ectopic, 0 to 0.5. Two never follow each other.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power ECG.

    Raises
    ------
    ValueError
        If the heart rate, its variability, the floor or the ectopic share is outside its range, or a wave is missing.

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
    if not 0 <= ectopic <= 0.5:
        raise ValueError(f"ectopic is {ectopic!r}, but it is a probability from 0 to 0.5: pass about 0.05, or 0.")
    turns, early = _turns(n_samples, fs, rng, heart_rate_bpm, rr_sd, ectopic)
    ecg = unit_power(_waves(turns, early, _checked_waves(waves)))
    if floor_snr_db is None:
        return ecg
    floor = unit_power(rng.standard_normal(n_samples))
    return unit_power(ecg + 10.0 ** (-floor_snr_db / 20.0) * floor)


def random_heart(rng, *, ectopic_share=0.2):
    """Draw a heart at random: its rate and rhythm, the shape of its beats, the lead's polarity and the noise floor.

    The ranges are choices of this course. They are wide, so that a denoiser trained on the draws cannot learn one
    person by heart; they are no survey of patients. The floor of 16 to 40 dB stands for what real recordings carry.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.
    ectopic_share : float
        Probability (dimensionless) that this heart has ectopic beats at all.

    Returns
    -------
    dict
        Settings for `synthetic_ecg`.

    Examples
    --------
    >>> settings = random_heart(np.random.default_rng(3))
    >>> sorted(settings)
    ['ectopic', 'floor_snr_db', 'heart_rate_bpm', 'rr_sd', 'waves']
    >>> synthetic_ecg(2000, fs=1000, rng=np.random.default_rng(4), **settings).shape
    (2000,)

    Lesson
    ------
    07 Noise sources
    """
    check_rng(rng)
    rate = float(rng.uniform(50, 120))
    # Angles are fractions of a beat. A faster heart has shorter beats but hardly shorter QRS complexes: in angle they
    # grow with the rate, the slow waves with its root.
    faster = rate / 60.0
    polarity = -1.0 if rng.random() < 0.2 else 1.0
    upright_t = -1.0 if rng.random() < 0.15 else 1.0
    waves = {}
    for name, (angle, strength, width) in WAVES.items():
        stretch = (SHARPER * faster if name in "QRS" else np.sqrt(faster)) * rng.lognormal(0.0, 0.15)
        size = polarity * (upright_t if name == "T" else 1.0) * (SLOW_WAVES if name in "PT" else 1.0)
        size *= rng.lognormal(0.0, 0.2 if name == "R" else 0.3)
        place = angle * (SHARPER * faster if name in "QS" else 1.0) + rng.normal(0.0, 3.0 if name in "PT" else 0.5)
        wide = width * stretch
        height = strength * width**2 * size
        waves[name] = (float(place), float(height / wide**2), float(wide))
    return {
        "heart_rate_bpm": rate,
        "rr_sd": float(rng.uniform(0.01, 0.08)),
        "floor_snr_db": float(rng.uniform(16, 40)),
        "waves": waves,
        "ectopic": float(rng.uniform(0.02, 0.15)) if rng.random() < ectopic_share else 0.0,
    }


def _checked_waves(waves):
    if waves is None:
        return WAVES
    values = np.array([waves.get(name, (np.nan,) * 3) for name in WAVES], dtype=np.float64)
    if set(waves) != set(WAVES) or not np.all(np.isfinite(values)) or np.any(values[:, 2] <= 0):
        raise ValueError(
            f"waves has the keys {sorted(waves)}, but it must give a finite angle, strength and a width above zero for "
            "each of P, Q, R, S and T: start from a copy of WAVES."
        )
    return waves


def _turns(n_samples, fs, rng, heart_rate_bpm, rr_sd, ectopic):
    """Beats passed at each sample, whole at an R wave and straight between; and which beats are ectopic."""
    mean_rr = 60.0 / heart_rate_bpm
    shortest_rr = mean_rr * (1 - 2 * rr_sd) * (EARLY if ectopic else 1.0)
    n_beats = int(n_samples / fs / shortest_rr) + 3
    start = mean_rr * np.arange(n_beats)
    phases = rng.uniform(0, 2 * np.pi, size=2)
    # Two sines of amplitude rr_sd: their sum has the variance rr_sd² and never passes 2·rr_sd.
    rhythm = np.sin(2 * np.pi * BREATHING_HZ * start + phases[0]) + np.sin(
        2 * np.pi * BLOOD_PRESSURE_HZ * start + phases[1]
    )
    intervals = mean_rr * (1 + rr_sd * rhythm)
    early = np.zeros(n_beats + 3, dtype=bool)  # two more for waves that reach beyond either end
    if ectopic:
        chosen = rng.random(early.size) < ectopic
        for beat in range(1, early.size):
            early[beat] = chosen[beat] and not early[beat - 1]
        intervals = intervals * np.where(early[1 : n_beats + 1], EARLY, np.where(early[:n_beats], PAUSE, 1.0))
    beats = np.concatenate([[0.0], np.cumsum(intervals)])
    first = rng.uniform(0, beats[1])
    turns = np.interp(first + np.arange(n_samples) / fs, beats, np.arange(n_beats + 1))
    return turns, early


def _waves(turns, early, waves):
    """Sum of the five Gaussians, each at its distance around the circle from the nearest beat."""
    ecg = np.zeros_like(turns)
    for name, (angle_deg, strength, width) in waves.items():
        past = turns - angle_deg / 360.0
        beat = np.round(past).astype(np.int64)
        distance = 2 * np.pi * (past - beat)
        height = strength * width**2
        if not early.any():
            ecg += height * np.exp(-0.5 * (distance / width) ** 2)
            continue
        size, stretch = ECTOPIC[name]
        odd = early[np.clip(beat, 0, early.size - 1)]
        wide = np.where(odd, stretch * width, width)
        ecg += height * np.where(odd, size, 1.0) * np.exp(-0.5 * (distance / wide) ** 2)
    return ecg
