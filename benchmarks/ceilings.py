"""How far could anybody get on the course's benchmark? Writes results/ceilings.parquet and results/ceilings_hearts.csv.

    OMP_NUM_THREADS=1 python benchmarks/ceilings.py      # needs EMGTUT_DATA; about five minutes on one core

For every window of the four tests, the gain in SNR of the Wiener filter made of the spectra of muscle and noise in that
very window (`known_spectra`, estimated at 1 Hz; `known_spectra_4hz`, at 4 Hz). For every window of real muscle under a
real heart, too, the gain of whoever knows the heart's usual beat (`known_heart`), and of whoever then knows the spectra
of muscle and of what is left as well (`known_both`). See `emgtut.benchmark.ceilings`.

The second table asks what it is worth to a network to have met a heart before. The same windows of the test people, one
of each person and level, are put under every recorded lead of the training, validation and test part in turn. Its
columns are leads in dB over the zero-phase high-pass. Nothing is trained and nothing is chosen here.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from emgtut import denoise
from emgtut.assess import snr_db
from emgtut.benchmark import digest, suite
from emgtut.benchmark.ceilings import beyond_the_beat, known_heart, known_spectra
from emgtut.benchmark.tables import write_csv, write_pairs
from emgtut.benchmark.tracing import stamp
from emgtut.contaminate import gain_for_snr, stream
from emgtut.data import load, records_in
from emgtut.signals import resample

HEART_S = 90.0  # of each recording
COMMAND = "python benchmarks/ceilings.py"
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


def hearts():
    """One row for each recorded lead: leads over the high-pass on the same windows, all under that lead."""
    cases = [block.draw()[0] for block in suite("real", "ecg").blocks]
    clean = np.stack([case.clean for case in cases])
    methods = {name: denoise.get(name) for name in ("highpass", "tcn", "tcn_causal", "trustemg")}
    rows = []
    for part in ("train", "validation", "test"):
        for dataset in ("mitdb", "nsrdb_excerpts"):
            for record in records_in(dataset, part):
                recording = load(dataset, record)
                for channel, x in zip(recording.channels, recording.signal):
                    heart = resample(x[: round(HEART_S * recording.fs)], fs=recording.fs, fs_out=cases[0].fs)
                    noise, beyond = under(heart, cases, stream(0, "ceilings", record, channel))
                    row = {"part": part, "heart": f"{dataset}/{record}", "channel": channel, "windows": len(cases)}
                    rows.append(row | leads(clean, noise, beyond, methods, cases[0].fs))
                    print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def under(heart, cases, rng):
    """The heart at the level of each case, and what it does there beyond its usual beat."""
    beyond = beyond_the_beat(heart, fs=cases[0].fs)
    noise, kept = np.empty((2, len(cases), cases[0].clean.size))
    for row, case in enumerate(cases):
        first = rng.integers(1000, heart.size - case.clean.size - 1000)
        here = slice(first, first + case.clean.size)
        piece = heart[here] - heart[here].mean()
        gain = gain_for_snr(case.clean, piece, case.about["snr_db"])
        noise[row], kept[row] = gain * piece, gain * beyond[here]
    return noise, kept


def leads(clean, noise, beyond, methods, fs):
    """Mean SNR of each method, and of whoever knows the heart, over that of the high-pass."""
    found = {}
    for name, method in methods.items():
        estimate = method(clean + noise, fs=fs)
        late = round(method.info.latency_s * fs) if method.info.phase == "causal" else 0
        kept = slice(0, clean.shape[-1] - late)
        found[name] = snr_db(clean[:, kept], estimate[:, late:])
    found["known_heart"] = snr_db(clean, clean + beyond)
    both = [known_spectra(x, y, fs=fs) for x, y in zip(clean, beyond)]
    found["known_both"] = snr_db(clean, np.stack(both))
    return {name: float(np.mean(score - found["highpass"])) for name, score in found.items() if name != "highpass"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results"))
    out = parser.parse_args().out
    write_csv(out / "ceilings_hearts.csv", hearts(), {"command": COMMAND, **stamp()}, digits=4)
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
    told = {"command": COMMAND, **stamp(), "data": digest(pd.DataFrame(seen))}
    write_pairs(out / "ceilings.parquet", table, told)


if __name__ == "__main__":
    main()
