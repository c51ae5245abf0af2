"""A thin stand-in for surface EMG: Gaussian noise with the spectrum of a muscle and the loudness of a drive."""

import numpy as np

from emgtut.signals import check_count, check_fs, check_rng, validate


def shaped_power(freqs_hz, *, low_hz=60.0, high_hz=120.0):
    """Power spectrum of the shaped-Gaussian model, up to a constant factor.

    The model is ``P(f) = fh^4 f^2 / ((f^2 + fl^2) (f^2 + fh^2)^2)``: it rises as f^2 below `low_hz` and falls as
    f^-4 above `high_hz`. Two corners are enough for a spectrum that looks like a muscle's.

    Parameters
    ----------
    freqs_hz : array_like, shape (...,), hertz
        Frequencies at which the spectrum is wanted.
    low_hz, high_hz : float, hertz
        The two corner frequencies. Both positive.

    Returns
    -------
    ndarray, shape (...,), no unit
        Power density, up to a constant factor.

    References
    ----------
    Shwedyk1977

    Lesson
    ------
    01 The muscle signal; 08 Mixing at a chosen SNR

    Examples
    --------
    >>> shaped_power([0.0, 60.0, 120.0])
    array([0.  , 0.32, 0.2 ])
    """
    if not (low_hz > 0 and high_hz > 0):
        raise ValueError(f"The corner frequencies must be positive hertz, but low_hz={low_hz} and high_hz={high_hz}.")
    f2 = np.square(np.asarray(freqs_hz, dtype=float))
    return high_hz**4 * f2 / ((f2 + low_hz**2) * (f2 + high_hz**2) ** 2)


def shaped_gaussian(n_samples, *, fs, rng, low_hz=60.0, high_hz=120.0, drive=None):
    """Zero-mean Gaussian noise with the spectrum of surface EMG, as loud as the drive at every instant.

    The carrier is white Gaussian noise shaped in the frequency domain by the square root of `shaped_power`. The
    drive multiplies it. This is a stand-in, not a muscle: it has no motor units, so its amplitude distribution is
    Gaussian at every force, which a real muscle's is not.

    Parameters
    ----------
    n_samples : int, samples
        Length of the signal, at least 2.
    fs : float, hertz
        Sampling rate. It must be more than twice `high_hz`.
    rng : numpy.random.Generator
        Source of randomness.
    low_hz, high_hz : float, hertz
        Corner frequencies of the spectrum.
    drive : array_like, shape (n_samples,), the unit wanted for the signal, optional
        Envelope, never negative, above zero for at least two samples. Without it the envelope is one.

    Returns
    -------
    ndarray, shape (n_samples,), unit of `drive`
        A signal whose mean is zero and whose RMS equals the RMS of the drive: exactly one without a drive.

    Raises
    ------
    ValueError
        If the length, the sampling rate, the corners or the drive make no sense.

    References
    ----------
    Shwedyk1977, Stulen1981

    Lesson
    ------
    01 The muscle signal; 08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np
    >>> x = shaped_gaussian(2000, fs=1000, rng=np.random.default_rng(0))
    >>> x.shape, round(float(np.sqrt(np.mean(x**2))), 12)
    ((2000,), 1.0)
    """
    n_samples = check_count(n_samples, smallest=2)
    fs, rng = check_fs(fs), check_rng(rng)
    if high_hz >= fs / 2:
        raise ValueError(
            f"high_hz={high_hz} is not below half the sampling rate ({fs / 2:g} Hz): lower high_hz or raise fs."
        )
    drive = np.ones(n_samples) if drive is None else _check_drive(drive, n_samples)
    carrier = _stationary(n_samples, fs, rng, low_hz, high_hz)
    carrier -= np.sum(carrier * drive) / np.sum(drive)  # so that carrier * drive has zero mean and rest stays silent
    signal = carrier * drive
    return signal * np.sqrt(np.sum(np.square(drive)) / np.sum(np.square(signal)))


def _stationary(n_samples, fs, rng, low_hz, high_hz):
    """Noise with the model's spectrum; a spare quarter second is cut off so that its end does not join its start."""
    n_long = n_samples + int(np.ceil(fs / 4))
    spectrum = np.fft.rfft(rng.standard_normal(n_long))
    freqs = np.fft.rfftfreq(n_long, 1 / fs)
    shaped = spectrum * np.sqrt(shaped_power(freqs, low_hz=low_hz, high_hz=high_hz))
    return np.fft.irfft(shaped, n_long)[:n_samples]


def _check_drive(drive, n_samples):
    drive = validate(drive, name="drive").astype(float)
    if drive.shape != (n_samples,):
        raise ValueError(f"The drive has shape {drive.shape}, but one value per sample is needed: ({n_samples},).")
    if np.any(drive < 0):
        raise ValueError(f"The drive falls to {drive.min():g}, but an envelope cannot be negative: clip it at zero.")
    if np.count_nonzero(drive) < 2:
        raise ValueError("The drive is zero almost everywhere: make it positive for at least two samples.")
    return drive
