"""How well SNR is predicted without a reference: QASE-net, the hand-made judge before it, simple rules, a constant.

    python benchmarks/qase.py                       # needs runs/corpus.npz and EMGTUT_DATA: writes results/qase.csv
    python benchmarks/qase.py --windows 2           # a quick look: prints only

Who is asked. Windows of 4 s of the test part: "semi-synthetic" are the four legs and three forearms of the test people
under hearts of the test records; "synthetic" are seven simulated people under simulated hearts. Muscles are band-passed
20-450 Hz, as in the course's benchmark. ECG: 0 to -15 dB in steps of 0.5 dB, as published. Mixtures of one to five
kinds: 15 to -15 dB in steps of 1 dB. Nothing of the test part was used for training, calibration or any choice.

Who answers. The shipped judges. "wldnn": waveform lengths and three small layers, trained here on the training part of
the corpus. "low band": a straight line through one number, power below 20 Hz over power above in decibels, fitted here
on the training part. "constant": the middle of the range. The last three have one fit for each task.

What is reported. Mean squared error in dB², mean absolute error, bias and standard deviation of the error in dB,
correlations; 95 % bootstrap intervals over people (all their windows together; seven people: too narrow by a little).
`sd_ratio`: RMS error over RMS of the predicted standard deviation, 1 where it is honest. `familiar`: share of windows
that the judge takes for its own world.

The experiments.
  "hearts of 360 Hz", "hearts of 128 Hz": the semi-synthetic ECG windows by where the heart was recorded.
  "360 Hz, cut at 64 Hz": the same windows, the same beats, but without what a 128 Hz recorder cannot see. Columns
  paired_* say how predictions change, window by window. They test whether the missing band is a shortcut.
  "recorder 10 Hz": hearts behind a zero-phase high-pass at 10 Hz, as published, then mixed at the same SNR.
  "first 2 s": the first half of each window alone, the shortest that the judges take; where its SNR is in the range.
  "windows of 10 s": the published length, on people with recordings that long (of the real ones, the legs). Nobody was
  trained on it. "their windows of 4 s": the same people, as above.
  (The features of wldnn depend on the length of the window: at 2 s and 10 s its rows say that, and nothing else.)
  "strange: ...": what lies outside of a judge's world. `familiar` should be 0; a bias is given where an SNR exists.
"""

import argparse
import hashlib
import pathlib
import sys
import tempfile

import numpy as np
import pandas as pd
import torch

from emgtut.assess.qase_baseline import train_baseline
from emgtut.assess.qase_training import JUDGES, labelled, scores
from emgtut.assess.qasenet import MARGIN_DB, _judge
from emgtut.benchmark import muscles
from emgtut.benchmark.tables import write_csv
from emgtut.benchmark.tracing import stamp
from emgtut.contaminate import KINDS, Condition, draw, draw_mixture, mix_at_snr, stream
from emgtut.contaminate.corpus import Corpus
from emgtut.data import load
from emgtut.learn import rng_for
from emgtut.signals import butterworth, filter_zero_phase, resample

FS, WINDOW_S, SEED = 1000, 4.0, 2026
LONG_S, LONG = 10.0, "windows of 10 s"
ECG_DB, MIXTURE_DB = np.arange(-15, 0.25, 0.5), np.arange(-15, 15.5, 1.0)
RESAMPLES = 2000
TASKS = {"ecg": "qase_ecg", "mixture": "qase_mixture"}
RATE_HZ = {"mitdb": 360, "nsrdb_excerpts": 128}


# ---------------------------------------------------------------------------------------------- windows


def people(data, window_s=WINDOW_S):
    """Each test person's clean working windows; who has no recording of that length is left out."""
    if data == "semi-synthetic":
        found = {who: muscles.real_windows(who, window_s, None) for who in muscles.real_people()}
    else:
        names = [f"simulated/{number + 1}" for number in range(muscles.PEOPLE)]
        found = {who: muscles.simulated_windows(who, window_s, SEED) for who in names}
    return {who: windows for who, windows in found.items() if windows}


def cases(data, task, n, window_s=WINDOW_S):
    """Mixtures as rows: who, clean window, noise as mixed, SNR, where the heart is from. All levels, n windows each."""
    levels, rows = ECG_DB if task == "ecg" else MIXTURE_DB, []
    source = "real" if data == "semi-synthetic" else "synthetic"
    for who, found in people(data, window_s).items():
        rng = stream(SEED, "qase", task, who)
        for level in levels:
            for number in range(n):
                clean = found[rng.integers(len(found))]
                count = 1 if task == "ecg" else int(rng.integers(1, len(KINDS) + 1))
                order = rng.permutation(len(KINDS))[:count]
                kinds = ("ecg",) if task == "ecg" else tuple(KINDS[i] for i in sorted(order))
                x = clean.x - clean.x.mean()
                mixture, draws = draw_mixture(
                    x, Condition(float(level), kinds), fs=FS, split="test", seed=SEED,
                    item=f"qase/{clean.name}/{number}", source=source,
                )  # fmt: skip
                rows.append(
                    {"subject": who, "clean": x, "noise": mixture.noisy - x, "truth_db": float(level),
                     "kinds": "+".join(kinds), "heart": draws["ecg"].origin.split("/")[0] if "ecg" in draws else ""}
                )  # fmt: skip
    return pd.DataFrame(rows)


def windows_of(table):
    """Noisy windows of a table at unit deviation, shape (n, n_samples), float32."""
    noisy = np.stack((table["clean"] + table["noise"]).to_numpy())
    noisy = noisy - noisy.mean(axis=-1, keepdims=True)
    return (noisy / noisy.std(axis=-1, keepdims=True)).astype(np.float32)


def with_noise(table, change):
    """The same table with every noise changed, then brought back to its SNR."""
    changed = [change(noise) for noise in table["noise"]]
    changed = [mix_at_snr(x, n - n.mean(), db) - x for x, n, db in zip(table["clean"], changed, table["truth_db"])]
    return table.assign(noise=changed)


def cut_at_64_hz(noise):
    """What a recorder at 128 Hz would have seen of it."""
    return resample(resample(noise, fs=FS, fs_out=128), fs=128, fs_out=FS)[: noise.size]


def behind_recorder(noise):
    return filter_zero_phase(butterworth(3, 10.0, "highpass", fs=FS), noise)


def first_half(table):
    """The first 2 s of every window, and their own SNR."""
    half = round(WINDOW_S * FS / 2)
    clean, noise = ([x[:half] - x[:half].mean() for x in table[name]] for name in ("clean", "noise"))
    truth_db = [10 * np.log10(np.sum(x**2) / np.sum(n**2)) for x, n in zip(clean, noise)]
    inside = (np.array(truth_db) >= table["truth_db"].min()) & (np.array(truth_db) <= table["truth_db"].max())
    return table.assign(clean=clean, noise=noise, truth_db=truth_db)[inside]


def strange(task, n):
    """Windows outside of a judge's world: name -> (windows, truth in dB or NaN)."""
    found = people("semi-synthetic")
    clean = [one.x - one.x.mean() for who in found.values() for one in who]
    rng = stream(SEED, "qase", "strange", task)
    picked = [clean[rng.integers(len(clean))] for _ in range(n)]
    n_samples = round(WINDOW_S * FS)

    def of(kind, source):
        return [draw(kind, "test", n_samples, FS, rng, source=source) for _ in range(n)]

    hearts, moved, hum, white = (
        of("ecg", "real"),
        of("motion", "real"),
        of("mains", "synthetic"),
        of("white", "synthetic"),
    )
    made = {
        "muscle alone": (picked, np.nan),
        "heart alone": (hearts, np.nan),
        "heart at -30 dB": ([mix_at_snr(x, e, -30.0) for x, e in zip(picked, hearts)], -30.0),
        "heart at +20 dB": ([mix_at_snr(x, e, 20.0) for x, e in zip(picked, hearts)], 20.0),
        "clipped": ([np.clip(x, -0.5 * x.std(), 0.5 * x.std()) for x in picked], np.nan),
        "square wave of 7 Hz": (
            [np.sign(np.sin(2 * np.pi * 7 * np.arange(n_samples) / FS + i)) for i in range(n)],
            np.nan,
        ),
        "2 kHz taken for 1 kHz": ([mix_at_snr(x, e, -7.0)[::2] for x, e in zip(picked, hearts)], np.nan),
    }
    made |= {"white noise alone": (white, np.nan)} | real_strangers(n_samples)
    if task == "ecg":
        for name, noise in {"hum": hum, "motion": moved, "white noise": white}.items():
            made[f"{name} at -7 dB, no heart"] = ([mix_at_snr(x, e, -7.0) for x, e in zip(picked, noise)], -7.0)
    return {name: (np.stack([x - x.mean() for x in xs]), truth) for name, (xs, truth) in made.items()}


def real_strangers(n_samples):
    """Real recordings that are no contraction under a surface electrode: a muscle at rest, and a needle."""
    needle, tired = load("emgdb", "emg_healthy"), load("biosignalsnotebooks", "emg_fatigue")
    inside = resample(needle.signal[0], fs=needle.fs, fs_out=FS)
    whole = inside[: inside.size // n_samples * n_samples].reshape(-1, n_samples)
    rest = resample(tired.signal[0][-round(WINDOW_S * tired.fs) :], fs=tired.fs, fs_out=FS)[None]
    return {"needle": (list(whole), np.nan), "muscle at rest": (list(rest), np.nan)}


# ---------------------------------------------------------------------------------------------- answers


def ask(judge, windows):
    """Prediction, its standard deviation and familiarity of windows at unit deviation."""
    answers = []
    with torch.no_grad():
        for first in range(0, len(windows), 64):
            answers.append(torch.stack(judge(torch.from_numpy(windows[first : first + 64]))).numpy())
    snr, sd = np.concatenate(answers, axis=1).astype(float)
    inside = (snr >= judge.low_db - MARGIN_DB) & (snr <= judge.high_db + MARGIN_DB)
    return snr, sd, inside & (judge.distance(windows) <= 1)


def low_band_db(windows):
    """Power below 20 Hz over the power above, in dB, of windows (n, n_samples)."""
    power = np.abs(np.fft.rfft(windows)) ** 2
    edge = round(20 * windows.shape[-1] / FS)
    return 10 * np.log10((power[:, 1:edge].sum(axis=-1) + 1e-9) / power[:, edge:].sum(axis=-1))


def simple_judges(corpus, name, folder):
    """The judges that are fitted here, on training windows only: name -> function of windows."""
    judge = JUDGES[name]
    wldnn, history = train_baseline(name, corpus, folder=folder)
    print(f"wldnn for {judge.task}: validation {history.best:.3f} dB²")
    known, truth_db = labelled(corpus, rng_for(SEED, 1), 4000, "train", judge)
    line = np.polyfit(low_band_db(known), truth_db, 1)
    middle = float(np.mean(judge.range_db))

    def waveform(windows):
        with torch.no_grad():
            return wldnn(windows).numpy().astype(float)

    return {
        "wldnn": waveform,
        "low band": lambda windows: np.polyval(line, low_band_db(windows)),
        "constant": lambda windows: np.full(len(windows), middle),
    }


# ---------------------------------------------------------------------------------------------- scores


def sums(predicted, truth, subjects):
    """Sums for each person, shape (n_people, 6), from which every measure follows, also for people drawn again."""
    parts = np.stack([np.ones_like(truth), predicted, truth, predicted**2, truth**2, predicted * truth])
    _, person = np.unique(subjects, return_inverse=True)
    return np.stack([np.bincount(person, weights=part) for part in parts], axis=1)


def measures(totals):
    """Mean squared error, bias, spread of the error and Pearson's correlation from sums, shape (..., 6)."""
    n, p, t, pp, tt, pt = np.moveaxis(totals, -1, 0)
    mse, bias = (pp - 2 * pt + tt) / n, (p - t) / n
    with np.errstate(invalid="ignore", divide="ignore"):
        lcc = (pt / n - p * t / n**2) / np.sqrt((pp / n - (p / n) ** 2) * (tt / n - (t / n) ** 2))
    return {"mse": mse, "bias": bias, "error_sd": np.sqrt(np.maximum(mse - bias**2, 0)), "lcc": lcc}


def row(about, predicted, table, sd=None, familiar=None):
    """One row of the result: measures with intervals over people."""
    truth, subjects = table["truth_db"].to_numpy(), table["subject"].to_numpy()
    each = sums(predicted, truth, subjects)
    drawn = each[np.random.default_rng(SEED).integers(len(each), size=(RESAMPLES, len(each)))].sum(axis=1)
    found, spread = measures(each.sum(axis=0)), measures(drawn)
    if np.ptp(predicted) == 0:  # a constant has no correlation; rounding may say otherwise
        found["lcc"] = np.nan
    out = about | {"windows": len(table), "people": len(each)}
    for name in ("mse", "bias", "lcc"):
        low, high = np.nanpercentile(spread[name], (2.5, 97.5)) if np.isfinite(found[name]) else (np.nan, np.nan)
        out |= {name: float(found[name]), f"{name}_low": low, f"{name}_high": high}
    out["error_sd"] = float(found["error_sd"])
    if np.ptp(predicted) > 0:
        out |= {key: value for key, value in scores(predicted, truth).items() if key in ("mae", "srcc")}
    else:
        out["mae"] = float(np.mean(np.abs(predicted - truth)))
    worst = measures(each)["mse"]
    out |= {"mse_best_person": worst.min(), "mse_worst_person": worst.max()}
    if sd is not None:
        out |= {"sd_ratio": float(np.sqrt(found["mse"] / np.mean(sd**2))), "familiar": float(np.mean(familiar))}
    return out


def paired(first, second, table):
    """How predictions change from one version of the windows to another: mean with interval over people, and spread."""
    change = second - first
    each = sums(change, np.zeros_like(change), table["subject"].to_numpy())
    drawn = each[np.random.default_rng(SEED).integers(len(each), size=(RESAMPLES, len(each)))].sum(axis=1)
    low, high = np.percentile(measures(drawn)["bias"], (2.5, 97.5))
    return {"paired_mean": change.mean(), "paired_low": low, "paired_high": high, "paired_sd": change.std()}


def rows_for_task(task, corpus, n, folder):
    """Every row about one task."""
    judge = _judge(TASKS[task])
    simple = simple_judges(corpus, TASKS[task], folder / task)
    out = []
    for data in ("synthetic", "semi-synthetic"):
        table = cases(data, task, n)
        print(f"{data}, {task}: {len(table)} windows", flush=True)
        long = cases(data, task, n, LONG_S)
        sets = {task: table, "first 2 s": first_half(table), LONG: long}
        sets["their windows of 4 s"] = table[table["subject"].isin(set(long["subject"]))]
        if task == "ecg":
            sets["recorder 10 Hz"] = with_noise(table, behind_recorder)
            if data == "semi-synthetic":
                for dataset, rate in RATE_HZ.items():
                    sets[f"hearts of {rate} Hz"] = table[table["heart"] == dataset]
                sets["360 Hz, cut at 64 Hz"] = with_noise(sets["hearts of 360 Hz"], cut_at_64_hz)
        answers = {}
        for name, chosen in sets.items():
            windows = windows_of(chosen)
            about = {"task": task, "set": name, "data": data}
            snr, sd, familiar = ask(judge, windows)
            answers[name] = {"qase": snr}
            out.append(row({"model": TASKS[task], **about}, snr, chosen, sd, familiar))
            for model, judged in simple.items():
                answers[name][model] = judged(windows)
                out.append(row({"model": model, **about}, answers[name][model], chosen))
            if name == "360 Hz, cut at 64 Hz":
                for at, model in enumerate(("qase", *simple)):
                    before = answers["hearts of 360 Hz"][model]
                    out[at - 1 - len(simple)] |= paired(before, answers[name][model], chosen)
            if name == task == "ecg":  # the other judge on the same windows
                snr, sd, familiar = ask(_judge(TASKS["mixture"]), windows)
                out.append(row({"model": TASKS["mixture"], **about}, snr, chosen, sd, familiar))
            if name == task == "mixture":
                known = familiar
                out.append(row({"model": TASKS[task], **about, "set": "familiar windows only"},
                               snr[known], chosen[known], sd[known], familiar[known]))  # fmt: skip
    for name, (windows, truth) in strange(task, 40).items():
        unit = (windows / windows.std(axis=-1, keepdims=True)).astype(np.float32)
        snr, _, familiar = ask(judge, unit)
        about = {"model": TASKS[task], "task": task, "set": f"strange: {name}", "data": "semi-synthetic"}
        found = {"bias": np.mean(snr) - truth, "familiar": np.mean(familiar), "median_db": np.median(snr)}
        out.append(about | {"windows": len(unit)} | found)
    return out


def data_hash(table):
    """SHA-256 over the mixtures of a table, 16 digits."""
    digest = hashlib.sha256()
    for clean, noise in zip(table["clean"], table["noise"]):
        digest.update(np.rint(np.stack([clean, noise]) * (1000 / clean.std())).astype("<i8").tobytes())
    return digest.hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=pathlib.Path, default=pathlib.Path("runs/corpus.npz"))
    parser.add_argument("--windows", type=int, default=4, help="for each person and level")
    given = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus.open(given.corpus)
    with tempfile.TemporaryDirectory() as folder:
        rows = [r for task in TASKS for r in rows_for_task(task, corpus, given.windows, pathlib.Path(folder))]
    table = pd.DataFrame(rows)
    print(table.round(3).to_string())
    if given.windows != parser.get_default("windows"):
        return
    hashes = [data_hash(cases("semi-synthetic", task, 1)) for task in TASKS]
    told = {"command": f"python benchmarks/qase.py {' '.join(sys.argv[1:])}".rstrip(), **stamp(), "seed": SEED}
    told["data"] = f"corpus sha256 {corpus.about['sha256']}; first semi-synthetic windows {' '.join(hashes)}"
    out = pathlib.Path("results/qase.csv")
    write_csv(out, table, told, digits=5)
    print(f"Written: {out}, {len(table)} rows")


if __name__ == "__main__":
    main()
