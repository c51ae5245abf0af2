"""QASE-net made usable: the network, and what was measured about it after training, in one module.

A network that gives a number gives it for anything. What it knows about itself is measured on validation data and kept
beside its weights: a line that takes out its bias, its spread as a function of its own prediction, and the cloud of
signals it was trained on. This file needs torch.
"""

import numpy as np
import torch
from torch import nn

from emgtut.assess.familiarity import N_TRAITS, Cloud, traits
from emgtut.assess.qase_network import QaseNet

__all__ = ["QasePredictor"]

KNOTS = 16  # points of the spread curve
FS = 1000.0


class QasePredictor(nn.Module):
    """A trained QASE-net with its calibration.

    Parameters
    ----------
    low_db, high_db : float
        SNR range in dB that it was trained for.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> net = QasePredictor(-15.0, 0.0).eval()
    >>> snr_db, sd = net(torch.zeros(3, 4000))
    >>> snr_db.shape, sd.shape
    (torch.Size([3]), torch.Size([3]))
    """

    def __init__(self, low_db, high_db):
        super().__init__()
        self.low_db, self.high_db = float(low_db), float(high_db)
        self.net = QaseNet()
        self.register_buffer("line", torch.tensor([1.0, 0.0]))
        self.register_buffer("knots_db", torch.linspace(self.low_db, self.high_db, KNOTS))
        self.register_buffer("spread_db", torch.ones(KNOTS))
        self.register_buffer("centre", torch.zeros(N_TRAITS))
        self.register_buffer("whiten", torch.eye(N_TRAITS))
        self.register_buffer("far", torch.tensor(1.0))

    def forward(self, x):
        """Return SNR and its standard deviation in dB, each (n_windows,), of windows (n_windows, n_samples)."""
        snr_db = self.line[0] * self.net(x) + self.line[1]
        at = np.interp(snr_db.detach().numpy(), self.knots_db.numpy(), self.spread_db.numpy())  # ends: the last value
        return snr_db, torch.from_numpy(at.astype(np.float32))

    def distance(self, windows):
        """Distance from the training data of windows, shape (..., n_samples), at 1 kHz: above 1 is outside."""
        cloud = Cloud(self.centre.double().numpy(), self.whiten.double().numpy(), self.far)
        return cloud.distance(traits(windows, fs=FS))

    def calibrate(self, known, held, truth_db):
        """Measure bias, spread and reach.

        `known` are training windows and `held` validation windows, arrays of shape (n, n_samples); `truth_db` is the
        SNR of the held ones.
        """
        with torch.no_grad():
            raw = self.net(torch.as_tensor(held)).numpy().astype(np.float64)
        slope, offset = np.polyfit(raw, truth_db, 1)
        predicted = slope * raw + offset
        groups = np.array_split(np.argsort(predicted), KNOTS)
        cloud = Cloud.around(traits(known, fs=FS), traits(held, fs=FS))
        self.line.copy_(torch.tensor([slope, offset]))
        self.knots_db.copy_(torch.tensor([predicted[g].mean() for g in groups]))
        self.spread_db.copy_(torch.tensor([np.sqrt(np.mean((predicted - truth_db)[g] ** 2)) for g in groups]))
        self.centre.copy_(torch.from_numpy(cloud.centre))
        self.whiten.copy_(torch.from_numpy(cloud.whiten))
        self.far.fill_(cloud.far)
