"""The published benchmark's definitions, as they are, so that the difference to this course can be shown.

Everything here follows CleanSEMG at revision 6a04f0a: its noise band, its energy budget with a cap on white noise, its
clipping, its seeds. Signals are in volts, as its files are. Nothing here is a recommendation; `mix_components`,
`condition_grid` and `stream` are what this course uses.
"""

import numpy as np

from emgtut.contaminate.library import KINDS
from emgtut.contaminate.mix import Mixture
from emgtut.signals import butterworth, check_count, check_fs, db, energy, filter_zero_phase, number, resample, validate

__all__ = [
    "budget",
    "candidates",
    "clip_pair",
    "fatigue_index",
    "mix_published",
    "motion_recipe",
    "noise_band",
    "seed",
]

FS = 1000.0  # Hz
BAND_HZ = (20.0, 495.0)
WHITE_CAP_DB = -5.0
SILENT = 1e-12  # a component with less energy than this is left out
MEAN_TAPS, MOTION_FS = 51, 2000.0


def noise_band(x, *, fs=FS):
    """Band-pass noise to 20-495 Hz, forwards and backwards, as the benchmark does with every type.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Noise.
    fs : float
        Sampling rate in Hz, above 990.

    Returns
    -------
    ndarray, shape (..., n_samples), same unit
        What is left.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> bool(np.abs(noise_band(np.ones(1000))).max() < 1e-9)
    True

    Lesson
    ------
    07 Noise sources
    """
    return filter_zero_phase(butterworth(4, BAND_HZ, "bandpass", fs=check_fs(fs)), x)


def motion_recipe(x, *, fs=MOTION_FS):
    """Make a motion artefact from a recording as the benchmark does: 51-point mean, 1 kHz, then the band-pass.

    The mean lets pass what is slow and the band-pass what is fast. Little more than a skirt between 20 Hz and the first
    zero of the mean at 39 Hz comes through both. The benchmark's notch at 50 Hz is left out: the mean has its first
    zero below it.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Recording.
    fs : float
        Its sampling rate in Hz; it is brought to 2000 Hz first.

    Returns
    -------
    ndarray, shape (..., n_out), same unit
        The "motion artefact" at 1000 Hz, with `n_out` about half the samples at 2000 Hz less 50.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> motion_recipe(np.random.default_rng(0).standard_normal(4050)).shape
    (2000,)

    Lesson
    ------
    07 Noise sources
    """
    x = resample(validate(x, min_samples=2), fs=fs, fs_out=MOTION_FS)
    x = validate(x, min_samples=MEAN_TAPS + 4)
    total = np.cumsum(x, axis=-1, dtype=np.float64)
    before = np.concatenate([np.zeros_like(total[..., :1]), total[..., :-MEAN_TAPS]], axis=-1)
    mean = (total[..., MEAN_TAPS - 1 :] - before) / MEAN_TAPS
    return noise_band(mean[..., ::2]).astype(x.dtype, copy=False)


def candidates(snr_db, k, *, kinds=KINDS):
    """List the types that the benchmark draws from: white noise is out if it would be alone below -5 dB.

    Parameters
    ----------
    snr_db : float
        Level in dB.
    k : int
        Number of types to be drawn.
    kinds : sequence of str
        All types.

    Returns
    -------
    list of str
        Types that may be drawn.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> candidates(-10, 1)
    ['mains', 'ecg', 'motion', 'coloured']

    Lesson
    ------
    10 Leakage and splits
    """
    k = check_count(k, name="k")
    return [kind for kind in kinds if not (kind == "white" and k == 1 and snr_db < WHITE_CAP_DB)]


def budget(kinds, snr_db):
    """Noise energy of each type in units of the clean energy: equal parts, with white noise capped at -5 dB.

    What the cap takes from white noise goes to the other types in equal parts.

    Parameters
    ----------
    kinds : sequence of str
        Types in the mixture.
    snr_db : float
        Total level in dB.

    Returns
    -------
    dict of str to float
        Energy by type (dimensionless); they add up to `10**(-snr_db/10)`.

    Raises
    ------
    ValueError
        If there is no type, or one stands twice.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> {kind: round(share, 3) for kind, share in budget(["ecg", "white"], -15).items()}
    {'ecg': 28.46, 'white': 3.162}

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    kinds = list(kinds)
    if not kinds or len(set(kinds)) < len(kinds):
        raise ValueError(f"kinds is {kinds}, but it must name at least one type, each once: list each type one time.")
    total, cap = 10.0 ** (-snr_db / 10.0), 10.0 ** (-WHITE_CAP_DB / 10.0)
    shares = dict.fromkeys(kinds, total / len(kinds))
    if "white" in shares and len(kinds) > 1 and total / len(kinds) > cap:
        shares = dict.fromkeys(kinds, (total - cap) / (len(kinds) - 1)) | {"white": cap}
    return {kind: shares[kind] for kind in kinds}


def mix_published(clean, noises, snr_db):
    """Add several types as the benchmark does: each has its energy, and what they do to one another is not looked at.

    Parameters
    ----------
    clean : array_like, shape (n_samples,), V
        Clean signal.
    noises : dict of str to array_like, shape (n_samples,), any unit
        Noise by type. The type "white" is capped.
    snr_db : float
        Level on the label, in dB.

    Returns
    -------
    Mixture
        Signals of shape (n_samples,) in V. Its `nominal_snr_db` is the label; its `snr_db` is what really came out.

    Raises
    ------
    ValueError
        If the clean signal is silent, or nothing but silence is added.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> clean = 2e-5 * np.sin(2 * np.pi * 80 * np.arange(2000) / 1000)
    >>> rng = np.random.default_rng(0)
    >>> mixture = mix_published(clean, {"ecg": rng.standard_normal(2000), "white": rng.standard_normal(2000)}, 0)
    >>> round(mixture.nominal_snr_db, 6), abs(mixture.snr_db) > 0.001
    (0.0, True)

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    clean = validate(clean, name="clean").astype(np.float64, copy=False)
    own = energy(clean)
    components = {}
    for kind, share in budget(noises, snr_db).items():
        x = validate(noises[kind], name=kind).astype(np.float64, copy=False)
        components[kind] = (np.sqrt(share * own / energy(x)) if energy(x) >= SILENT else 0.0) * x
    noise = sum(components.values())
    if own == 0 or energy(noise) == 0:
        raise ValueError("The clean signal or all the noise is silent, so there is no SNR: choose a part with signal.")
    parts = {kind: energy(x) for kind, x in components.items()}
    return Mixture(
        noisy=clean + noise,
        noise=noise,
        components=components,
        snr_db=db(own / energy(noise)),
        component_snr_db={kind: db(own / part) if part else np.inf for kind, part in parts.items()},
        nominal_snr_db=db(own / sum(parts.values())),
    )


def clip_pair(clean, noisy):
    """Scale and clip a pair as the benchmark does: by the 99th percentile of the noisy magnitude, then to ±1.

    Parameters
    ----------
    clean, noisy : array_like, shape (..., n_samples), V
        The pair. The reference is clipped too, with the scale of the noisy signal.

    Returns
    -------
    clean, noisy : ndarray, shape (..., n_samples), dimensionless
        The pair, within ±1.
    scale : float or ndarray, shape (...), V
        What they were divided by; metrics are computed after multiplying it back.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> noisy = np.linspace(-1, 1, 1001) * 1e-4
    >>> _, clipped, scale = clip_pair(noisy / 2, noisy)
    >>> round(scale * 1e6, 1), round(float(np.mean(np.abs(clipped) == 1)), 2)
    (99.0, 0.01)

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    clean, noisy = validate(clean, name="clean"), validate(noisy, name="noisy")
    scale = np.maximum(np.quantile(np.abs(noisy), 0.99, axis=-1, keepdims=True), 1e-12)
    return np.clip(clean / scale, -1, 1), np.clip(noisy / scale, -1, 1), number(scale[..., 0])


def seed(index, snr_db, k):
    """Compute the seed of a test item as the benchmark does; different items may get the same one.

    Parameters
    ----------
    index : int
        Number of the item.
    snr_db : float
        Level in dB.
    k : int
        Number of types.

    Returns
    -------
    int
        Seed.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> seed(0, 5, 2) == seed(1, -5, 2)
    True

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    return (42_000_000 + index % 100_000 * 100 + int(snr_db + 20) * 10 + k) % (2**31 - 1)


def fatigue_index(subject, trial, channel):
    """Compute the item number that the benchmark's fatigue test hands to `seed`.

    Parameters
    ----------
    subject, trial, channel : int
        Which recording.

    Returns
    -------
    int
        Item number. `seed` takes it modulo 100,000, which drops the subject.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> seed(fatigue_index(1, 3, 1), 0, 2) == seed(fatigue_index(9, 4, 0), 0, 2)
    True

    Lesson
    ------
    10 Leakage and splits
    """
    return subject * 100_000 + trial + channel
