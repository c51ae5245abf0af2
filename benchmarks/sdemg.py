"""SDEMG in few steps: how much is lost against fifty, and how fast it is.

Run: OMP_NUM_THREADS=1 python benchmarks/sdemg.py [WEIGHTS] [CORPUS]. WEIGHTS is a name or a .safetensors file, CORPUS a
training corpus; both default to what `emgtut train sdemg` uses. Only windows of the validation part are looked at.

The gain in SNR is the mean over windows, each result against the published sampler's on the same windows: fifty
ancestral steps, one sample. The real-time factor is that of the whole denoiser on one recording of ten seconds, in
processor time on one thread: windows overlap, so it is about 1.25 times that of the network calls.
"""

import importlib
import sys
import time
from pathlib import Path

import numpy as np
import torch

from emgtut.assess.metrics import snr_db
from emgtut.contaminate.corpus import Corpus
from emgtut.denoise.diffusion import ancestral, deterministic, few_levels
from emgtut.denoise.networks import SDEMG
from emgtut.denoise.training import Validation
from emgtut.learn import load_weights, read_card
from emgtut.learn.cards import weights_file

WINDOWS = 24  # of each task
LIMIT = 12.0  # units of the noisy window's deviation; the published 1 is in units of the recording's largest value


def network(weights):
    card = read_card(weights)
    module, _, name = card.model.rpartition(".")
    model = getattr(importlib.import_module(module), name)(**card.settings)
    load_weights(weights, model)
    return model


def short_walks(model, noisy, calls, samples, order, first):
    noise = torch.randn(samples, noisy.shape[-1], generator=torch.Generator().manual_seed(0))
    walks = deterministic(
        model,
        noisy.repeat_interleave(samples, dim=0),
        noise.repeat(len(noisy), 1),
        levels=few_levels(calls, first=first),
        order=order,
    )
    return walks.reshape(len(noisy), samples, -1).mean(dim=1)


def real_time_factor(weights, calls, samples):
    denoiser = SDEMG(weights=weights, calls=calls, samples=samples)
    x = np.random.default_rng(0).standard_normal(10_000)
    taken = []
    for _ in range(3):
        began = time.process_time()
        denoiser(x, fs=1000)
        taken.append((time.process_time() - began) / 10)
    return min(taken[1:])


def main():
    torch.set_num_threads(1)
    weights = sys.argv[1] if len(sys.argv) > 1 else "sdemg"
    path = sys.argv[2] if len(sys.argv) > 2 else "runs/corpus.npz"
    for needed in (weights_file(weights), Path(path)):
        if not needed.is_file():
            print(f"SDEMG in few steps was NOT MEASURED: {needed.name} is missing; train it with `emgtut train sdemg`.")
            return
    corpus = Corpus.open(path)
    model = network(weights)
    pairs = Validation(corpus, None, windows=WINDOWS).pairs
    noisy, clean = (np.concatenate(parts) for parts in zip(*pairs.values()))
    given = torch.from_numpy(noisy)

    def gain(estimate):
        clean64 = clean.astype(np.float64)
        return snr_db(clean64, estimate.double().numpy()) - snr_db(clean64, noisy.astype(np.float64))

    began = time.process_time()
    fifty = gain(ancestral(model, given, limit=LIMIT, generator=torch.Generator().manual_seed(0)))
    factor = (time.process_time() - began) / (noisy.size / 1000)
    print(f"50 ancestral steps: {fifty.mean():.2f} dB, real-time factor {factor:.2f} without overlap", flush=True)
    print("order  first level  calls samples   gain   against 50 steps (95 %)   real-time factor")
    for order, first, calls, samples in [
        (1, 0.15, 4, 1), (1, 0.15, 6, 1), (2, 0.15, 4, 1), (2, 0.15, 6, 1), (2, 0.15, 2, 2), (2, 0.15, 3, 2),
        (2, 0.15, 2, 3), (2, 0.15, 4, 4), (2, 0.03, 3, 2), (2, 0.06, 3, 2), (2, 0.1, 3, 2), (2, 0.25, 3, 2),
    ]:  # fmt: skip
        found = gain(short_walks(model, given, calls, samples, order, first))
        lost = found - fifty
        error = 1.96 * lost.std(ddof=1) / np.sqrt(lost.size)
        factor = real_time_factor(weights, calls, samples)
        print(
            f"{order:5d}  {first:11.2f}  {calls:5d} {samples:7d}  {found.mean():5.2f}   "
            f"{lost.mean():+5.2f} +- {error:.2f}                 {factor:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
