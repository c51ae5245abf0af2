"""The hand-made judge that came before QASE-net, trained on the same mixtures: waveform lengths and three small layers.

This file needs torch.
"""

import numpy as np
import torch
from torch import nn

from emgtut.assess.qase_network import Wldnn
from emgtut.assess.qase_training import CHOICE, JUDGES, labelled
from emgtut.assess.waveform_length import waveform_lengths
from emgtut.learn import Recipe, fit, rng_for, seeded

__all__ = ["WaveformJudge", "train_baseline"]

POOL = 20_000  # windows; drawing one takes longer than a step of training
RECIPE = Recipe("wldnn", steps=12_000, batch=64, lr=5e-3, schedule="cosine", warmup=200, check_every=500)


class WaveformJudge(nn.Module):
    """Windows in, SNR out: `waveform_lengths`, one mean and one standard deviation for all of them, then `Wldnn`.

    Parameters
    ----------
    mean, sd : float, dimensionless
        Of all waveform lengths of the training windows.

    References
    ----------
    QASENet2024

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> WaveformJudge(0.4, 0.4)(np.random.default_rng(0).standard_normal((3, 4000))).shape
    torch.Size([3])
    """

    def __init__(self, mean, sd):
        super().__init__()
        self.mean, self.sd = float(mean), float(sd)
        self.net = Wldnn()

    def features(self, windows):
        """Standardised features, tensor of shape (n_windows, 50), of windows (n_windows, n_samples)."""
        return torch.as_tensor((waveform_lengths(np.asarray(windows)) - self.mean) / self.sd, dtype=torch.float32)

    def forward(self, windows):
        """Predict the SNR in dB, shape (n_windows,), of windows, shape (n_windows, n_samples)."""
        return self.net(self.features(windows))


def train_baseline(name, corpus, *, folder, pool=POOL, windows=512, progress=False, **changes):
    """Train the hand-made judge for the task of one of `JUDGES`.

    Parameters
    ----------
    name : str
        One of `JUDGES`.
    corpus : emgtut.contaminate.corpus.Corpus
        Material.
    folder : path
        Where checkpoint and log are kept.
    pool : int
        Training windows, drawn once.
    windows : int
        Validation windows that choose the weights.
    progress : bool
        Show a progress bar in a terminal.
    **changes
        Fields of the recipe to change.

    Returns
    -------
    model : WaveformJudge
    history : History

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> train_baseline("magic", None, folder="runs/magic")
    Traceback (most recent call last):
        ...
    ValueError: There is no judge called 'magic': choose one of qase_ecg, qase_mixture.
    """
    if name not in JUDGES:
        raise ValueError(f"There is no judge called {name!r}: choose one of {', '.join(JUDGES)}.")
    judge, recipe = JUDGES[name], RECIPE.but(**changes).fitted()
    rng = rng_for(recipe.seed, 0)
    drawn = [labelled(corpus, rng, 500, "train", judge, margin_db=judge.margin_db) for _ in range(-(-pool // 500))]
    lengths = np.concatenate([waveform_lengths(x) for x, _ in drawn])[:pool]
    truth_db = np.concatenate([y for _, y in drawn])[:pool].astype(np.float32)
    held, held_db = labelled(corpus, rng_for(CHOICE, 0), windows, "validation", judge)
    with seeded(recipe.seed):
        model = WaveformJudge(lengths.mean(), lengths.std())
    features = ((lengths - model.mean) / model.sd).astype(np.float32)
    chosen_on = model.features(held), torch.as_tensor(held_db, dtype=torch.float32)

    def batches(rng, step):
        rows = rng.integers(pool, size=recipe.batch)
        return features[rows], truth_db[rows]

    def loss(model, batch):
        return torch.mean((model.net(batch[0]) - batch[1]) ** 2)

    about = {"judge": name, "corpus": corpus.about["sha256"], "pool": pool, "windows": windows}
    history = fit(
        model, loss, batches, lambda model: float(loss(model, chosen_on)), recipe=recipe, folder=folder,
        progress=progress, about=about,
    )  # fmt: skip
    return model, history
