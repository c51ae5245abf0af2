"""Check a method against the promises that every denoiser makes, one by one and in words.

The base class keeps many of them for every method. What a method can still break, and what is easily broken, is tried
here on short signals. The package's own tests are stricter; this is for a method that is still growing.
"""

import math
import tracemalloc

import numpy as np

from emgtut.denoise.base import get

__all__ = ["check_contract"]

PHASES = ("causal", "zero-phase", "none")
LONGEST_MIN_S = 0.25
FS = 1000.0
GIVES_UP = (ValueError, RuntimeError)  # how a method says that it cannot; anything else is a bug and is seen as one


def check_contract(method):
    """Try every promise of the contract on a method.

    Parameters
    ----------
    method : str or Denoiser
        A registered name, or a denoiser that is not registered yet.

    Returns
    -------
    dict of str to str
        Promise -> what was wrong, empty where the promise was kept. Two methods break some by design: `template` needs
        several heart beats, and says so; `sdemg` draws its estimate, so a steady tone does not come back steady.

    Raises
    ------
    ValueError
        If there is no such method.

    Examples
    --------
    >>> broken = {promise for promise, wrong in check_contract("highpass").items() if wrong}
    >>> broken
    set()

    A method that subtracts the mean of the whole batch mixes the windows:

    >>> from emgtut.denoise import Denoiser
    >>> class Mixer(Denoiser):
    ...     def describe(self):
    ...         return get("identity").info
    ...     def process(self, batch, *, fs, contaminants):
    ...         return batch - batch.mean()
    >>> [promise for promise, wrong in check_contract(Mixer()).items() if wrong]
    ['windows do not influence each other']

    Lesson
    ------
    25 Capstone
    """
    d = get(method) if isinstance(method, str) else method
    found = {}
    for promise, tried in PROMISES.items():
        try:
            found[promise] = tried(d) or ""
        except GIVES_UP as error:
            found[promise] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return found


def _noisy(n_samples, *, fs=FS, shape=(), seed=0):
    """Coloured noise under an ECG ten times stronger, on a small offset; each row other noise."""
    from emgtut.contaminate import coloured_noise, mix_at_snr, synthetic_ecg  # only when something is checked

    rng = np.random.default_rng(seed)
    rows = [
        mix_at_snr(coloured_noise(n_samples, rng=rng), synthetic_ecg(n_samples, fs=fs, rng=rng), -10.0)
        for _ in range(math.prod(shape))
    ]
    return 0.1 + np.reshape(rows, (*shape, n_samples))


def _rounding(d, x):
    """What rounding may change: float64 for classical methods, float32 for networks."""
    return (1e-9 if d.info.n_parameters == 0 else 1e-4) * float(np.max(np.abs(x)))


def _enough(d):
    return max(1000, math.ceil(2 * d.info.min_s * FS))


def _info(d):
    info = d.info
    low, high = info.band_hz
    rules = {
        "name, family or licence is empty": info.name and info.family and info.licence,
        f"phase is none of {', '.join(PHASES)}": info.phase in PHASES,
        "latency_s is negative, or infinite for a causal method": info.latency_s >= 0
        and (math.isfinite(info.latency_s) or info.phase != "causal"),
        f"min_s is outside 0 to {LONGEST_MIN_S:g} s": 0 <= info.min_s <= LONGEST_MIN_S,
        "band_hz is not a rising pair": 0 <= low <= high,
        "weights and n_parameters disagree": bool(info.weights) == (info.n_parameters > 0),
    }
    return "; ".join(wrong for wrong, kept in rules.items() if not kept)


def _shape_and_dtype(d):
    for dtype in (np.float32, np.float64):
        for shape in ((), (2, 1, 3)):
            x = _noisy(_enough(d) + 1, shape=shape).astype(dtype)
            y = d(x, fs=FS)
            if y.shape != x.shape or y.dtype != x.dtype:
                return f"{x.dtype} of shape {x.shape} came back as {y.dtype} of shape {y.shape}"
    return ""


def _input_untouched(d):
    x = _noisy(_enough(d))
    before = x.copy()
    y = d(x, fs=FS)
    if not np.array_equal(x, before):
        return "the input was changed"
    return "output and input share memory" if np.shares_memory(x, y) else ""


def _lengths_and_rates(d):
    for fs in (250.0, 333.3, 1000.0, 4000.0):
        shortest = max(2, math.ceil(d.info.min_s * fs - 1e-9))
        for extra in (0, 1, 501):
            x = _noisy(shortest + extra, fs=fs)
            y = d(x, fs=fs)
            if y.shape != x.shape or not np.isfinite(y).all():
                return f"{x.size} samples at {fs:g} Hz gave shape {y.shape}, or values that are not finite"
    return ""


def _scale(d):
    x = _noisy(_enough(d))
    y = d(x, fs=FS)
    for a in (1e-6, 1e6):
        off = float(np.max(np.abs(d(a * x, fs=FS) / a - y)))
        if off > _rounding(d, x):
            return f"{a:g} times the input is not {a:g} times the output"
    return ""


def _apart(d):
    x = _noisy(_enough(d), shape=(4,))
    x[2] *= 1e4
    together = d(x, fs=FS)
    for i, row in enumerate(x):
        if np.max(np.abs(d(row, fs=FS) - together[i])) > _rounding(d, row):
            return f"window {i} alone and window {i} among others differ"
    return ""


def _repeats(d):
    x = _noisy(_enough(d))
    return "" if np.array_equal(d(x, fs=FS), d(x, fs=FS)) else "two calls with one seed differ"


def _silence(d):
    x = _noisy(_enough(d), shape=(2,))
    x[0] = 0.0
    y = d(x, fs=FS)
    if y[0].any():
        return "silence came back as sound"
    return "" if np.max(np.abs(y[1] - d(x[1], fs=FS))) <= _rounding(d, x[1]) else "silence changed its neighbour"


def _seams(d):
    """A steady tone within the kept band comes back steady."""
    low, high = d.info.band_hz
    period = round(FS / np.clip(100.0, max(1.0, 1.2 * low), max(1.0, 0.8 * high, 1.2 * low)))
    n = 20 * int(FS)
    y = d(np.sin(2 * np.pi * np.arange(n) / period), fs=FS)[int(FS) : -int(FS)]
    cycle = y[: y.size // period * period].reshape(-1, period).mean(axis=0)
    usual = np.max(np.abs(np.diff(cycle, append=cycle[0])))
    if np.max(np.abs(np.diff(y))) * np.max(np.abs(cycle)) > 1.05 * usual * np.max(np.abs(y)):
        return "a steady tone has steps that its usual cycle does not make"
    levels = np.sqrt(np.mean(np.square(y.reshape(-1, 500)), axis=-1))
    return "a steady tone comes back louder in places" if np.ptp(levels) > 0.05 * np.max(levels) else ""


def _memory(d):
    def peak(seconds):
        x = _noisy(int(seconds * FS))
        tracemalloc.start()
        d(x, fs=FS)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(5)  # the first call pays for imports
    short, long = peak(5), peak(40)
    return "" if long <= 8.5 * short + 1e6 else f"{short / 1e6:.1f} MB for 5 s, {long / 1e6:.1f} MB for 40 s"


def _refusals(d):
    hole = np.ones(5000)
    hole[500] = np.inf
    bad = {
        "NaN": np.full(5000, np.nan),
        "infinity": hole,
        "nothing": np.empty(0),
        "complex numbers": np.ones(5000, dtype=complex),
        "integers": np.ones(5000, dtype=np.int16),
    }
    if d.info.min_s > 0:
        bad["too short a signal"] = np.ones(max(1, math.ceil(d.info.min_s * FS - 1e-9)) - 1)
    accepted = [name for name, x in bad.items() if not _refuses(lambda x=x: d(x, fs=FS))]
    accepted += [f"fs={fs}" for fs in (0, np.nan, 249.9) if not _refuses(lambda fs=fs: d(np.ones(5000), fs=fs))]
    return f"accepted: {', '.join(accepted)}" if accepted else ""


def _refuses(call):
    try:
        call()
    except ValueError:
        return True
    return False


def _stream(d):
    if d.info.phase != "causal":
        return "" if _refuses(lambda: d.stream(FS)) else "it is not causal, and streams"
    x = _noisy(600)
    live = d.stream(FS)
    joined = np.concatenate([live.push(part) for part in np.split(x, [1, 8, 301])])
    return "" if np.array_equal(joined, d(x, fs=FS)) else "the stream differs from the whole signal"


PROMISES = {
    "says what it is": _info,
    "shape and dtype come back": _shape_and_dtype,
    "the input is left alone": _input_untouched,
    "any length, any rate from 250 Hz": _lengths_and_rates,
    "scales with its input": _scale,
    "windows do not influence each other": _apart,
    "same seed, same output": _repeats,
    "silence stays silent": _silence,
    "no seams in a long recording": _seams,
    "memory grows no faster than the signal": _memory,
    "refuses what it cannot use": _refusals,
    "streams if causal, else says it cannot": _stream,
}
