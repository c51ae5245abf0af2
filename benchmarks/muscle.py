"""Speed of the muscle simulator against real time, and of its parts against each other.

Run: python benchmarks/muscle.py. One core: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1. Times are
processor time of this process: waiting for other programs does not count, though sharing a cache with them still does.
The methods alternate in one process; medians are shown. Ratios travel between machines, milliseconds do not.
"""

import statistics
import time

import numpy as np

from emgtut.acquire import (
    Electrode,
    discharge_times,
    motor_unit_pool,
    muap_bank,
    ramp,
    shaped_gaussian,
    simulate,
)

FS, DURATION_S, REPEATS, N_UNITS = 1000, 60, 9, 120
TARGETS = {"numba": 2000, "loop": 400}


def main():
    drive = ramp(FS * DURATION_S, fs=FS, peak=0.8)
    begin = time.process_time()
    pool = motor_unit_pool(np.random.default_rng(0), n_units=N_UNITS)
    muaps = muap_bank(pool, [Electrode()], fs=FS)
    build_s = time.process_time() - begin
    jobs = {
        "numba": lambda: simulate(drive, fs=FS, seed=1, pool=pool, muaps=muaps, method="numba").emg,
        "loop": lambda: simulate(drive, fs=FS, seed=1, pool=pool, muaps=muaps, method="loop").emg,
        "fft": lambda: simulate(drive, fs=FS, seed=1, pool=pool, muaps=muaps, method="fft").emg,
        "discharges only": lambda: discharge_times(pool, drive, fs=FS, rng=np.random.default_rng(1)),
        "shaped Gaussian": lambda: shaped_gaussian(drive.size, fs=FS, rng=np.random.default_rng(1)),
    }
    results = {name: job() for name, job in jobs.items()}  # warm: numba compiles here
    np.testing.assert_array_equal(results["numba"], results["loop"])
    np.testing.assert_allclose(results["fft"], results["loop"], atol=1e-12)
    times = {name: [] for name in jobs}
    for _ in range(REPEATS):
        for name, job in jobs.items():
            begin = time.process_time()
            job()
            times[name].append(time.process_time() - begin)
    n_discharges = sum(map(len, results["discharges only"]))
    print(f"{N_UNITS} units, {DURATION_S} s ramp at {FS} Hz, {n_discharges} discharges; pool built in {build_s:.2f} s")
    for name, taken in times.items():
        median = statistics.median(taken)
        goal = f"   (goal {TARGETS[name]})" if name in TARGETS else ""
        print(f"{name:16s} {1e3 * median:8.1f} ms   {DURATION_S / median:8.0f} x real time"
              f"   best {DURATION_S / min(taken):6.0f}{goal}")  # fmt: skip


if __name__ == "__main__":
    main()
