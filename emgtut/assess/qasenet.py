"""SNR without a reference: how loud is the muscle beside the noise, judged from the noisy signal alone.

The judge is QASE-net, trained on mixtures whose SNR was known. It says how sure it is, and whether the signal resembles
what it was trained on. Where it does not, the number is a guess and says so.
"""

import functools
import importlib.util
from dataclasses import dataclass

import numpy as np

from emgtut.signals import check_fs, resample, rms, validate

__all__ = ["GRADES", "MODELS", "Quality", "predict_snr", "snr_grade"]

FS = 1000.0
WINDOW_S = 4.0
SHORTEST_S = 2.0
HOP_S = 1.0
MARGIN_DB = 1.0  # a prediction this far outside the trained range is no prediction
AT_ONCE = 64  # windows that the network sees together, so that memory stays bounded
MODELS = {"ecg": "qase_ecg", "mixture": "qase_mixture"}
GRADES = {"A": 10.0, "B": 0.0, "C": -10.0}  # dB, the lowest SNR of each: conventions of this course


@dataclass(frozen=True)
class Quality:
    """What the judge says about a signal.

    Parameters
    ----------
    snr_db : float or ndarray, shape (...), dB
        Predicted SNR of the whole signal: predicted muscle energy over predicted noise energy, added up over windows.
    sd : float or ndarray, shape (...), dB
        Standard deviation of the prediction, as measured on validation data at such predictions.
    in_distribution : bool or ndarray of bool, shape (...), dimensionless
        True where at least half of the windows resemble the training data and lie in the trained range.
    times : ndarray, shape (n_windows,), seconds
        Centres of the windows.
    by_window : ndarray, shape (..., n_windows), dB
        Predicted SNR over time.
    familiar : ndarray of bool, shape (..., n_windows), dimensionless
        Which windows resemble the training data.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> Quality(-3.0, 0.5, True, np.array([2.0]), np.array([-3.0]), np.array([True])).snr_db
    -3.0
    """

    snr_db: float | np.ndarray
    sd: float | np.ndarray
    in_distribution: bool | np.ndarray
    times: np.ndarray
    by_window: np.ndarray
    familiar: np.ndarray


def predict_snr(x, *, fs, model="mixture"):
    """Predict the SNR of a noisy sEMG signal without its clean reference.

    The signal is brought to 1 kHz and cut into windows of 4 s, one every second; each gets a prediction. Scaling the
    signal changes nothing. "Muscle" is what a band-pass from 20 to 450 Hz leaves of a clean recording. "Noise" is what
    the judge was trained to call so: with "ecg" the heart alone, at -15 to 0 dB; with "mixture" heart, mains, motion,
    white and coloured noise, at -15 to 15 dB. Give it the recording as it is, or behind a high-pass of at most 20 Hz.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Noisy signal of at least 2 s that is not silent.
    fs : float
        Sampling rate in Hz, at least 1000.
    model : {"mixture", "ecg"}
        Which of the two trained judges to ask.

    Returns
    -------
    Quality
        Prediction in dB for the whole signal and over time, with its standard deviation and a flag.

    Raises
    ------
    ValueError
        If the model is unknown, the rate too low, the signal too short or silent, or torch or the weights are missing.

    References
    ----------
    QASENet2024

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> predict_snr(np.ones(100), fs=1000)
    Traceback (most recent call last):
        ...
    ValueError: x has 100 samples on its last axis, but at least 2000 are needed: ...
    """
    if model not in MODELS:
        raise ValueError(f"model is {model!r}, but it must be one of {', '.join(MODELS)}: choose one of these.")
    fs = check_fs(fs)
    if fs < FS:
        raise ValueError(f"fs is {fs:g} Hz, but the judge knows {FS:g} Hz only: use a recording with a higher rate.")
    x = validate(x, min_samples=int(np.ceil(SHORTEST_S * fs)))
    rows = resample(x.reshape(-1, x.shape[-1]).astype(np.float64), fs=fs, fs_out=FS)
    if not np.all(np.ptp(x, axis=-1) > 0):  # an offset is silence, too
        raise ValueError("The signal is silent, so it has no SNR: pick another channel.")
    starts, length = _windows(rows.shape[-1])
    pieces = rows[:, starts[:, None] + np.arange(length)]
    snr, sd, familiar = _ask(MODELS[model], pieces)
    energy = np.sum((pieces - pieces.mean(axis=-1, keepdims=True)) ** 2, axis=-1)
    muscle = energy / (1 + 10 ** (-snr / 10))
    weight = energy / energy.sum(axis=-1, keepdims=True)
    lead = x.shape[:-1]
    whole = 10 * np.log10(muscle.sum(axis=-1) / (energy - muscle).sum(axis=-1))
    parts = (whole, np.sqrt(np.sum(weight * sd**2, axis=-1)), familiar.mean(axis=-1) >= 0.5)
    return Quality(
        *(part.reshape(lead)[()] for part in parts),
        (starts + length / 2) / FS,
        snr.reshape(*lead, -1),
        familiar.reshape(*lead, -1),
    )


def snr_grade(snr_db, in_distribution=True):
    """Turn a predicted SNR into a letter: A from 10 dB, B from 0 dB, C from -10 dB, else D. Limits are conventions.

    Parameters
    ----------
    snr_db : float
        Predicted SNR in dB.
    in_distribution : bool
        Whether the signal resembles what the judge was trained on.

    Returns
    -------
    str
        "A", "B", "C", "D", or "unknown" where the prediction is a guess.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> [snr_grade(snr_db) for snr_db in (12, 10, -3, -10.5)], snr_grade(12, False)
    (['A', 'A', 'C', 'D'], 'unknown')
    """
    if not in_distribution:
        return "unknown"
    return next((letter for letter, least in GRADES.items() if snr_db >= least), "D")


def _windows(n_samples):
    """Starts of the windows, the last one flush with the end, and their length."""
    length = min(n_samples, round(WINDOW_S * FS))
    last = n_samples - length
    starts = np.arange(0, last + 1, round(HOP_S * FS))
    return (starts if starts[-1] == last else np.append(starts, last)), length


def _ask(name, pieces):
    """Predictions, spreads and familiarity, each (n_rows, n_windows), of pieces (n_rows, n_windows, n_samples)."""
    judge = _judge(name)
    flat = pieces.reshape(-1, pieces.shape[-1])
    parts = [_ask_some(judge, flat[first : first + AT_ONCE]) for first in range(0, len(flat), AT_ONCE)]
    return [np.concatenate(part).reshape(pieces.shape[:2]) for part in zip(*parts, strict=True)]


def _ask_some(judge, windows):
    """The same for some windows (n, n_samples), each (n,)."""
    import torch

    windows = windows - windows.mean(axis=-1, keepdims=True)
    level = rms(windows)[:, None]
    windows = (windows / np.where(level > 0, level, 1.0)).astype(np.float32)
    with torch.no_grad():
        snr, sd = (part.numpy().astype(np.float64) for part in judge(torch.from_numpy(windows)))
    inside = (snr >= judge.low_db - MARGIN_DB) & (snr <= judge.high_db + MARGIN_DB)
    heard = np.any(windows, axis=-1)
    near = np.zeros(len(windows), dtype=bool)
    if heard.any():
        near[heard] = judge.distance(windows[heard]) <= 1
    return snr, sd, near & inside


@functools.lru_cache(maxsize=2)
def _judge(name):
    """The trained network, loaded once."""
    if importlib.util.find_spec("torch") is None:
        raise ValueError("Judging without a reference needs PyTorch: `pip install -r requirements-torch.txt`.")
    from emgtut.assess.qase_predictor import QasePredictor
    from emgtut.learn import load_weights, read_card

    judge = QasePredictor(**read_card(name).settings)
    load_weights(name, judge)
    return judge
