"""What each idea of the course's own network is worth: leave it out, train again, compare. Validation data only.

    python benchmarks/ablation.py                            # all variants, seeds 0 to 2: writes results/ablation.csv
    python benchmarks/ablation.py --minutes 10               # as much as fits into ten minutes; repeat to go on
    python benchmarks/ablation.py --shipped tcn fcn          # shipped weights: writes results/validation_gains.csv

Every variant has the same steps, batches of the same size and the same windows for the score; a seed decides start and
batches. A run that was stopped goes on, a run that is done is not repeated. Steps are few, so that the table says what
an idea is worth early in training; it does not say what is left of it after a long one.

The score. 2 s windows of validation people and validation noise, real recordings on both sides where a kind of noise
has any: the heart alone at -14 to 0 dB, and one to five kinds at -15 to 15 dB. What is reported is the SNR of the
estimate minus the SNR of a 40 Hz high-pass (order 4, zero phase) on the same window, so the gain over that filter.
"""

import argparse
import datetime
import pathlib
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import torch

from emgtut.assess import snr_db
from emgtut.contaminate.corpus import Corpus
from emgtut.denoise import get, tcn
from emgtut.denoise.fcn import at_least
from emgtut.denoise.fcn import training_loss as absolute_error
from emgtut.denoise.training import TRAINABLE, VARIED, Validation, suited
from emgtut.learn import Recipe, fit, load_weights, read_card, seeded

FS, N_SAMPLES, N_WINDOWS = 1000, 2000, 300
SETS = ("elderly_lower_limb", "muscletracker", "simulated")
TASKS = {"ecg": (-14.0, 0.0), "mixture": (-15.0, 15.0)}
SCORE_SEED = 4  # windows that nothing was chosen by


class WithoutHighpass(tcn.TCN):
    """The same network on the raw signal alone: no filtered view, and nothing to start from."""

    def forward(self, noisy):
        x = at_least(noisy, self.SHORTEST)[:, None]
        return self._correct(torch.cat([x, x], dim=1))[:, 0, : noisy.shape[-1]]


class Coarse(tcn.TCN):
    """Frames of twice the length at half the rate, and as many weights: more channels, fewer blocks."""

    KERNEL, STRIDE = 64, 16
    DILATIONS = (1, 2, 4, 8, 16, 1, 4)

    def __init__(self):
        super().__init__(96)


class Short(tcn.TCN):
    """The same blocks side by side instead of ever farther apart: it sees a tenth of a second to either side."""

    DILATIONS = (1,) * len(tcn.TCN.DILATIONS)


def snr_alone(model, noisy, clean):
    return 10 * torch.log10((model(noisy).float() - clean).square().sum(-1) / clean.square().sum(-1) + tcn.FLOOR).mean()


# Variant: network, loss, how batches are drawn.
VARIANTS = {
    "as it is": (tcn.TCN, tcn.training_loss, {}),
    "without the high-pass": (WithoutHighpass, tcn.training_loss, {}),
    "frames half as often": (Coarse, tcn.training_loss, {}),
    "short reach": (Short, tcn.training_loss, {}),
    "SNR alone": (tcn.TCN, snr_alone, {}),
    "absolute error alone": (tcn.TCN, absolute_error, {}),
    "real noise only, no synthetic hearts": (tcn.TCN, tcn.training_loss, {"noise": "real"}),
}


def windows(corpus):
    """Fixed windows of each set and task, with the SNR that the high-pass reaches on each, in dB."""
    found = {}
    for dataset in SETS:
        for task, levels in TASKS.items():
            rng = np.random.default_rng([SCORE_SEED, SETS.index(dataset), list(TASKS).index(task)])
            pair = corpus.batch(
                rng, N_WINDOWS, "validation", N_SAMPLES, task, muscle=dataset, noise="real", snr_db=levels
            )
            noisy, clean = (x.astype(np.float64) for x in pair)
            found[dataset, task] = noisy, clean, snr_db(clean, get("highpass")(noisy, fs=FS))
    return found


def score(estimate, fixed):
    """Gain over the high-pass for each set and task: mean over windows and half of its 95 % interval, in dB."""
    rows = []
    for (dataset, task), (noisy, clean, other) in fixed.items():
        gain = snr_db(clean, estimate(noisy)) - other
        half = 1.96 * gain.std(ddof=1) / np.sqrt(gain.size)
        rows.append({"set": dataset, "task": task, "gain_db": round(gain.mean(), 3), "plus_minus": round(half, 3)})
    return rows


def apply(model, how=None):
    """A function from noisy windows, shape (n_windows, n_samples), to the network's estimates, not delayed."""
    how = how or (lambda model, noisy: model(noisy))

    def estimate(noisy):
        with torch.no_grad():
            pieces = [how(model, torch.tensor(piece, dtype=torch.float32)) for piece in np.array_split(noisy, 6)]
        return torch.cat(pieces).double().numpy()

    return estimate


def trained(variant, seed, corpus, steps, stop_after_s):
    """Train one variant, or go on; None if time was up."""
    network, loss, how = VARIANTS[variant]
    recipe = Recipe(
        variant, seed=seed, steps=steps, batch=16, lr=2e-3, schedule="cosine", warmup=steps // 20, check_every=steps,
        ema_decay=0.99, bf16=True,
    )  # fmt: skip
    recipe = suited(recipe, "cpu")
    with seeded(seed):
        model = network()
    check = Validation(corpus, lambda model, noisy: model(noisy), windows=16)
    folder = pathlib.Path("runs/ablation") / f"{variant.replace(' ', '_').replace(',', '')}-{seed}"
    history = fit(
        model, lambda model, batch: loss(model, *batch),
        lambda rng, step: corpus.batch(rng, recipe.batch, "train", N_SAMPLES, **{"vary": VARIED, **how}), check,
        recipe=recipe, folder=folder, stop_after_s=stop_after_s, about={"corpus": corpus.about["sha256"]},
    )  # fmt: skip
    return model if history.finished else None


def ablation(corpus, seeds, steps, minutes):
    """Yield the rows of one variant and seed after another; seeds outside, so that few seeds are complete."""
    fixed, started = windows(corpus), time.monotonic()
    for seed in seeds:
        for variant in VARIANTS:
            left = None if minutes is None else max(60 * minutes - (time.monotonic() - started), 1.0)
            model = trained(variant, seed, corpus, steps, left)
            if model is None:
                return
            about = {"variant": variant, "seed": seed, "steps": steps}
            yield [about | row for row in score(apply(model), fixed)]


def shipped(corpus, names):
    """Rows for the shipped weights of networks of the course."""
    fixed, rows = windows(corpus), []
    for name in names:
        card = read_card(name)
        model = TRAINABLE[name].make(card.settings["width"], seed=0)
        load_weights(name, model)
        estimate = apply(model, TRAINABLE[name].estimate)
        rows += [{"network": name, "n_parameters": card.n_parameters} | row for row in score(estimate, fixed)]
    return rows


def write(path, rows, corpus):
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(f"# command: python benchmarks/ablation.py {' '.join(sys.argv[1:])}".rstrip() + "\n")
        file.write(f"# commit: {commit.stdout.strip() or 'not under git'}\n# windows: seed {SCORE_SEED}, {N_WINDOWS}\n")
        file.write(f"# data: corpus sha256 {corpus.about['sha256']} of {', '.join(corpus.about['datasets'])}\n")
        file.write(f"# date: {datetime.date.today().isoformat()}\n")
        pd.DataFrame(rows).to_csv(file, index=False)
    part.replace(path)
    print(f"Written: {path}, {len(rows)} rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=pathlib.Path, default=pathlib.Path("runs/corpus.npz"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--minutes", type=float, help="stop after so long; the same command goes on later")
    parser.add_argument("--shipped", nargs="+", metavar="NAME", help="score shipped weights instead")
    given = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus.open(given.corpus)
    if given.shipped:
        write(pathlib.Path("results/validation_gains.csv"), shipped(corpus, given.shipped), corpus)
        return
    rows, n_done = [], 0
    for done in ablation(corpus, given.seeds, given.steps, given.minutes):
        rows, n_done = rows + done, n_done + 1
        write(pathlib.Path("results/ablation.csv"), rows, corpus)
    print(f"{n_done} of {len(VARIANTS) * len(given.seeds)} runs are done.")


if __name__ == "__main__":
    main()
