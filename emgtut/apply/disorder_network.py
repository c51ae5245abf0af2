"""SpectroEMG-Net-like: three small convolution blocks, one attention layer, a mean, three classes. 44,675 parameters.

"Like", because what could be read of the published network says convolutions, attention and two input pictures, and no
width, no number of layers and no kind of attention. Those are ours. This file needs torch.
"""

import numpy as np
import torch
from torch import nn

__all__ = ["SpectroNet"]


class SpectroNet(nn.Module):
    """Log spectrogram and delta in, one score for each class out.

    Each block halves frequency and time, so that one token of the attention stands for 8 bins and 8 frames.

    Parameters
    ----------
    classes : int
        Number of classes.
    dropout : float
        Share of the head's inputs that is dropped in training (dimensionless).

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.learn import count_parameters
    >>> network = SpectroNet()
    >>> count_parameters(network)
    44675
    >>> network.eval()(torch.zeros(2, 2, 128, 77)).shape
    torch.Size([2, 3])
    """

    def __init__(self, classes=3, dropout=0.3):
        super().__init__()
        self.register_buffer("mean", torch.zeros(2, 1, 1))
        self.register_buffer("sd", torch.ones(2, 1, 1))
        blocks = [_block(before, after) for before, after in ((2, 16), (16, 32), (32, 64))]
        self.blocks = nn.Sequential(*blocks)
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.norm = nn.LayerNorm(64)
        self.head = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, classes))

    def standardise(self, pictures):
        """Take mean and spread of every bin from training pictures, shape (n, 2, n_bins, n_frames)."""
        pictures = np.asarray(pictures)
        self.mean = torch.as_tensor(pictures.mean(axis=(0, 3), dtype=np.float64)[..., None]).float()
        self.sd = torch.as_tensor(pictures.std(axis=(0, 3), dtype=np.float64)[..., None] + 1e-6).float()
        return self

    def describe(self, pictures):
        """Mean over the attended tokens, shape (n, 64): what the head reads."""
        tokens = self.blocks((pictures - self.mean) / self.sd).flatten(2).transpose(1, 2)
        attended, _ = self.attention(tokens, tokens, tokens, need_weights=False)
        return self.norm(tokens + attended).mean(dim=1)

    def forward(self, pictures):
        """Score the classes, shape (n, n_classes), of pictures, shape (n, 2, n_bins, n_frames)."""
        return self.head(self.describe(pictures))


def _block(before, after):
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)
    )
