"""EMD and CEEMDAN as functions: a signal in, its modes out.

EMD's modes of one noisy signal hang on chance: a small ripple decides where a mode begins. CEEMDAN adds a little noise
many times over and averages, mode by mode. Both give the numbers of the PyEMD package (EMD-signal 1.10), amplitude
dependence included: their stopping rules compare with fixed numbers, so scale a signal to unit RMS before.
"""

import functools
import importlib.util

import numpy as np

from emgtut.denoise import sifting
from emgtut.denoise.sifting import Rules
from emgtut.signals import check_count, validate

__all__ = ["ceemdan_modes", "emd_modes"]

METHODS = ("auto", "numba", "numpy")
ENSEMBLE_RULES = Rules(total_power=0.01, range_thr=0.001)
MOST_MODES = 101


def emd_modes(x, *, max_modes=None, rules=None, method="auto"):
    """Take a signal apart by empirical mode decomposition.

    Parameters
    ----------
    x : array_like, shape (n_samples,), unit RMS or any other unit
        Signal. The number of modes depends on its unit; see `Rules`.
    max_modes : int, optional
        Stop after so many modes; None means all.
    rules : Rules, optional
        When sifting stops; PyEMD's rules by default.
    method : {"auto", "numba", "numpy"}
        Compiled or readable; "auto" takes numba where it is installed. The numbers are the same.

    Returns
    -------
    ndarray, shape (n_rows, n_samples), same unit
        The modes, the fastest first, and as last row what is left. The rows add up to `x`.

    Raises
    ------
    ValueError
        If the signal is not usable, or `method` is unknown.

    References
    ----------
    [Huang1998]

    Examples
    --------
    >>> t = np.arange(1000) / 1000
    >>> rows = emd_modes(np.sin(2 * np.pi * 50 * t) + np.sin(2 * np.pi * 4 * t), method="numpy")
    >>> np.allclose(rows.sum(axis=0), np.sin(2 * np.pi * 50 * t) + np.sin(2 * np.pi * 4 * t))
    True

    Lesson
    ------
    13 EMD
    """
    x = _one_signal(x)
    limit = -1 if max_modes is None else check_count(max_modes, name="max_modes")
    return _engine(method)(x, Rules() if rules is None else rules, limit)


def ceemdan_modes(x, *, seed, trials=20, epsilon=0.005, max_modes=None, method="auto"):
    """Take a signal apart by complete ensemble EMD with adaptive noise.

    Mode k is what is left minus the mean, over the trials, of what remains once the fastest mode is taken from
    (what is left + a little of the k-th mode of white noise).

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Signal that is not constant; it is scaled to unit standard deviation inside.
    seed : int
        Seed of the noise (dimensionless).
    trials : int
        How many noises are averaged (dimensionless).
    epsilon : float
        Size of the noise as a fraction of what is left (dimensionless).
    max_modes : int, optional
        Stop after so many modes; None means all.
    method : {"auto", "numba", "numpy"}
        Compiled or readable; "auto" takes numba where it is installed. The numbers are the same.

    Returns
    -------
    ndarray, shape (n_rows, n_samples), same unit
        The modes, the fastest first, and as last row what is left. The rows add up to `x`.

    Raises
    ------
    ValueError
        If the signal is not usable or constant, a number is out of range, or `method` is unknown.

    References
    ----------
    [Torres2011]

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(120)
    >>> rows = ceemdan_modes(x, seed=1, trials=3, method="numpy")
    >>> np.allclose(rows.sum(axis=0), x)
    True

    Lesson
    ------
    13 EMD
    """
    x = _one_signal(x)
    limit = -1 if max_modes is None else check_count(max_modes, name="max_modes")
    trials, engine = check_count(trials, name="trials"), _engine(method)
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"epsilon is {epsilon!r}, but it is a fraction of zero or more: pass for example 0.005.")
    scale = np.std(x)
    if scale <= 1e-14 * np.max(np.abs(x)):
        raise ValueError("The signal is constant, so it has no modes: pass a signal that varies.")
    x = x / scale
    noises = _noise_modes(int(seed), trials, x.size, limit, engine)
    first = sum((engine(x + epsilon * noise[0], ENSEMBLE_RULES, 1)[0] for noise in noises), np.zeros_like(x))
    found = [first / trials]
    left = x - found[0]
    while not _nothing_left(x - sum(found), engine) and len(found) != limit and len(found) < MOST_MODES:
        size, order = epsilon * np.std(left), len(found)
        mean = np.zeros_like(x)
        for noise in noises:
            tried = left + size * noise[order] if len(noise) > order else left
            mean += engine(tried, ENSEMBLE_RULES, 1)[-1] / trials
        found.append(left - mean)
        left = mean
    return np.array([*found, x - sum(found)]) * scale


def _nothing_left(rest, engine):
    """Whether `rest` has no mode any more, or is too small to matter."""
    if len(engine(rest, ENSEMBLE_RULES, 1)) == 1:
        return True
    return np.ptp(rest) < ENSEMBLE_RULES.range_thr or np.sum(np.abs(rest)) < ENSEMBLE_RULES.total_power


@functools.lru_cache(maxsize=4)
def _noise_modes(seed, trials, n_samples, limit, engine):
    """Modes of the noises, each set scaled by the size of its first; no more than are needed.

    They depend on the seed and the length only. NumPy's older generator is PyEMD's own, so the draws are the same.
    """
    noises = np.random.RandomState(seed).normal(size=(trials, n_samples))
    rows = [engine(noise, ENSEMBLE_RULES, limit) for noise in noises]
    return tuple(modes / np.std(modes[0]) for modes in rows)


def check_method(method):
    """Return the name of a path, one of `METHODS`, or say which there are."""
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, but it must be one of {', '.join(METHODS)}: choose one of these.")
    return method


def _engine(method):
    method = check_method(method)
    if method == "numpy" or (method == "auto" and importlib.util.find_spec("numba") is None):
        return sifting.decompose
    from emgtut.denoise import sifting_numba

    return sifting_numba.decompose


def _one_signal(x):
    x = validate(x, min_samples=3).astype(np.float64, copy=False)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but one signal is taken apart at a time: pick one, x[0].")
    return np.ascontiguousarray(x)
