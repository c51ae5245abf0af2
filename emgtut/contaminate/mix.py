"""Mixing at a chosen SNR: scale noise so that the mixture has exactly the SNR that was asked for.

SNR here is the mixing SNR: `10·log10(E_clean / E_noise)` over the whole interval, energies as given. Nothing is
removed on the way, no mean either; a source with an offset counts its offset as energy.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.signals import db, number, rms, validate

__all__ = ["Mixture", "gain_for_snr", "mix_at_snr", "mix_components"]

_CANCELLED = 1e-10  # below this RMS, unit-power components have cancelled and only rounding is left


@dataclass(frozen=True)
class Mixture:
    """A noisy signal together with everything that was added to make it.

    Parameters
    ----------
    noisy : ndarray, shape (..., n_samples), unit of the clean signal
        Clean signal plus noise.
    noise : ndarray, shape (..., n_samples), unit of the clean signal
        Sum of all scaled components.
    components : dict of str to ndarray, shape (..., n_samples), unit of the clean signal
        Each scaled component; they add up to `noise`.
    snr_db : float or ndarray, shape (...), dB
        Realised SNR, measured on the summed noise.
    component_snr_db : dict of str to float or ndarray, shape (...), dB
        Realised SNR of each component alone.
    nominal_snr_db : float or ndarray, shape (...), dB
        What adding the component energies would print. It leaves out the cross terms between components, so it equals
        `snr_db` only when the components are orthogonal.

    Examples
    --------
    >>> t = np.arange(1000) / 1000
    >>> clean = np.sin(2 * np.pi * 80 * t)
    >>> mixture = mix_components(clean, {"hum": np.sin(2 * np.pi * 50 * t)}, snr_db=-5)
    >>> round(mixture.snr_db, 9)
    -5.0

    Lesson
    ------
    08 Mixing at a chosen SNR
    """

    noisy: np.ndarray
    noise: np.ndarray
    components: dict
    snr_db: float | np.ndarray
    component_snr_db: dict
    nominal_snr_db: float | np.ndarray


def gain_for_snr(clean, noise, snr_db, *, axis=-1):
    """Find the gain that brings `noise` to the wanted SNR under `clean`.

    From `E_clean / (g² E_noise) = 10^(SNR/10)` follows `g = rms(clean) / rms(noise) · 10^(-SNR/20)`.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        Clean signal, not silent.
    noise : array_like, shape (..., n_samples), any unit
        Noise of the same length, not silent. Leading axes broadcast against those of `clean`.
    snr_db : float or array_like, shape (...), dB
        Wanted SNR. An array broadcasts against the leading axes, the time axis left out.
    axis : int
        Time axis, the last by default.

    Returns
    -------
    ndarray, shape (..., 1), unit of clean over unit of noise
        Gain with the time axis kept, so that `gain * noise` is the scaled noise.

    Raises
    ------
    ValueError
        If either signal is silent, the lengths differ, or the SNR is not finite.

    Examples
    --------
    >>> gain_for_snr([3.0, 3.0], [1.0, -1.0], snr_db=20).round(12)
    array([0.3])

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    clean, noise, snr = _checked(clean, noise, snr_db, axis)
    return np.moveaxis(_gain(clean, noise, snr), -1, axis)


def mix_at_snr(clean, noise, snr_db, *, axis=-1):
    """Add noise to a clean signal at exactly the wanted SNR.

    In float64 the realised SNR equals the wanted one to 1e-9 dB for SNRs within ±100 dB. A float32 result carries
    float32 rounding, which matters once the noise is far below the signal.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        Clean signal, not silent.
    noise : array_like, shape (..., n_samples), any unit
        Noise of the same length, not silent. Leading axes broadcast against those of `clean`.
    snr_db : float or array_like, shape (...), dB
        Wanted SNR over the whole interval. An array broadcasts against the leading axes.
    axis : int
        Time axis, the last by default.

    Returns
    -------
    ndarray, shape (..., n_samples), unit of the clean signal
        Noisy signal.

    Raises
    ------
    ValueError
        If either signal is silent, the lengths differ, or the SNR is not finite.

    Examples
    --------
    >>> noisy = mix_at_snr([3.0, 3.0], [1.0, -1.0], snr_db=20)
    >>> noisy.round(12)
    array([3.3, 2.7])

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    dtype = np.result_type(validate(clean, name="clean"), validate(noise, name="noise"))
    clean, noise, snr = _checked(clean, noise, snr_db, axis)
    noisy = clean + _gain(clean, noise, snr) * noise
    return np.moveaxis(noisy, -1, axis).astype(dtype, copy=False)


def mix_components(clean, noises, snr_db, *, shares=None):
    """Add several contaminants at once, at a wanted total SNR and with given shares of the noise energy.

    Each component is brought to its share. Components that overlap in frequency and time then add or cancel in part,
    so their sum has another energy than the shares add up to. The sum is therefore rescaled once: the realised total
    SNR equals the wanted one, and the shares keep their proportions.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        Clean signal, not silent.
    noises : dict of str to array_like, shape (..., n_samples), any unit
        Contaminants by name, none silent, all of the length of `clean`.
    snr_db : float or array_like, shape (...), dB
        Wanted SNR of the clean signal over the sum of all contaminants.
    shares : dict of str to float, dimensionless, optional
        Fraction of the noise energy per contaminant, before cross terms; above zero, adding up to one. Equal by
        default.

    Returns
    -------
    Mixture
        Noisy signal, noise and components, shape (..., n_samples) in the unit of `clean`, with realised and nominal
        SNR in dB.

    Raises
    ------
    ValueError
        If a signal is silent, lengths differ, shares do not fit, or the contaminants cancel one another.

    Examples
    --------
    >>> t = np.arange(1000) / 1000
    >>> clean = np.sin(2 * np.pi * 80 * t)
    >>> hum, buzz = np.sin(2 * np.pi * 50 * t), np.sin(2 * np.pi * 150 * t)
    >>> mixture = mix_components(clean, {"hum": hum, "buzz": buzz}, snr_db=0)
    >>> round(mixture.component_snr_db["hum"], 2)
    3.01

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    shares = _checked_shares(noises, shares)
    dtype = np.result_type(validate(clean, name="clean"), *(validate(x, name=name) for name, x in noises.items()))
    parts = {}
    for name, x in noises.items():
        clean64, x, snr = _checked(clean, x, snr_db, -1, noise_name=name)
        parts[name] = np.sqrt(shares[name]) / _level(x) * x
    total = sum(parts.values())
    if np.any(np.asarray(rms(total)) < _CANCELLED):
        raise ValueError(
            "The contaminants cancel one another, so their sum has no energy to scale: change one of them."
        )
    gain = _gain(clean64, total, snr)
    components = {name: gain * part for name, part in parts.items()}
    noise = gain * total
    noisy = clean64 + noise
    return Mixture(
        noisy=noisy.astype(dtype, copy=False),
        noise=noise.astype(dtype, copy=False),
        components={name: part.astype(dtype, copy=False) for name, part in components.items()},
        snr_db=_snr(clean64, noise),
        component_snr_db={name: _snr(clean64, part) for name, part in components.items()},
        nominal_snr_db=number(-db(sum(10 ** (-np.asarray(_snr(clean64, part)) / 10) for part in components.values()))),
    )


def _checked(clean, noise, snr_db, axis, noise_name="noise"):
    """Return both signals in float64 with time last, and the SNR with a trailing axis, or say what does not fit."""
    clean, noise = validate(clean, name="clean"), validate(noise, name=noise_name)
    if not -min(clean.ndim, noise.ndim) <= axis < min(clean.ndim, noise.ndim):
        raise ValueError(
            f"axis is {axis}, which clean {clean.shape} or {noise_name} {noise.shape} does not have: leave it out."
        )
    clean = np.moveaxis(clean.astype(np.float64, copy=False), axis, -1)
    noise = np.moveaxis(noise.astype(np.float64, copy=False), axis, -1)
    if clean.shape[-1] != noise.shape[-1]:
        raise ValueError(
            f"clean has {clean.shape[-1]} samples and {noise_name} has {noise.shape[-1]}, but both must have the same "
            "length: cut the longer one."
        )
    snr = np.asarray(snr_db)
    if not np.issubdtype(snr.dtype, np.number) or not np.all(np.isfinite(snr)):
        raise ValueError(f"snr_db is {snr_db!r}, but it must be a finite number of decibels: pass for example 0.")
    try:
        np.broadcast_shapes(clean.shape[:-1], noise.shape[:-1], snr.shape)
    except ValueError:
        raise ValueError(
            f"The leading axes of clean {clean.shape[:-1]}, {noise_name} {noise.shape[:-1]} and snr_db {snr.shape} do "
            "not broadcast: give them the same leading shape or leave them out."
        ) from None
    for name, x in (("clean", clean), (noise_name, noise)):
        if not np.all(np.any(x, axis=-1)):
            raise ValueError(
                f"{name} is silent (all zeros), so no gain can reach the wanted SNR: choose a part with signal in it."
            )
    return clean, noise, snr.astype(np.float64)[..., None]


def _checked_shares(noises, shares):
    """Return one share per noise, equal ones by default."""
    if not isinstance(noises, dict) or not noises:
        raise ValueError('noises must be a dict with at least one entry: pass for example {"mains": hum}.')
    if shares is None:
        return dict.fromkeys(noises, 1.0 / len(noises))
    if set(shares) != set(noises):
        raise ValueError(
            f"shares name {sorted(shares)}, but the noises are {sorted(noises)}: give one share per noise."
        )
    values = np.array([shares[name] for name in noises])
    if not (np.issubdtype(values.dtype, np.number) and np.all(values > 0) and abs(values.sum() - 1.0) <= 1e-9):
        raise ValueError(
            f"shares are {shares}, but each must be above zero and together they must make 1: rescale them."
        )
    return dict(zip(noises, values, strict=True))


def _level(x):
    """RMS with the time axis kept."""
    return np.asarray(rms(x))[..., None]


def _gain(clean, noise, snr):
    """The gain formula on checked arrays with time last."""
    return _level(clean) / _level(noise) * 10.0 ** (-snr / 20.0)


def _snr(clean, noise):
    """Realised SNR of checked arrays with time last."""
    return number(2 * db(np.asarray(rms(clean)) / np.asarray(rms(noise))))
