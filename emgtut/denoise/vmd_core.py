"""Variational mode decomposition: K narrow bands whose centres are found together with the bands.

Each mode is a Wiener filter of what the other modes leave: near its centre it passes, far away it does not. Each centre
is the mean frequency of its mode. Both are updated in turn until nothing moves. All of it happens on the positive half
of the spectrum, and only two rounds are kept in memory.

`compat` repeats the vmdpy package to rounding, its peculiarities included: an even number of samples, a stopping rule
that compares an energy in the unit of the signal with a fixed number, the last round but one as result, and a copied
highest bin. Without it any length is taken, the stopping rule is relative, and the last round counts.
"""

import importlib.util
from dataclasses import dataclass

import numpy as np

from emgtut.signals import check_count, validate

__all__ = ["Decomposed", "mode_gains", "update_modes", "vmd_modes"]

METHODS = ("auto", "numba", "numpy")
COMPAT_ROUNDS = 500  # vmdpy's limit; it makes one round less


@dataclass(frozen=True)
class Decomposed:
    """What a decomposition gives.

    Parameters
    ----------
    modes : ndarray, shape (n_modes, n_samples), unit of the signal
        In the order of the first centres. They do not add up to the signal: what no mode took is missing.
    centres : ndarray, shape (n_rounds, n_modes), dimensionless
        Centre frequencies in cycles per sample, round by round; the last row belongs to the modes.
    rounds : int
        Number of rounds made.

    Examples
    --------
    >>> vmd_modes(np.sin(0.5 * np.arange(400)), n_modes=1).modes.shape
    (1, 400)

    Lesson
    ------
    14 VMD
    """

    modes: np.ndarray
    centres: np.ndarray
    rounds: int


def vmd_modes(
    x, *, n_modes=6, alpha=2000.0, tau=0.0, keep_dc=False, tol=1e-7, max_rounds=500, compat=False, method="auto",
):  # fmt: skip
    """Take a signal apart into narrow bands by variational mode decomposition.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Signal.
    n_modes : int
        Number of modes (dimensionless). Nobody knows the right one beforehand.
    alpha : float
        How narrow modes are (dimensionless): at a distance of `1 / sqrt(alpha)` cycles per sample from its centre a
        mode passes half.
    tau : float
        Step of the dual ascent (dimensionless); 0 lets the modes leave noise out.
    keep_dc : bool
        Hold the first mode at 0 Hz.
    tol : float
        Stop when a round changes less than this: a fraction of the energy of all modes (dimensionless); in `compat` an
        energy in the square of the signal's unit.
    max_rounds : int
        Stop after so many rounds (dimensionless); `compat` always takes vmdpy's 499.
    compat : bool
        Give vmdpy's numbers; an odd signal loses its last sample.
    method : {"auto", "numba", "numpy"}
        Compiled or readable; "auto" takes numba where it is installed. The numbers agree to rounding.

    Returns
    -------
    Decomposed
        Modes, their centres in cycles per sample, and how many rounds it took.

    Raises
    ------
    ValueError
        If x is not one usable channel, or a setting is out of range.

    References
    ----------
    [Dragomiretskiy2014]

    Examples
    --------
    >>> t = np.arange(1000) / 1000
    >>> x = np.sin(2 * np.pi * 60 * t) + np.sin(2 * np.pi * 200 * t)
    >>> (1000 * vmd_modes(x, n_modes=2).centres[-1]).round().tolist()
    [60.0, 200.0]

    Lesson
    ------
    14 VMD
    """
    x = validate(x, min_samples=4).astype(np.float64, copy=False)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but one signal is taken apart at a time: pass x[0].")
    n_modes, max_rounds = check_count(n_modes, name="n_modes"), check_count(max_rounds, name="max_rounds")
    if not (0 < alpha < np.inf and 0 <= tau < np.inf and 0 <= tol < np.inf):
        raise ValueError(f"alpha={alpha}, tau={tau} and tol={tol} must be finite, the first above zero, none below.")
    if compat:
        x, max_rounds = x[: x.size // 2 * 2], COMPAT_ROUNDS - 1
    left, right = x.size // 2, (x.size + 1) // 2
    mirrored = np.concatenate([x[:left][::-1], x, x[x.size - right :][::-1]])
    spectrum = np.fft.rfft(mirrored)
    spectrum = spectrum[:-1] if compat else spectrum  # vmdpy leaves the highest bin out
    freqs = np.arange(spectrum.size) / mirrored.size
    # Compared with the energy of the change, summed over bins: a fixed number, or a fraction of that of the modes.
    absolute, relative = ((tol - np.spacing(1.0)) * mirrored.size, 0.0) if compat else (0.0, tol)
    modes, centres = _rounds(method)(
        spectrum, freqs, n_modes, float(alpha), float(tau), bool(keep_dc), compat, absolute, relative, max_rounds
    )
    if compat:
        modes = np.concatenate([modes, np.conj(modes[:, -1:])], axis=-1)
    in_time = np.fft.irfft(modes, mirrored.size, axis=-1)[:, left : left + x.size]
    return Decomposed(in_time, centres[: -1 if compat else None], len(centres) - 1)


def _rounds(method):
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, but it must be one of {', '.join(METHODS)}: choose one of these.")
    if method == "numpy" or (method == "auto" and importlib.util.find_spec("numba") is None):
        return make_rounds
    from emgtut.denoise.vmd_numba import make_rounds as compiled

    return compiled


def make_rounds(spectrum, freqs, n_modes, alpha, tau, keep_dc, compat, absolute, relative, max_rounds):
    """Update all modes round after round until they rest.

    Parameters
    ----------
    spectrum : ndarray, shape (n_bins,), any unit
        Positive half of the mirrored signal's spectrum.
    freqs : ndarray, shape (n_bins,), dimensionless
        Frequencies in cycles per sample.
    n_modes : int
    alpha, tau : float
        As for `vmd_modes`.
    keep_dc : bool
    compat : bool
        Return the modes of the round before the last, as vmdpy does.
    absolute : float, squared unit of the spectrum
    relative : float, dimensionless
        Stop when the change is no larger than `absolute + relative * energy of the modes`.
    max_rounds : int

    Returns
    -------
    modes : ndarray, shape (n_modes, n_bins), unit of the spectrum
        Spectra of the modes.
    centres : ndarray, shape (n_rounds + 1, n_modes), dimensionless
        Centres in cycles per sample, those at the start included.

    Examples
    --------
    >>> freqs = np.arange(100) / 200
    >>> modes, centres = make_rounds(
    ...     np.exp(-((freqs - 0.2) ** 2) / 1e-3) + 0j, freqs, 1, 2000.0, 0.0, False, False, 0.0, 1e-9, 500
    ... )
    >>> round(float(centres[-1, 0]), 2)
    0.2

    Lesson
    ------
    14 VMD
    """
    modes = np.zeros((n_modes, spectrum.size), dtype=complex)
    multiplier = np.zeros(spectrum.size, dtype=complex)
    centres = [0.5 / n_modes * np.arange(n_modes)]
    while True:
        before, modes = modes, modes.copy()
        centres.append(update_modes(modes, spectrum - multiplier / 2, freqs, centres[-1], alpha, keep_dc))
        multiplier = multiplier + tau * (modes.sum(axis=0) - spectrum)
        change, total = np.sum(np.abs(modes - before) ** 2), np.sum(np.abs(modes) ** 2)
        if change <= absolute + relative * total or len(centres) > max_rounds:
            return (before if compat else modes), np.array(centres)


def update_modes(modes, spectrum, freqs, centres, alpha, keep_dc=False):
    """Update each mode in turn, in place: a Wiener filter of what the others leave, then its mean frequency.

    Parameters
    ----------
    modes : ndarray, shape (n_modes, n_bins), any unit
        Spectra of the modes; they are overwritten.
    spectrum : ndarray, shape (n_bins,), same unit
        What they should add up to.
    freqs : ndarray, shape (n_bins,), dimensionless
        Frequencies in cycles per sample.
    centres : ndarray, shape (n_modes,), dimensionless
        Centres in cycles per sample.
    alpha : float
        How narrow modes are (dimensionless).
    keep_dc : bool
        Hold the first centre where it is.

    Returns
    -------
    ndarray, shape (n_modes,), dimensionless
        New centres in cycles per sample.

    Examples
    --------
    >>> modes = np.zeros((1, 3), dtype=complex)
    >>> update_modes(modes, np.ones(3, dtype=complex), np.array([0.0, 0.1, 0.2]), np.array([0.1]), 100.0).round(2)
    array([0.1])

    Lesson
    ------
    14 VMD
    """
    new = centres.copy()
    rest = spectrum - modes.sum(axis=0)
    for k in range(len(modes)):
        rest += modes[k]
        modes[k] = rest / (1 + alpha * (freqs - centres[k]) ** 2)
        rest -= modes[k]
        power = np.abs(modes[k]) ** 2
        if not (keep_dc and k == 0) and np.sum(power) > 0:
            new[k] = np.sum(freqs * power) / np.sum(power)
    return new


def mode_gains(freqs, centres, alpha):
    """Gain of each mode, and of the rest, once the modes have come to rest: VMD is then a bank of linear filters.

    At rest mode k is `r / (alpha d_k²)`, where r is what no mode took and d_k the distance from its centre. With the
    modes and r adding up to the signal, `w_k = 1 / (alpha d_k²)` gives the gain `w_k / (1 + sum of all w)`.

    Parameters
    ----------
    freqs : ndarray, shape (n_bins,), dimensionless
        Frequencies in cycles per sample.
    centres : ndarray, shape (n_modes,), dimensionless
        Centres in cycles per sample.
    alpha : float
        How narrow modes are (dimensionless).

    Returns
    -------
    ndarray, shape (n_modes + 1, n_bins), dimensionless
        Gains from 0 to 1; the last row is that of the rest. Each column adds up to 1.

    Examples
    --------
    >>> mode_gains(np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.3]), 100.0).round(2)
    array([[1.  , 0.33, 0.  ], [0.  , 0.33, 1.  ], [0.  , 0.33, 0.  ]])

    Lesson
    ------
    14 VMD
    """
    distance = np.square(freqs - np.asarray(centres)[:, None])
    weights = 1.0 / (alpha * np.maximum(distance, 1e-18))
    return np.concatenate([weights, np.ones((1, freqs.size))]) / (1.0 + weights.sum(axis=0))
