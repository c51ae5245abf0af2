"""Train shipped weights on: a second round that starts where the first ended, with fresh batches and a new schedule.

    python -m benchmarks.second_round tcn --seed 1 --steps 6000 --lr 1e-3 --folder runs/ours/tcn-1
    python -m benchmarks.second_round tcn --seed 1 --steps 6000 --lr 1e-3 --folder runs/ours/tcn-1 --ship

A run that was stopped goes on when the command is repeated. The weights that it started from are kept in its folder,
so shipping the result does not change the start. Nothing is shipped unless it is better on the validation windows that
choose the weights. The card says that there were two rounds and from which weights the second one came.
"""

import argparse
import pathlib
import shutil

import torch

from emgtut.benchmark.tracing import stamp
from emgtut.contaminate.corpus import Corpus
from emgtut.denoise.training import TRAINABLE, VARIED, WINDOW_S, Trained, Validation, ship, suited
from emgtut.learn import fit, load_weights, read_card, seeded
from emgtut.learn.cards import WEIGHTS


def keep_start(name, folder):
    """Copy the shipped weights and their card into the folder of the run, once."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (".toml", ".safetensors"):
        kept = folder / f"start{suffix}"
        if not kept.exists():
            shutil.copyfile(WEIGHTS / f"{name}{suffix}", kept)
    return folder / "start.safetensors"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=list(TRAINABLE))
    parser.add_argument("--folder", type=pathlib.Path, help="of the run; runs/NAME-SEED when left out")
    parser.add_argument("--corpus", type=pathlib.Path, default=pathlib.Path("runs/corpus.npz"))
    parser.add_argument("--seed", type=int, default=1, help="of the batches; not that of the first round")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--minutes", type=float, help="stop after so long; the same command goes on later")
    parser.add_argument("--ship", action="store_true")
    given = parser.parse_args()
    given.folder = given.folder or pathlib.Path("runs") / f"{given.name}-{given.seed}"
    torch.set_num_threads(1)
    start = keep_start(given.name, given.folder)
    first = read_card(start)
    if given.seed == first.seed:
        parser.error(f"seed {given.seed} was that of the first round, whose batches would come again: choose another")
    entry, corpus = TRAINABLE[given.name], Corpus.open(given.corpus)
    recipe = suited(entry.recipe.but(seed=given.seed, steps=given.steps, lr=given.lr, warmup=100), "cpu")
    with seeded(given.seed):
        model = entry.make(first.settings["width"], seed=given.seed)
    load_weights(start, model)
    check = Validation(corpus, entry.estimate)
    before = check(model)["loss"]
    about = {"corpus": corpus.about["sha256"], "start": first.sha256}
    history = fit(
        model, entry.loss,
        lambda rng, step: corpus.batch(rng, recipe.batch, "train", round(1000 * WINDOW_S), vary=VARIED), check,
        recipe=recipe, folder=given.folder, stop_after_s=None if given.minutes is None else 60 * given.minutes,
        about=about,
    )  # fmt: skip
    print(f"SNRimp on the windows that choose the weights: {-before:.3f} dB before, {-history.best:.3f} dB now")
    if not given.ship:
        return
    if not history.finished or history.best >= before:
        parser.error("the round is not finished, or brought nothing: the shipped weights stay as they are")
    trained = Trained(given.name, entry, model, first.settings["width"], recipe, history, "cpu", corpus.about)
    command = f"{first.command}; then python -m benchmarks.second_round {given.name} --seed {given.seed}"
    command += f" --steps {given.steps} --lr {given.lr:g} --ship, from weights {first.sha256[:12]}"
    print(ship(trained, corpus, WEIGHTS, command=command, **stamp()))


if __name__ == "__main__":
    main()
