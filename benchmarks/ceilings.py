"""How far could anybody get on the course's benchmark? Writes results/ceilings.parquet.

    OMP_NUM_THREADS=1 python benchmarks/ceilings.py      # needs EMGTUT_DATA; two minutes on one core

For every window of the four tests, the gain in SNR of the filter that knows the true spectra of muscle and noise
(`known_spectra`, at 1 Hz; `known_spectra_4hz`, at 4 Hz). For every window of real muscle under a real heart, too, the
gain of whoever knows the heart's usual beat (`known_heart`), and of whoever then knows the spectra of muscle and of
what is left as well (`known_both`). Nothing is trained and nothing is chosen here; see `emgtut.benchmark.ceilings`.
"""

import argparse
from pathlib import Path

import pandas as pd

from emgtut.assess import snr_db
from emgtut.benchmark import digest, suite
from emgtut.benchmark.ceilings import known_heart, known_spectra
from emgtut.benchmark.tables import write_pairs
from emgtut.benchmark.tracing import stamp

TESTS = [(data, protocol) for data in ("real", "synthetic") for protocol in ("ecg", "mixtures")]


def estimates(case, real_heart):
    """Yield who knows what, and what they make of the window."""
    noise = case.noisy - case.clean
    yield "known_spectra", known_spectra(case.clean, noise, fs=case.fs)
    yield "known_spectra_4hz", known_spectra(case.clean, noise, fs=case.fs, resolution_hz=4.0)
    if real_heart:
        kept = known_heart(case)
        yield "known_heart", kept
        yield "known_both", known_spectra(case.clean, kept - case.clean, fs=case.fs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results/ceilings.parquet"))
    given = parser.parse_args()
    rows, seen = [], []
    for data, protocol in TESTS:
        for case in suite(data, protocol).cases():
            before = snr_db(case.clean, case.noisy)
            known = {"data": data, "protocol": protocol, "case": case.about["case"], "subject": case.about["subject"]}
            seen.append({**case.about, "fingerprint": case.fingerprint()})
            for method, estimate in estimates(case, (data, protocol) == ("real", "ecg")):
                rows.append({**known, "method": method, "snr_imp": float(snr_db(case.clean, estimate) - before)})
        part = pd.DataFrame(rows).query("data == @data and protocol == @protocol")
        print(data, protocol, part.groupby("method")["snr_imp"].mean().round(2).to_dict(), flush=True)
    table = pd.DataFrame(rows)
    table["snr_imp"] = table["snr_imp"].round(3).astype("float32")
    told = {"command": "python benchmarks/ceilings.py", **stamp(), "data": digest(pd.DataFrame(seen))}
    write_pairs(given.out, table, told)


if __name__ == "__main__":
    main()
