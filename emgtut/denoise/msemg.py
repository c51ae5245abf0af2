"""MSEMG: a Mamba layer between two half-normalised filter blocks.

The layer walks through the window once, from its first sample to its last, and remembers. So the network knows the
whole past, but only 38 samples of the future, those that its filters reach.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from emgtut.denoise.fcn import at_least, training_loss
from emgtut.denoise.hnf import HNF, SHORTEST, kaiming, reflecting, stem
from emgtut.denoise.scan import scan

__all__ = ["MSEMG", "Mamba", "RMSNorm", "training_loss"]


class RMSNorm(nn.Module):
    """Divide every time step by the root mean square of its channels and scale each channel by a learned factor.

    Parameters
    ----------
    width : int
        Channels (dimensionless).

    Examples
    --------
    >>> RMSNorm(2)(torch.tensor([[3.0, 4.0]])).square().mean().round(decimals=4).item()
    1.0

    Lesson
    ------
    17 MSEMG
    """

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        """Normalise x, shape (..., width)."""
        return x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt() * self.weight


class Mamba(nn.Module):
    """One Mamba layer: a gated selective scan, forwards in time.

    Parameters
    ----------
    width : int
        Channels in and out (dimensionless).
    expand : int
        How many times more channels are scanned (dimensionless).
    n_states : int
        Numbers of memory per scanned channel (dimensionless).
    taps : int
        Length of the causal filter before the scan in samples.

    References
    ----------
    [Mamba2023]

    Examples
    --------
    >>> layer = Mamba(64)
    >>> sum(p.numel() for p in layer.parameters())
    65280
    >>> layer(torch.zeros(2, 50, 64)).shape
    torch.Size([2, 50, 64])

    Lesson
    ------
    17 MSEMG
    """

    def __init__(self, width, *, expand=4, n_states=16, taps=4):
        super().__init__()
        inner, rank = expand * width, math.ceil(width / 16)
        self.split_dt = [rank, n_states, n_states]
        self.enter = nn.Linear(width, 2 * inner, bias=False)
        self.short = nn.Conv1d(inner, inner, taps, groups=inner, padding=taps - 1)
        self.select = nn.Linear(inner, rank + 2 * n_states, bias=False)
        self.step_size = nn.Linear(rank, inner)
        self.log_rates = nn.Parameter(torch.arange(1.0, n_states + 1).log().repeat(inner, 1))
        self.skip = nn.Parameter(torch.ones(inner))
        self.leave = nn.Linear(inner, width, bias=False)
        nn.init.uniform_(self.step_size.weight, -(rank**-0.5), rank**-0.5)
        first_steps = torch.exp(torch.empty(inner).uniform_(math.log(1e-3), math.log(1e-1))).clamp(min=1e-4)
        with torch.no_grad():
            self.step_size.bias.copy_(first_steps + torch.log(-torch.expm1(-first_steps)))  # inverse of softplus

    def forward(self, x):
        """Pass x, shape (n_windows, n_samples, width)."""
        u, gate = self.enter(x).chunk(2, dim=-1)
        u = self.short(u.transpose(1, 2))[..., : x.shape[1]]  # without the outputs that look past the end
        u = functional.silu(u).transpose(1, 2)
        dt, B, C = self.select(u).split(self.split_dt, dim=-1)
        dt = functional.softplus(self.step_size(dt))
        y = scan(u, dt, -self.log_rates.exp(), B, C) + self.skip * u
        return self.leave(y * functional.silu(gate))


class MSEMG(nn.Module):
    """MSEMG, from noisy windows to clean ones.

    Parameters
    ----------
    width : int
        Channels (dimensionless), a multiple of 4. The paper has 64, which gives 279,937 parameters; the course has 16.
    faithful : bool
        Start from the published first weights, so large that the first hundreds of steps are spent on making them
        smaller. Otherwise PyTorch chooses them. The number of parameters is the same.

    References
    ----------
    [MSEMG2025]

    Examples
    --------
    >>> model = MSEMG()
    >>> sum(p.numel() for p in model.parameters())
    279937
    >>> MSEMG(16)(torch.zeros(1, 501)).shape
    torch.Size([1, 501])

    Lesson
    ------
    17 MSEMG
    """

    def __init__(self, width=64, *, faithful=False):
        super().__init__()
        self.stem = stem(width)
        self.encoder = HNF(width)
        self.norm = RMSNorm(width)
        self.mamba = Mamba(width)
        self.decoder = HNF(width)
        self.output = reflecting(width, 1, 9)
        for part in (self.stem, self.encoder, self.decoder, self.output) if faithful else ():
            part.apply(kaiming)

    def forward(self, noisy):
        """Estimate the clean windows from noisy ones, shape (n_windows, n_samples), at unit standard deviation."""
        x = self.encoder(self.stem(at_least(noisy, SHORTEST)[:, None])).transpose(1, 2)
        x = (x + self.mamba(self.norm(x))).transpose(1, 2)
        return self.output(self.decoder(x))[:, 0, : noisy.shape[-1]]
