"""An hour of contaminated muscle through every classical method: processor time, and memory beside that of the signal.

Run: python benchmarks/one_hour.py [SECONDS]. One core: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1. Each method
runs in a process of its own, so that the peak of its memory is its own. Compiled programs count, too: it is the memory
that the system gave. The signal is made in blocks, so that making it leaves no peak that could hide the method's.
"""

import multiprocessing
import resource
import sys
import time

import numpy as np

from emgtut import denoise
from emgtut.contaminate import coloured_noise, synthetic_ecg
from emgtut.signals import rms

FS, BLOCK_S, SEED = 1000, 60, 0
METHODS = ("highpass", "bandpass_notch", "template", "emd", "vmd", "ceemdan")


def main(seconds):
    """Print one line for each method."""
    print(f"{seconds} s at {FS} Hz: the signal takes {8 * FS * seconds / 2**20:.0f} MiB")
    for name in METHODS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            cpu_s, beside = pool.apply(measure, (name, seconds))
        print(f"{name:16} {cpu_s:8.1f} s of processor time, {beside:6.0f} MiB beside the signal", flush=True)


def measure(name, seconds):
    """Processor seconds, and by how many MiB the peak of memory grew, result included."""
    x, method = recording(seconds), denoise.get(name)
    method(x[: 20 * FS], fs=FS)  # imports, compilers and caches
    before, start = peak_mib(), time.process_time()
    estimate = method(x, fs=FS)
    cpu_s, beside = time.process_time() - start, peak_mib() - before
    if estimate.shape != x.shape or not np.isfinite(estimate).all():
        raise RuntimeError(f"{name} did not return the whole recording.")
    return cpu_s, beside


def recording(seconds):
    """Muscle-like noise with a heart three times stronger, in mV."""
    rng, x = np.random.default_rng(SEED), np.empty(seconds * FS)
    for start in range(0, x.size, BLOCK_S * FS):
        part = x[start : start + BLOCK_S * FS]
        muscle, heart = coloured_noise(part.size, rng=rng), synthetic_ecg(part.size, fs=FS, rng=rng)
        part[:] = muscle / rms(muscle) + 3 * heart / rms(heart)
    return x


def peak_mib():
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3600)
