"""The screening of a recipe: grades of `emgtut.assess.screening`, for trials with and without a marked rest."""

import numpy as np

from emgtut.assess.faults import whiteness
from emgtut.assess.screening import Rules, contrast_snr_db, grade, screen
from emgtut.assess.spectral_quality import hampel_error_ratio, spectral_quality

KEPT = ("A", "B")
NO_REST = "no rest"  # the grade of what passes every rule that needs no rest, where none can be found


def verdict(active, rest, fs, *, published=False):
    """Judge one trial of one channel.

    Parameters
    ----------
    active : numpy.ndarray, shape (n_samples,), mV
        The trial, unfiltered.
    rest : numpy.ndarray, shape (n_rest,), mV, or None
        Every sample of the channel that is marked as rest. Without it contractions and rest are looked for in the trial
        itself.
    fs : float, hertz
        Sampling rate.
    published : bool
        The benchmark's constants, in volts.

    Returns
    -------
    dict
        ``keep``, ``grade``, ``reasons`` and the measures. Kept are the grades A and B; and, where there is no rest to
        compare with, what passes every other rule and is not dead, with the grade "no rest".
    """
    scale = 1e-3 if published else 1.0  # volts, which the published constants are meant for
    measures = _measures(active * scale, rest if rest is None else rest * scale, fs, published)
    given, reasons = grade(measures)
    white = whiteness(active, fs=fs) if np.ptp(active) > 0 else np.nan
    if not published and not white <= Rules().white:
        given, reasons = "rejected", ["dead"]
    elif given == "unknown" and rest is None:
        # What would the grade be if the unknown SNR were just good enough?
        passed, failed = grade({**measures, "snr_db": Rules().b_db})
        given, reasons = (NO_REST, []) if passed in KEPT else ("rejected", failed)
    told = {name: float(value) for name, value in measures.items() if np.isfinite(value)}
    return {"keep": given in (*KEPT, NO_REST), "grade": given, "reasons": "; ".join(reasons) or "OK", **told}


def _measures(active, rest, fs, published):
    unknown = dict.fromkeys(("smr_db", "shr_db", "ohm", "snr_db", "hampel"), np.nan)
    if active.size < 128 or np.ptp(active) == 0:
        return unknown
    if rest is None and active.size >= 2 * fs:
        found = screen(active, fs=fs, compat=published).measures
        if np.isfinite(found["snr_db"]):
            return {name: found[name] for name in unknown}
    measures = spectral_quality(active, fs=fs, compat=published)
    snr = np.nan if rest is None else contrast_snr_db(active, rest, compat=published)
    hampel = hampel_error_ratio(active, fs=fs, compat=published)
    return {name: float({**measures, "snr_db": snr, "hampel": hampel}[name]) for name in unknown}
