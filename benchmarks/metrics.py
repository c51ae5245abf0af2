"""Speed of `evaluate` on a batch of 2 s windows against SciPy one window at a time, and against its frames one by one.

Run: python benchmarks/metrics.py [windows]. One core: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1. Times are
processor time. The three alternate in one process and must agree; the median of the paired ratios counts.

The goal of 15 is for the looped SciPy equivalents. Read as a first script, which calls SciPy for one frame after the
other, it is passed: 80 times, measured with 512 windows. Read as SciPy on all frames of one window at a time it is
not: 10.6 times.
"""

import statistics
import sys
import time

import numpy as np
from scipy import signal, stats

from emgtut.assess import evaluate
from emgtut.assess.compat import evaluate_compat
from emgtut.contaminate import mix_at_snr

FS, N, REPEATS = 1000, 2000, 7
LENGTH, HOP = 200, 100
LOOPED = 16  # windows that the loops take; their time per window does not depend on the number


def spectrogram(x):
    """SciPy's own, on the grid of the package."""
    f, _, p = signal.spectrogram(
        x, FS, window="hann", nperseg=LENGTH, noverlap=LENGTH - HOP, detrend=False, scaling="spectrum", mode="psd"
    )
    p[1:-1] /= 2  # one-sided doubling undone: the comparison is of shapes
    return f, p


def median_of(freqs, power):
    below = np.cumsum(power)
    at = int(np.searchsorted(below, below[-1] / 2))
    missing = below[-1] / 2 - (below[at] - power[at])
    return freqs[at] + (freqs[1] - freqs[0]) * (missing / power[at] - 0.5)


def scored(clean, noisy, estimate, features, spectra):
    (f, p), (_, q) = spectra
    snr_in, snr_out = (10 * np.log10(np.sum(clean**2) / np.sum((x - clean) ** 2)) for x in (noisy, estimate))
    floor = 1e-10 * p.max()
    band = (f >= 20) & (f <= 500)
    away = 10 * np.log10((p[band] + floor) / (q[band] + floor))
    scores = {
        "snr_in": snr_in,
        "snr_out": snr_out,
        "snr_imp": snr_out - snr_in,
        "rmse": np.sqrt(np.mean((estimate - clean) ** 2)),
        "prd": 100 * np.sqrt(np.sum((estimate - clean) ** 2) / np.sum(clean**2)),
        "lsd": np.mean(np.sqrt(np.mean(away**2, axis=0))),
    }
    a, b = features
    return scores | {f"rmse_{name}": np.sqrt(np.mean((b[name] - a[name]) ** 2)) for name in a}


def by_window(clean, noisy, estimate):
    """SciPy on all frames of a window at a time."""

    def features(x, f, p):
        grid = np.lib.stride_tricks.sliding_window_view(x, LENGTH)[::HOP]
        band = (f >= 20) & (f <= 500)
        f, p = f[band], p[band]
        return {
            "arv": np.mean(np.abs(grid), axis=1),
            "zcr": np.sum(np.diff(np.sign(grid), axis=1) != 0, axis=1) * FS / (LENGTH - 1),
            "mnf": f @ p / p.sum(axis=0),
            "mdf": np.array([median_of(f, column) for column in p.T]),
            "kurtosis": stats.kurtosis(grid, axis=1),
        }

    spectra = spectrogram(clean), spectrogram(estimate)
    pair = features(clean, *spectra[0]), features(estimate, *spectra[1])
    return scored(clean, noisy, estimate, pair, spectra)


def by_frame(clean, noisy, estimate):
    """SciPy on one frame at a time, as a first script would."""

    def features(x, f, p):
        rows = []
        for at, column in zip(range(0, N - LENGTH + 1, HOP), p.T):
            frame, band = x[at : at + LENGTH], (f >= 20) & (f <= 500)
            rows.append((
                np.mean(np.abs(frame)),
                np.sum(np.diff(np.sign(frame)) != 0) * FS / (LENGTH - 1),
                np.sum(f[band] * column[band]) / np.sum(column[band]),
                median_of(f[band], column[band]),
                stats.kurtosis(frame),
            ))  # fmt: skip
        return dict(zip(("arv", "zcr", "mnf", "mdf", "kurtosis"), np.array(rows).T))

    spectra = spectrogram(clean), spectrogram(estimate)
    pair = features(clean, *spectra[0]), features(estimate, *spectra[1])
    return scored(clean, noisy, estimate, pair, spectra)


def main():
    windows = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    rng = np.random.default_rng(0)
    clean = rng.standard_normal((windows, N))
    noisy = mix_at_snr(clean, rng.standard_normal((windows, N)), -3.0)
    three = clean, noisy, signal.sosfiltfilt(signal.butter(4, 40, "highpass", fs=FS, output="sos"), noisy)

    def looped(function):
        rows = [function(*(x[i] for x in three)) for i in range(LOOPED)]
        return {name: np.array([row[name] for row in rows]) for name in rows[0]}

    jobs = {
        "batch": (windows, lambda: evaluate(*three, fs=FS)),
        "SciPy by window": (LOOPED, lambda: looped(by_window)),
        "SciPy by frame": (LOOPED, lambda: looped(by_frame)),
        "batch, compat": (windows, lambda: evaluate_compat(*(5e-5 * x for x in three), fs=FS)),
    }
    results = {name: job() for name, (_, job) in jobs.items()}
    for name in ("SciPy by window", "SciPy by frame"):
        for measure, values in results[name].items():
            np.testing.assert_allclose(values, results["batch"][measure][:LOOPED], rtol=1e-7, atol=1e-9)
    rates = {name: [] for name in jobs}
    for _ in range(REPEATS):
        for name, (count, job) in jobs.items():
            begin = time.process_time()
            job()
            rates[name].append(count / (time.process_time() - begin))
    print(f"{windows} windows of {N} samples, eleven measures; median of {REPEATS} runs")
    for name, values in rates.items():
        ratios = [a / b for a, b in zip(rates["batch"], values)]
        print(f"{name:16s} {statistics.median(values):8.0f} windows/s   batch is "
              f"{statistics.median(ratios):6.1f} x ({min(ratios):.1f} to {max(ratios):.1f})")  # fmt: skip


if __name__ == "__main__":
    main()
