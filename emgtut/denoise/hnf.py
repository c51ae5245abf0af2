"""The half-normalised filter block that SDEMG and MSEMG are built of, and the layers around it.

It comes from a score-based ECG denoiser: filters of four lengths side by side, then instance normalisation on one half
of the channels only. The other half keeps the level of the signal, which normalisation would wipe out.
"""

import torch
from torch import nn
from torch.nn import functional

__all__ = ["HNF", "SHORTEST", "kaiming", "reflecting", "stem"]

SHORTEST = 29  # samples; the widest reflection (kernel 15, dilation 4) mirrors 28 samples at the first
_KERNELS = (3, 5, 9, 15)


def reflecting(inputs, outputs, kernel, dilation=1):
    """Return a convolution that keeps the length: the ends are mirrored."""
    padding = dilation * (kernel - 1) // 2
    return nn.Conv1d(inputs, outputs, kernel, padding=padding, dilation=dilation, padding_mode="reflect")


def stem(width):
    """Return the first layer: one channel in, `width` channels out, kernel 9."""
    return nn.Sequential(reflecting(1, width, 9), nn.LeakyReLU(0.2))


def kaiming(module):
    """Give a convolution Kaiming-normal weights and no bias; leave every other layer as PyTorch made it."""
    if isinstance(module, nn.Conv1d):
        nn.init.kaiming_normal_(module.weight)
        nn.init.zeros_(module.bias)


class HNF(nn.Module):
    """Half-normalised filter block, `width` channels in and out, with 26·width² + 3·width parameters.

    Instance normalisation takes mean and standard deviation over the whole window: through them every output sample
    depends on every input sample, and the result on the window's length. It also cancels the biases of the channels
    that it normalises, half of `mix.bias`.

    Parameters
    ----------
    width : int
        Channels (dimensionless), a multiple of 4.
    dilation : int
        Spacing of the four parallel filters' taps in samples.

    References
    ----------
    [DeScoD2024]

    Examples
    --------
    >>> block = HNF(64)
    >>> sum(p.numel() for p in block.parameters())
    106688
    >>> block(torch.zeros(2, 64, 100)).shape
    torch.Size([2, 64, 100])

    Lesson
    ------
    16 SDEMG
    """

    def __init__(self, width, dilation=1):
        super().__init__()
        self.filters = nn.ModuleList(reflecting(width, width // 4, k, dilation) for k in _KERNELS)
        self.mix = reflecting(width, width, 9)
        self.normalise = nn.InstanceNorm1d(width // 2)
        self.last = reflecting(width, width, 9)

    def forward(self, x):
        """Filter x, shape (n_windows, width, n_samples), and add it to the result."""
        y = self.mix(torch.cat([f(x) for f in self.filters], dim=1))
        normalised, untouched = y.chunk(2, dim=1)
        y = torch.cat([self.normalise(normalised), untouched], dim=1)
        y = self.last(functional.leaky_relu(y, 0.2))
        return x + functional.leaky_relu(y, 0.2)
