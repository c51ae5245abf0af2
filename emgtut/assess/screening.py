"""Judge a recording without its truth: ratios, faults, and a grade by stated rules.

A grade is a convention. It says that a signal looks like surface EMG by these rules, not that it is clean: what looks
like muscle passes, and a true but weak or unusual contraction fails.
"""

from dataclasses import dataclass, field

import numpy as np

from emgtut.assess.faults import ODD_DB, clipped_share, flat_share, hum_share, odd_channels, whiteness
from emgtut.assess.spectral_quality import hampel_error_ratio, spectral_quality
from emgtut.signals import butterworth, check_fs, db, filter_zero_phase, number, power, validate

__all__ = ["Rules", "Screened", "contrast_snr_db", "grade", "screen", "screen_recording"]

COMPAT_EPS = 1e-12  # V², in the benchmark's ratio of contraction to rest


@dataclass(frozen=True)
class Rules:
    """Thresholds of the grades and of the faults. The first six are the published benchmark's.

    Parameters
    ----------
    smr_db, shr_db : float, dB
        A contraction must exceed both ...
    ohm : float, dimensionless
        ... and stay below this, or the grade is "rejected".
    a_db, b_db, c_db : float, dB
        Lowest contraction-to-rest SNR of the grades A, B and C.
    hampel : float, dimensionless
        Largest Hampel error ratio of grades A and B; an unknown one fails.
    clipped, flat, white, hum : float, dimensionless
        Above these shares a channel counts as clipped, flat, dead and humming. They are this course's conventions.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> Rules().a_db, Rules(hum=0.05).hum
    (18.0, 0.05)

    Lesson
    ------
    20 Screening
    """

    smr_db: float = 12.0
    shr_db: float = 15.0
    ohm: float = 1.4
    a_db: float = 18.0
    b_db: float = 10.0
    c_db: float = 1.8
    hampel: float = 0.10
    clipped: float = 0.0
    flat: float = 0.01
    white: float = 0.9
    hum: float = 0.10


@dataclass(frozen=True)
class Screened:
    """What screening found in one channel.

    Parameters
    ----------
    channel : str
        Its name.
    grade : str
        "A", "B", "C", "rejected", or "unknown" where no contraction and rest could be told apart.
    measures : dict of str to float
        `smr_db`, `shr_db`, `ohm`, `spr_db`, `dpr_db`, `snr_db` (contraction to rest), `hampel`, `clipped`, `flat`,
        `white`, `hum` and `level_db` (against the other channels).
    faults : list of str
        Any of "clipped", "flat", "dead", "hum 50 Hz", "hum 60 Hz", "odd".
    reasons : list of str
        What kept the channel from grade A.

    Examples
    --------
    >>> Screened("VL", "B", {"snr_db": 14.0}).grade
    'B'

    Lesson
    ------
    20 Screening
    """

    channel: str
    grade: str
    measures: dict
    faults: list = field(default_factory=list)
    reasons: list = field(default_factory=list)


def contrast_snr_db(contraction, rest, *, compat=False):
    """Contraction-to-rest SNR: power while contracting over power at rest.

    Parameters
    ----------
    contraction, rest : array_like, shape (..., n_samples), any unit (V if `compat`)
        Two stretches of one channel. Offsets count as power.
    compat : bool
        Add the benchmark's 1e-12 V² (twice to the power at rest, once to the ratio).

    Returns
    -------
    float or ndarray, shape (...), dB
        Infinite where the rest is silent, NaN where both are.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> contrast_snr_db([10.0, -10.0], [1.0, -1.0])
    20.0

    Lesson
    ------
    20 Screening
    """
    work, idle = np.asarray(power(contraction)), np.asarray(power(rest))
    if compat:
        return db(work / (idle + 2 * COMPAT_EPS) + COMPAT_EPS)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = work / idle
    silent = np.isnan(ratio)
    return number(np.where(silent, np.nan, db(np.where(silent, 1.0, ratio))))


def grade(measures, rules=None):
    """Give a grade and the reasons for it.

    Parameters
    ----------
    measures : dict of str to float
        `smr_db`, `shr_db`, `ohm`, `snr_db` and `hampel`.
    rules : Rules, optional
        The thresholds.

    Returns
    -------
    grade : str
        "A" or "B"; "C" below; "rejected" where the spectrum fails or the SNR is below all grades; "unknown" where a
        measure of the spectrum or the SNR is NaN. An A or B whose Hampel error ratio is too large or unknown becomes
        "rejected".
    reasons : list of str
        Which rules failed.

    Examples
    --------
    >>> grade({"smr_db": 20.0, "shr_db": 30.0, "ohm": 1.2, "snr_db": 19.0, "hampel": 0.02})
    ('A', [])
    >>> grade({"smr_db": 9.0, "shr_db": 30.0, "ohm": 1.2, "snr_db": 19.0, "hampel": 0.02})
    ('rejected', ['SMR ≤ 12 dB'])

    Lesson
    ------
    20 Screening
    """
    rules = rules or Rules()
    needed = [measures[name] for name in ("smr_db", "shr_db", "ohm", "snr_db")]
    if np.isnan(needed).any():
        return "unknown", ["no contraction and rest to compare"]
    reasons = []
    if not measures["smr_db"] > rules.smr_db:
        reasons.append(f"SMR ≤ {rules.smr_db:g} dB")
    if not measures["shr_db"] > rules.shr_db:
        reasons.append(f"SHR ≤ {rules.shr_db:g} dB")
    if not measures["ohm"] < rules.ohm:
        reasons.append(f"OHM ≥ {rules.ohm:g}")
    if reasons:
        return "rejected", reasons
    snr = measures["snr_db"]
    if snr < rules.c_db:
        return "rejected", [f"SNR < {rules.c_db:g} dB"]
    if snr < rules.b_db:
        return "C", [f"SNR < {rules.b_db:g} dB"]
    if not measures["hampel"] <= rules.hampel:
        return "rejected", ["Hampel ratio unknown" if np.isnan(measures["hampel"]) else f"Hampel > {rules.hampel:g}"]
    return ("A", []) if snr >= rules.a_db else ("B", [f"SNR < {rules.a_db:g} dB"])


def screen(x, *, fs, contractions=None, rules=None, channel="signal", compat=False):
    """Screen one channel.

    The spectrum is judged over the longest contraction, unfiltered; the recording's mean is removed. Rest is what lies
    more than 0.1 s away from any contraction. Where the contractions are not given they are looked for, in the signal
    above 20 Hz. If none stand out, the spectrum of everything is judged and the grade is "unknown".

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit (V if `compat`)
        Raw samples of at least 2 s.
    fs : float
        Sampling rate in Hz, above 140.
    contractions : array_like, shape (n_contractions, 2), s, optional
        Start and end of each.
    rules : Rules, optional
        The thresholds.
    channel : str
        Name for the report.
    compat : bool
        The benchmark's constants, on signals in volts.

    Returns
    -------
    Screened
        Grade, measures, faults and reasons.

    Raises
    ------
    ValueError
        If the signal is shorter than 2 s or not one finite channel.

    Examples
    --------
    >>> from emgtut.acquire import bursts, shaped_gaussian
    >>> drive = 0.01 + bursts(20_000, fs=1000, on_s=3, off_s=2)
    >>> x = shaped_gaussian(20_000, fs=1000, rng=np.random.default_rng(0), drive=drive)
    >>> screen(x, fs=1000).grade
    'A'

    Lesson
    ------
    20 Screening
    """
    fs, rules = check_fs(fs), rules or Rules()
    x = validate(x).astype(np.float64, copy=False)
    if x.ndim != 1 or x.size < 2 * fs:
        raise ValueError(
            f"The signal has shape {x.shape} at {fs:g} Hz, but one channel of at least 2 s is screened at a time."
        )
    hum, mains_hz = hum_share(x, fs=fs)
    measures = {
        "clipped": clipped_share(x),
        "flat": flat_share(x, fs=fs),
        "white": whiteness(x, fs=fs),
        "hum": hum,
        "level_db": 0.0,
    } | _contraction_measures(x, fs, contractions, mains_hz, compat)
    given, reasons = grade(measures, rules)
    faults = [
        name
        for name, bad in (
            ("clipped", measures["clipped"] > rules.clipped),
            ("flat", measures["flat"] > rules.flat),
            ("dead", measures["white"] > rules.white or np.isnan(measures["white"])),
            (f"hum {mains_hz:g} Hz", hum > rules.hum),
        )
        if bad
    ]
    return Screened(channel, given, measures, faults, reasons)


def screen_recording(recording, *, rules=None, contractions=None):
    """Screen every channel of a recording, and compare the channels with each other.

    Parameters
    ----------
    recording : emgtut.data.Recording
        What to screen, raw.
    rules : Rules, optional
        The thresholds.
    contractions : array_like, shape (n_contractions, 2), s, optional
        Start and end of each, the same for all channels.

    Returns
    -------
    list of Screened
        One for each channel.

    Examples
    --------
    >>> from emgtut.data import Recording
    >>> noise = np.random.default_rng(0).standard_normal((1, 8000))
    >>> screen_recording(Recording(noise, fs=1000, channels=["LG"]))[0].faults
    ['dead']

    Lesson
    ------
    20 Screening
    """
    levels = odd_channels(recording.signal)
    found = []
    for name, x, level_db in zip(recording.channels, recording.signal, levels):
        one = screen(x, fs=recording.fs, rules=rules, contractions=contractions, channel=name)
        one.measures["level_db"] = float(level_db)
        if np.abs(level_db) > ODD_DB:
            one.faults.append("odd")
        found.append(one)
    return found


def _contraction_measures(x, fs, contractions, mains_hz, compat):
    """Measures that need to know when the muscle works; NaN where that cannot be told."""
    from emgtut.acquire.checkup import GUARD_S, find_contractions

    unknown = dict.fromkeys(("smr_db", "shr_db", "ohm", "spr_db", "dpr_db", "snr_db", "hampel"), np.nan)
    if np.ptp(x) == 0:
        return unknown
    centred = x - np.mean(x)
    if contractions is None:
        heard = filter_zero_phase(butterworth(4, 20.0, "highpass", fs=fs), centred / np.max(np.abs(centred)))
        try:
            contractions = find_contractions(heard, fs=fs)
        except ValueError:  # its one complaint about a signal that passed our checks: no rest and work to tell apart
            contractions = []
    spans = [(round(a * fs), round(b * fs)) for a, b in np.reshape(np.asarray(contractions, dtype=float), (-1, 2))]
    resting = np.ones(x.size, dtype=bool)
    for start, stop in spans:
        resting[max(0, start - round(GUARD_S * fs)) : stop + round(GUARD_S * fs)] = False
    works = [centred[start:stop] for start, stop in spans if stop - start >= 128]
    longest = max(works, key=len, default=centred)
    measures = spectral_quality(longest, fs=fs, mains_hz=mains_hz, compat=compat)
    snr = np.nan
    if works and np.any(resting):
        snr = contrast_snr_db(np.concatenate(works), centred[resting], compat=compat)
    return measures | {"snr_db": float(snr), "hampel": hampel_error_ratio(longest, fs=fs, compat=compat)}
