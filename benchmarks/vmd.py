"""VMD against vmdpy, in pairs and in one process: the same numbers, how much sooner.

Run `python benchmarks/vmd.py`. Each pair times vmdpy and then ours on the same window; the median of the ratios counts,
because the load of the machine moves both times but hardly their ratio. The goal is 18 times at both lengths.
"""

import argparse
import statistics
import time

import numpy as np
import vmdpy

from emgtut.acquire import shaped_gaussian
from emgtut.denoise.vmd_core import vmd_modes

FS, GOAL = 1000.0, 18.0


def window(seconds, seed):
    """Simulated muscle with some white noise, unit RMS."""
    rng = np.random.default_rng(seed)
    x = shaped_gaussian(round(seconds * FS), fs=FS, rng=rng)
    x = x / x.std() + 0.3 * rng.standard_normal(x.size)
    return x / np.sqrt(np.mean(np.square(x)))


def seconds_of(function):
    """Time of one call and its result."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def main():
    """Print one line for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--modes", type=int, default=6)
    pairs, n_modes = (getattr(parser.parse_args(), name) for name in ("pairs", "modes"))
    for length_s in (2, 10):
        vmd_modes(window(length_s, 99), n_modes=n_modes, compat=True, method="numba")  # compile
        ratios, ours_s, theirs_s, worst = {"numba": [], "numpy": []}, {"numba": [], "numpy": []}, [], 0.0
        for seed in range(pairs):
            x = window(length_s, seed)
            theirs, (modes, _, _) = seconds_of(lambda: vmdpy.VMD(x, 2000, 0.0, n_modes, 0, 1, 1e-7))  # noqa: B023
            theirs_s.append(theirs)
            for method in ratios:
                ours, found = seconds_of(lambda: vmd_modes(x, n_modes=n_modes, compat=True, method=method))  # noqa: B023
                ratios[method].append(theirs / ours)
                ours_s[method].append(ours)
                worst = max(worst, float(np.max(np.abs(found.modes - modes))))
        for method, found in ratios.items():
            print(
                f"{length_s:3d} s, {n_modes} modes, {method}: {1e3 * statistics.median(ours_s[method]):8.1f} ms, vmdpy "
                f"{1e3 * statistics.median(theirs_s):8.1f} ms, ratio {statistics.median(found):6.1f} "
                f"({min(found):.1f} to {max(found):.1f}), largest difference {worst:.1e}"
            )
        assert worst < 1e-10, "not the same numbers"
        assert statistics.median(ratios["numba"]) >= GOAL, f"less than {GOAL} times as fast"


if __name__ == "__main__":
    main()
