"""TrustEMG-Net: a U-Net whose middle layer is masked by a Transformer.

The U-Net shortens the window to about 56 steps of many channels. A Transformer looks at all of them at once and
decides, number by number, what to let through: a mask between 0 and 1. The variant called direct mapping replaces the
numbers instead; it has exactly as many parameters.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from emgtut.denoise.fcn import at_least, down, training_loss, up, xavier

__all__ = ["Position", "TrustEMG", "training_loss"]


class Position(nn.Module):
    """Add to each time step a vector that says where in the window it is: sines and cosines of many periods.

    Parameters
    ----------
    width : int
        Length of the vectors (dimensionless), even.
    by_batch : bool
        Count windows in the batch instead of steps in time, the fault of the published code: all steps of a window get
        the same vector, and what a window becomes depends on its place in the batch.

    Examples
    --------
    >>> x = torch.zeros(2, 3, 4)  # two windows, three time steps, four channels
    >>> Position(4).eval()(x)[0, :, 0]
    tensor([0.0000, 0.8415, 0.9093])
    >>> Position(4, by_batch=True).eval()(x)[:, :, 0]
    tensor([[0.0000, 0.0000, 0.0000],
            [0.8415, 0.8415, 0.8415]])

    Lesson
    ------
    18 TrustEMG-Net
    """

    def __init__(self, width, *, by_batch=False):
        super().__init__()
        self.by_batch = by_batch
        self.dropout = nn.Dropout(0.1)
        periods = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
        self.register_buffer("rates", periods, persistent=False)

    def forward(self, x):
        """Add the vectors to x, shape (n_windows, n_steps, width)."""
        count = x.shape[0] if self.by_batch else x.shape[1]
        angles = torch.arange(count, device=x.device, dtype=x.dtype)[:, None] * self.rates
        table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)
        return self.dropout(x + (table[:, None] if self.by_batch else table))


class _UpBesideSkip(nn.Module):
    """Double the rate, put the encoder's output of that rate beside it, and let a convolution merge the two."""

    def __init__(self, inputs):
        super().__init__()
        outputs = inputs // 2
        self.lengthen = up(inputs, outputs, 8, 2, nn.ReLU())
        merge = nn.Conv1d(inputs, outputs, 8, padding=4)
        self.merge = nn.Sequential(merge, nn.BatchNorm1d(outputs), nn.ReLU())

    def forward(self, x, skip):
        x = self.lengthen(x)
        missing = skip.shape[-1] - x.shape[-1]  # negative: cut
        x = functional.pad(x, (missing // 2, missing - missing // 2))
        return self.merge(torch.cat([x, skip], dim=1))


class TrustEMG(nn.Module):
    """TrustEMG-Net, from noisy windows to clean ones.

    Parameters
    ----------
    width : int
        Channels of the first layer (dimensionless); each of the four further ones doubles them. The paper has 64,
        which gives 25,124,289 parameters; the course has 16, which gives 1,574,769.
    masking : bool
        Mask the middle layer (the paper's proposal) or, if False, replace it. The number of parameters is the same.
    faithful : bool
        Keep two faults of the published code: positions are counted along the batch, and a batch of one loses its
        first axis. Neither changes the number of parameters.

    References
    ----------
    [TrustEMG2025]

    Examples
    --------
    >>> model = TrustEMG(width=4)
    >>> model(torch.zeros(1, 501)).shape
    torch.Size([1, 501])
    >>> TrustEMG(width=4, faithful=True)(torch.zeros(1, 501)).shape
    torch.Size([501])

    Lesson
    ------
    18 TrustEMG-Net
    """

    SHORTEST = 218  # samples; five times kernel 8, stride 2

    def __init__(self, width=64, *, masking=True, faithful=False):
        super().__init__()
        self.masking, self.faithful = masking, faithful
        widths = [width * 2**i for i in range(5)]
        self.encoder = nn.ModuleList(down(i, o, 8, 2, nn.ReLU()) for i, o in zip([1, *widths], widths))
        deepest = widths[-1]
        self.position = Position(deepest, by_batch=faithful)
        self.transformer = nn.TransformerEncoderLayer(deepest, 8, 2 * deepest, dropout=0.1, batch_first=True)
        self.decoder = nn.ModuleList(_UpBesideSkip(c) for c in widths[:0:-1])
        self.output = nn.ConvTranspose1d(width, 1, 8, 2)
        self.apply(xavier)

    def middle(self, x):
        """Return what the Transformer makes of the middle layer x, shape (n_windows, channels, n_steps)."""
        mapped = self.transformer(self.position(x.transpose(1, 2))).transpose(1, 2)
        return x * mapped.sigmoid() if self.masking else mapped

    def forward(self, noisy):
        """Estimate the clean windows from noisy ones, shape (n_windows, n_samples), at unit standard deviation."""
        x = at_least(noisy, self.SHORTEST)[:, None]
        skips = []
        for stage in self.encoder:
            x = stage(x)
            skips.append(x)
        x = self.middle(skips.pop())
        for stage in self.decoder:
            x = stage(x, skips.pop())
        x = self.output(x)[..., : noisy.shape[-1]]
        return x.squeeze() if self.faithful else x[:, 0]
