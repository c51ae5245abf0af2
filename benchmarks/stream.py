"""Throughput of the real-time chain at chunk 32 against the same chain called sample by sample with lfilter.

Run: python benchmarks/stream.py. Both run in this process, alternating, one thread; ratios are medians of the pairs.
"""

import time

import numpy as np
from scipy import signal

from emgtut.acquire.stream import Conditioner

FS, N_SAMPLES, CHUNK, REPEATS = 1000, 20_000, 32, 5


def per_sample(x):
    """The form found in tutorials: one lfilter call per sample and stage, state carried by hand."""
    band = signal.butter(2, (20, 450), "bandpass", fs=FS)
    notches = [signal.iirnotch(50 * h, 30 * h, fs=FS) for h in range(1, 10)]
    stages = [band, *notches]
    states = [signal.lfilter_zi(b, a) * (x[0] if i == 0 else 0.0) for i, (b, a) in enumerate(stages)]
    window, at, envelope = np.zeros(200), 0, np.empty_like(x)
    for n, value in enumerate(x):
        sample = np.array([value])
        for i, (b, a) in enumerate(stages):
            sample, states[i] = signal.lfilter(b, a, sample, zi=states[i])
        window[at] = abs(sample[0])
        at = (at + 1) % 200
        envelope[n] = window.mean()
    return envelope


def chunked(x):
    chain = Conditioner(1, fs=FS)
    return np.concatenate([chain.push(x[None, i : i + CHUNK]).envelope[0] for i in range(0, len(x), CHUNK)])


def main():
    x = np.random.default_rng(0).standard_normal(N_SAMPLES) + 100
    np.testing.assert_allclose(chunked(x[:2000]), per_sample(x[:2000]), atol=1e-6)
    ratios, fastest = [], np.inf
    for _ in range(REPEATS):
        times = []
        for chain in (per_sample, chunked):
            began = time.perf_counter()
            chain(x)
            times.append(time.perf_counter() - began)
        ratios.append(times[0] / times[1])
        fastest = min(fastest, times[1])
    print(f"chunk {CHUNK}: {N_SAMPLES / fastest:,.0f} samples/s, {N_SAMPLES / fastest / FS:,.0f} x real time")
    print(f"ratio to per-sample lfilter: {np.median(ratios):.1f} (from {min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
