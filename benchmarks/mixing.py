"""Speed of mixing many windows: the block mixer against a loop over items, and against the memory's own speed.

Run: python benchmarks/mixing.py. One core: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1. Times are processor time
of this process; the methods alternate in one run and medians are shown. The bandwidth is that of a triad
(a = b + s * c, 3 planes moved) of float32 arrays as long as the result, compiled by Numba, measured in the same run.

Measured: Numba 20.7 times the loop (goal 15: passed), NumPy alone 5.4 times (not passed), 49 % of the triad's
bandwidth when everything is kept. With a dozen other programs on the two cores: 24.2 times, 7.1 times, 25 %.
"""

import statistics
import time

import numba
import numpy as np

from emgtut.contaminate import mix_at_snr, mix_batch

N_WINDOWS, N_SAMPLES, REPEATS, LOOPED = 4000, 2000, 7, 300
LEVELS = np.arange(-15.0, 16.0, 5.0)
GOAL = 15.0


def energy(v):
    return np.sum(np.square(v))


def loop(clean, noise):
    """The formula of chapter 08, one item at a time."""
    for c, n in zip(clean, noise):
        for level in LEVELS:
            gain = np.sqrt(energy(c) / (energy(n) * 10 ** (level / 10)))
            mixed = c + gain * n
    return mixed


def checked_loop(clean, noise):
    for c, n in zip(clean, noise):
        for level in LEVELS:
            mixed = mix_at_snr(c, n, level)
    return mixed


def streamed(clean, noise, method):
    for _, noisy in mix_batch(clean, noise, LEVELS, method=method):
        last = noisy[-1, -1]
    return last


@numba.njit
def triad(a, b, c, s):
    for i in range(a.size):
        a[i] = b[i] + s * c[i]


def main():
    rng = np.random.default_rng(0)
    clean, noise = (rng.standard_normal((N_WINDOWS, N_SAMPLES), dtype=np.float32) for _ in range(2))
    kept = np.ones((LEVELS.size, N_WINDOWS, N_SAMPLES), np.float32)
    third = kept.size // 3
    a, b, c = kept.reshape(-1)[: 3 * third].reshape(3, third)
    few = slice(LOOPED)
    jobs = {
        "loop, formula of chapter 08": (lambda: loop(clean[few], noise[few]), LOOPED),
        "loop, mix_at_snr": (lambda: checked_loop(clean[few], noise[few]), LOOPED),
        "blocks, NumPy": (lambda: streamed(clean, noise, "numpy"), N_WINDOWS),
        "blocks, Numba": (lambda: streamed(clean, noise, "numba"), N_WINDOWS),
        "all kept, Numba": (lambda: [0 for _ in mix_batch(clean, noise, LEVELS, method="numba", out=kept)], N_WINDOWS),
        "triad": (lambda: triad(a, b, c, np.float32(0.5)), None),
    }
    np.testing.assert_allclose(streamed(clean, noise, "numba"), loop(clean, noise), atol=1e-5)
    np.testing.assert_array_equal(streamed(clean, noise, "numba"), streamed(clean, noise, "numpy"))
    triad(a[:8], b[:8], c[:8], np.float32(0.5))
    taken = {name: [] for name in jobs}
    for _ in range(REPEATS):
        for name, (job, _) in jobs.items():
            begin = time.process_time()
            job()
            taken[name].append(time.process_time() - begin)
    median = {name: statistics.median(values) for name, values in taken.items()}
    per_mix = {name: median[name] / (n * LEVELS.size) for name, (_, n) in jobs.items() if n}
    slow = per_mix["loop, formula of chapter 08"]
    print(f"{N_WINDOWS} windows of {N_SAMPLES} float32 samples at {LEVELS.size} levels; goal {GOAL:g} times the loop")
    for name, seconds in per_mix.items():
        print(f"{name:28s} {1e6 * seconds:7.2f} µs per mixture   {slow / seconds:5.1f} x the loop")
    moved = 4 * (2 * clean.size + kept.size)
    mixing, memory = moved / median["all kept, Numba"], 3 * 4 * third / median["triad"]
    print(f"all kept: {1e-9 * mixing:.1f} GB/s of {1e-9 * memory:.1f} GB/s (triad): {100 * mixing / memory:.0f} %")


if __name__ == "__main__":
    main()
