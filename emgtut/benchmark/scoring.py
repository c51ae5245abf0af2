"""Score methods on cases. A method that gives up leaves a row with its reason and no scores; nothing replaces it."""

import sys
import time

import numpy as np

from emgtut import denoise
from emgtut.assess import evaluate

__all__ = ["MODES", "SCORES", "score"]

MODES = ("blind", "oracle")
# every score of `evaluate`, its unit, and whether more is better (None: neither)
SCORES = {
    "snr_in": ("dB", None),
    "snr_out": ("dB", True),
    "snr_imp": ("dB", True),
    "rmse": ("signal", False),
    "prd": ("%", False),
    "lsd": ("dB", False),
    "rmse_arv": ("signal", False),
    "rmse_zcr": ("crossings/s", False),
    "rmse_mnf": ("Hz", False),
    "rmse_mdf": ("Hz", False),
    "rmse_kurtosis": ("", False),
    "time_s": ("s", False),
}
GIVES_UP = (ValueError, RuntimeError)  # how a method says that it cannot do its work; anything else is a bug


def score(cases, jobs):
    """Run methods on cases and score what they return.

    Parameters
    ----------
    cases : list of Case
        Clean and noisy windows.
    jobs : list of (str, str)
        Method and mode. "blind": the method gets the signal alone; "oracle": the names of the contaminants as well.

    Returns
    -------
    dict of (str, str) to list of dict
        For each method and mode one row per case: what is known of the case, its fingerprints, the scores of
        `emgtut.assess.evaluate`, `time_s` (processor seconds of this thread, so that a busy machine does not count)
        and `failure`, empty where the method did its work. What a causal method returns is first moved back by the
        latency that it states.

    Raises
    ------
    ValueError
        If a method or mode is unknown.

    Examples
    --------
    >>> from emgtut.benchmark.cases import Case
    >>> rng = np.random.default_rng(0)
    >>> clean = rng.standard_normal(2000)
    >>> case = Case({"case": "a", "kinds": "white"}, clean, clean + rng.standard_normal(2000), 1000.0)
    >>> rows = score([case], [("zero", "blind")])["zero", "blind"]
    >>> rows[0]["snr_out"], round(rows[0]["snr_imp"] + rows[0]["snr_in"], 9), rows[0]["failure"]
    (0.0, 0.0, '')

    Lesson
    ------
    19 Showdown
    """
    unknown = [mode for _, mode in jobs if mode not in MODES]
    if unknown:
        raise ValueError(f"There is no mode {unknown[0]!r}: choose blind, oracle or both.")
    known = [{**case.about, "fingerprint": case.fingerprint(), "exact": case.exact()} for case in cases]
    return {(name, mode): _rows(cases, known, name, mode) for name, mode in jobs}


def _rows(cases, known, name, mode):
    denoiser = denoise.get(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    if cases:
        _attempt(denoiser, cases[0], mode)  # once without the clock: compilers and caches start up
    rows = []
    for case, about in zip(cases, known, strict=True):
        estimate, failure, seconds = _attempt(denoiser, case, mode)
        if failure:
            scores = dict.fromkeys(SCORES, np.nan)
        else:
            scores = evaluate(*_in_step(denoiser, case, estimate), fs=case.fs)
        rows.append({**about, "method": name, "mode": mode, **scores, "time_s": seconds, "failure": failure})
    return rows


def _in_step(denoiser, case, estimate):
    """Clean, noisy and estimate without the delay that a causal method says it has: waiting is a cost, not an error."""
    late = round(denoiser.info.latency_s * case.fs) if denoiser.info.phase == "causal" else 0
    kept = estimate.shape[-1] - late
    return case.clean[..., :kept], case.noisy[..., :kept], estimate[..., late:]


def _attempt(denoiser, case, mode):
    """The estimate, or None and the reason; and the seconds it took either way."""
    labels = case.about["kinds"].split("+") if mode == "oracle" else None
    start = time.thread_time()
    try:
        estimate, failure = denoiser(case.noisy, fs=case.fs, contaminants=labels), ""
    except GIVES_UP as error:
        estimate, failure = None, f"{type(error).__name__}: {' '.join(str(error).split())}"
    return estimate, failure, time.thread_time() - start
