"""Does a network learn its training hearts by heart, and does it help to show them otherwise? Validation data only.

    python benchmarks/varied_hearts.py # writes results/varied_hearts.csv; resumes; half an hour of a core

The recorded hearts of training and validation are dealt into two halves. `tcn` is trained on one half, once as the
hearts were recorded and once with a share of them seen otherwise (`emgtut.contaminate.varied_heart`), and then with the
halves exchanged. Every 500 steps it is judged on muscles of validation people, real ones, at -14 to 0 dB: under the
hearts it trained with ("met") and under the other half ("new"), as recorded. The gain is that over a 40 Hz high-pass
(order 4, zero phase) on the same windows. No test person, heart or noise is looked at.
"""

import argparse
import pathlib

import numpy as np
import pandas as pd
import torch

from emgtut.assess import snr_db
from emgtut.benchmark.tables import write_csv
from emgtut.benchmark.tracing import stamp
from emgtut.contaminate.corpus import Corpus
from emgtut.denoise import get
from emgtut.denoise.training import TRAINABLE, VARIED, Validation, suited
from emgtut.learn import fit, rng_for

N_SAMPLES, N_WINDOWS, LEVELS_DB = 2000, 150, (-14.0, 0.0)
MUSCLES = ("elderly_lower_limb", "muscletracker")
WAYS = {"as recorded": 0.0, "seen otherwise": VARIED}


def dealt(corpus, half):
    """Two corpora: hearts of one half in training; and the same with the halves exchanged."""
    hearts = [h for part in ("train", "validation") for h in corpus.subjects(part, "ecg") if "simulated" not in h]
    met = sorted(hearts)[half::2]
    is_heart, is_met = np.isin(corpus.names[:, 3], hearts), np.isin(corpus.names[:, 3], met)
    both = []
    for first, second in (("train", "validation"), ("validation", "train")):
        names = corpus.names.copy()
        names[is_heart, 0] = np.where(is_met[is_heart], first, second)
        both.append(Corpus(corpus.signal, corpus.lengths, names, corpus.about))
    return met, *both


def judged(corpus, seed):
    """Windows of real validation muscles under the hearts in the validation part: noisy, clean."""
    draws = [
        corpus.batch(
            rng_for(seed, number), N_WINDOWS, "validation", N_SAMPLES, "ecg",
            muscle=muscle, noise="real", snr_db=LEVELS_DB,
        )
        for number, muscle in enumerate(MUSCLES)
    ]  # fmt: skip
    return [np.concatenate(x) for x in zip(*draws)]


def run(corpus, half, way, steps):
    """Train one network; rows of its gains over the high-pass under met and new hearts."""
    met, training, exchanged = dealt(corpus, half)
    entry = TRAINABLE["tcn"]
    check = Validation(training, entry.estimate, windows=16)
    # nothing is chosen here: these windows take the place of those that choose weights
    check.pairs = {"new": judged(training, 5), "met": judged(exchanged, 5)}
    highpass = {
        name: float(np.mean(snr_db(clean, get("highpass")(noisy.astype(float), fs=1000)) - snr_db(clean, noisy)))
        for name, (noisy, clean) in check.pairs.items()
    }
    recipe = suited(entry.recipe.but(steps=steps, patience=None), "cpu")
    history = fit(
        entry.make(entry.width, seed=recipe.seed), entry.loss,
        lambda rng, step: training.batch(rng, recipe.batch, "train", N_SAMPLES, vary=WAYS[way]), check, recipe=recipe,
        folder=pathlib.Path("runs/varied_hearts") / f"{way.replace(' ', '_')}-{half}",
        about={"corpus": corpus.about["sha256"], "met": met},
    )  # fmt: skip
    return [
        {"hearts": way, "half": half, "step": row["step"]}
        | {name: row[f"snr_imp_{name}_db"] - highpass[name] for name in highpass}
        for row in history.rows
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=pathlib.Path, default=pathlib.Path("runs/corpus.npz"))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--half", type=int, choices=(0, 1), help="train for this half only and write nothing")
    given = parser.parse_args()
    torch.set_num_threads(1)
    corpus, rows = Corpus.open(given.corpus), []
    for half in (0, 1) if given.half is None else (given.half,):
        for way in WAYS:
            rows += run(corpus, half, way, given.steps)
            print(rows[-1], flush=True)
    if given.half is None:
        told = {"command": f"python benchmarks/varied_hearts.py --steps {given.steps}", **stamp()}
        told["data"] = f"corpus sha256 {corpus.about['sha256']} of {', '.join(corpus.about['datasets'])}"
        write_csv(pathlib.Path("results/varied_hearts.csv"), pd.DataFrame(rows), told, digits=4)


if __name__ == "__main__":
    main()
