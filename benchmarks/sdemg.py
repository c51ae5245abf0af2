"""SDEMG in few steps: how much is lost against fifty, and how fast it is. Writes results/sdemg_steps.csv.

    OMP_NUM_THREADS=1 python benchmarks/sdemg.py [--weights sdemg] [--corpus runs/corpus.npz] [--windows 12] [--out CSV]

The corpus is that of `emgtut train sdemg`. Only windows of its validation part are looked at, so a setting may be
chosen here. The gain in SNR is the mean over windows, each result against the published sampler's on the same windows:
fifty ancestral steps, one sample. Each window meets noise of its own, twice. The interval is over windows, of few
people.

The real-time factor is that of the whole denoiser on a recording of ten seconds, in processor time on one thread;
windows overlap, so it is about 1.25 times that of the network calls. For the fifty steps it is that of the calls,
times 1.25. Order 0 is fresh noise at each call, 1 DDIM, 2 DPM-Solver++.
"""

import argparse
import functools
import importlib
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from emgtut.assess.metrics import snr_db
from emgtut.benchmark.tables import write_csv
from emgtut.benchmark.tracing import stamp
from emgtut.contaminate.corpus import Corpus
from emgtut.denoise.diffusion import ancestral, deterministic, few_levels, refreshed
from emgtut.denoise.networks import SDEMG
from emgtut.denoise.training import Validation
from emgtut.learn import load_weights, read_card
from emgtut.learn.cards import weights_file

LIMIT = 12.0  # units of the noisy window's deviation; the published 1 is in units of the recording's largest value
DRAWS = 2  # of the noise; a gain is the mean over them, so that luck counts less
OVERLAP = 1.25  # windows of 2 s every 1.6 s
SETTINGS = [  # order, first and last level, calls of a walk, walks
    (2, 0.15, 0.9, 3, 1), (2, 0.15, 0.9, 6, 1), (1, 0.15, 0.9, 6, 1), (2, 0.15, 0.9, 3, 2), (2, 0.3, 0.9, 3, 2),
    (0, 0.3, 0.98, 2, 1), (0, 0.3, 0.98, 3, 1), (0, 0.3, 0.98, 4, 1), (0, 0.3, 0.98, 6, 1), (0, 0.15, 0.98, 6, 1),
    (0, 0.3, 0.9, 6, 1), (0, 0.3, 0.98, 3, 2), (0, 0.3, 0.98, 6, 2), (0, 0.3, 0.98, 10, 1),
]  # fmt: skip


def network(weights):
    """The network on the card, with its weights."""
    card = read_card(weights)
    module, _, name = card.model.rpartition(".")
    model = getattr(importlib.import_module(module), name)(**card.settings)
    load_weights(weights, model)
    return model


def long_walks(model, noisy, seed):
    """One walk of fifty ancestral steps for each window, each from noise of its own."""
    found = []
    for number, one in enumerate(noisy):
        chance = torch.Generator().manual_seed(1000 * seed + number)
        found.append(ancestral(model, one[None], limit=LIMIT, generator=chance))
    return torch.cat(found)


def short_walks(model, noisy, order, first, last, calls, walks, seed):
    """Mean of some short walks for each window, each from noise of its own."""
    steering, levels = noisy.repeat_interleave(walks, dim=0), few_levels(calls, first=first, last=last)
    noises = torch.randn(1 if order else calls, *steering.shape, generator=torch.Generator().manual_seed(seed))
    if order:
        found = deterministic(model, steering, noises[0], levels=levels, order=order)
    else:
        found = refreshed(model, steering, noises, levels=levels)
    return found.reshape(len(noisy), walks, -1).mean(dim=1)


@functools.cache
def real_time_factor(weights, calls, walks):
    """Processor time of the denoiser over the time of the signal, after a first call."""
    denoiser = SDEMG(weights=weights, calls=calls, samples=walks)
    x = np.random.default_rng(0).standard_normal(10_000)
    denoiser(x[:2000], fs=1000)
    began = time.process_time()
    denoiser(x, fs=1000)
    return (time.process_time() - began) / 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", default="sdemg", help="name of shipped weights, or a .safetensors file")
    parser.add_argument("--corpus", type=Path, default=Path("runs/corpus.npz"))
    parser.add_argument("--windows", type=int, default=12, help="of each task")
    parser.add_argument("--out", type=Path, default=Path("results/sdemg_steps.csv"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    for needed in (weights_file(given.weights), given.corpus):
        if not needed.is_file():
            print(f"SDEMG in few steps was NOT MEASURED: {needed.name} is missing; `emgtut train sdemg` makes it.")
            return
    corpus, model = Corpus.open(given.corpus), network(given.weights)
    pairs = Validation(corpus, None, windows=given.windows).pairs
    noisy, clean = (np.concatenate(parts) for parts in zip(*pairs.values()))
    recordings = torch.from_numpy(noisy)

    def gain(estimate):
        clean64 = clean.astype(np.float64)
        return snr_db(clean64, estimate.double().numpy()) - snr_db(clean64, noisy.astype(np.float64))

    began = time.process_time()
    samples = [long_walks(model, recordings, seed) for seed in range(DRAWS)]
    one_sample = OVERLAP * (time.process_time() - began) / DRAWS / (noisy.size / 1000)
    fifty = np.mean([gain(sample) for sample in samples], axis=0)
    rows = []

    def tell(sampler, order, first, last, calls, walks, found, factor):
        lost = found - fifty
        row = {
            "sampler": sampler,
            "order": order,
            "first_level": first,
            "last_level": last,
            "calls": calls,
            "walks": walks,
        }
        row |= {"gain_db": found.mean()}
        row |= {f"gain_{task}_db": part.mean() for task, part in zip(pairs, np.split(found, len(pairs)))}
        row |= {"against_fifty_db": lost.mean(), "half_95_db": 1.96 * lost.std(ddof=1) / np.sqrt(lost.size)}
        rows.append(row | {"real_time_factor": factor})
        print("  ".join(f"{v:.3g}" if isinstance(v, float) else f"{v}" for v in rows[-1].values()), flush=True)

    print(
        "  ".join(
            ["sampler", "order", "first", "last", "calls", "walks", "gain (dB), by task", "against fifty +-", "factor"]
        )
    )
    tell("ancestral", 0, 0.001, 0.999, 50, 1, fifty, one_sample)
    tell("ancestral", 0, 0.001, 0.999, 50, DRAWS, gain(sum(samples) / DRAWS), DRAWS * one_sample)
    for order, first, last, calls, walks in SETTINGS:
        drawn = [short_walks(model, recordings, order, first, last, calls, walks, seed) for seed in range(DRAWS)]
        found = np.mean([gain(estimate) for estimate in drawn], axis=0)
        tell("short", order, first, last, calls, walks, found, real_time_factor(given.weights, calls, walks))
    told = {"command": "python benchmarks/sdemg.py", **stamp()}
    told["windows"] = f"validation part, {given.windows} of each task ({', '.join(pairs)})"
    told["data"] = f"corpus sha256 {corpus.about['sha256']} of {', '.join(corpus.about['datasets'])}"
    write_csv(given.out, pd.DataFrame(rows), told, digits=4)


if __name__ == "__main__":
    main()
