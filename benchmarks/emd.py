"""EMD and CEEMDAN against PyEMD: the same numbers, how much sooner.

Run: python benchmarks/emd.py. One core: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1. Times are processor time of
this process. The programs alternate on the same windows in one process; ratios are taken window by window, and their
median is shown with the smallest and the largest. The noise of CEEMDAN is decomposed once for each seed and length and
then remembered; "first call" forgets it before every window, as PyEMD has to.
"""

import statistics
import time

import numpy as np
from PyEMD import CEEMDAN, EMD

from emgtut.acquire import ramp, simulate
from emgtut.contaminate import coloured_noise
from emgtut.denoise import decomposition
from emgtut.denoise.decomposition import ceemdan_modes, emd_modes
from emgtut.signals import rms

FS, LENGTHS_S, N_WINDOWS = 1000, (2, 10), {"EMD": 8, "CEEMDAN": 3}
GOALS = {"EMD": 10, "CEEMDAN": 15}
TRIALS, MAX_MODES, SEED = 20, 8, 42


def main():
    """Print one line for each job and length."""
    emd_modes(np.random.default_rng(0).standard_normal(500))  # numba compiles here
    for seconds in LENGTHS_S:
        windows = material(seconds * FS)
        compare(
            "EMD",
            seconds,
            windows,
            lambda x: EMD()(x, max_imf=MAX_MODES),
            {"numba": emd("numba"), "numpy": emd("numpy")},
        )
        remembered = {"first call": forgetful, "noise kept": ceemdan}
        compare("CEEMDAN", seconds, windows, pyemd_ceemdan, remembered)


def material(n_samples):
    """Windows at unit RMS: half simulated muscle, half muscle in white noise at 0 dB."""
    emg = np.atleast_2d(simulate(ramp(90 * FS, fs=FS, peak=0.7), fs=FS, seed=7).emg)[0][5 * FS : 85 * FS]
    pieces = (emg - emg.mean()).reshape(-1, n_samples)[: max(N_WINDOWS.values())]
    rng = np.random.default_rng(7)
    noisy = [p / rms(p) + (k % 2) * coloured_noise(n_samples, rng=rng) for k, p in enumerate(pieces)]
    return [window / rms(window) for window in noisy]


def emd(method):
    """Our EMD by one of its two paths."""
    return lambda x: emd_modes(x, max_modes=MAX_MODES, method=method)


def ceemdan(x):
    """Our CEEMDAN."""
    return ceemdan_modes(x, seed=SEED, trials=TRIALS, max_modes=MAX_MODES)


def forgetful(x):
    """Our CEEMDAN without its memory for noise."""
    decomposition._noise_modes.cache_clear()
    return ceemdan(x)


def pyemd_ceemdan(x):
    """PyEMD's CEEMDAN with the settings of the benchmark, in this process."""
    reference = CEEMDAN(trials=TRIALS, range_thr=0.001, total_power_thr=0.01, parallel=False)
    reference.noise_seed(SEED)
    return reference(x, max_imf=MAX_MODES)


def compare(job, seconds, windows, reference, ours):
    """Time the reference and ours on each window, one after the other."""
    taken, ratios = {name: [] for name in ("PyEMD", *ours)}, {name: [] for name in ours}
    for x in windows[: N_WINDOWS[job]]:
        expected, base = timed(reference, x)
        taken["PyEMD"].append(base)
        for name, method in ours.items():
            rows, spent = timed(method, x)
            np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-8)
            taken[name].append(spent)
            ratios[name].append(base / spent)
    print(f"{job}, {seconds} s, {len(taken['PyEMD'])} windows: PyEMD {1e3 * statistics.median(taken['PyEMD']):.0f} ms")
    for name, values in ratios.items():
        print(f"    {name:10s} {1e3 * statistics.median(taken[name]):8.1f} ms   {statistics.median(values):5.1f} x"
              f" ({min(values):.1f} to {max(values):.1f})   goal {GOALS[job]} x")  # fmt: skip


def timed(method, x):
    """Result and processor seconds of one call."""
    begin = time.process_time()
    rows = method(x.copy())
    return rows, time.process_time() - begin


if __name__ == "__main__":
    main()
