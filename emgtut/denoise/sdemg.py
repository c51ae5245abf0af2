"""SDEMG: a diffusion model that imagines clean sEMG, steered by the noisy recording.

Two streams of half-normalised filter blocks run side by side: one takes the diffused clean signal, the other the
recording. After every block of the first a bridge, tuned by the noise level, adds its result to the second. The second
ends in a guess of the noise.
"""

import torch
from torch import nn
from torch.nn import functional

from emgtut.denoise.diffusion import cosine_levels, diffuse, draw_levels
from emgtut.denoise.fcn import at_least
from emgtut.denoise.hnf import HNF, SHORTEST, kaiming, reflecting, stem

__all__ = ["SDEMG", "Bridge", "embed_level", "training_loss"]

_DILATIONS = (1, 2, 4, 2)
_LEVEL_SCALE = 100.0


def embed_level(level, width, *, scale=_LEVEL_SCALE):
    """Turn a noise level into sines and cosines of many periods.

    Parameters
    ----------
    level : Tensor, shape (n_windows,), dimensionless
        Noise levels between 0 and 1.
    width : int
        Length of the result (dimensionless), even.
    scale : float
        What levels are multiplied by (dimensionless). The published code has 1: all periods are then longer than the
        range of levels, and the vectors of two levels hardly differ.

    Returns
    -------
    Tensor, shape (n_windows, width), dimensionless
        One vector per level.

    Examples
    --------
    >>> v = torch.tensor([0.50, 0.52])
    >>> a, b = embed_level(v, 64, scale=1.0)
    >>> round(float((a - b).norm()), 3)
    0.03
    >>> a, b = embed_level(v, 64)
    >>> bool((a - b).norm() > 1)
    True

    Lesson
    ------
    16 SDEMG
    """
    rates = 10_000.0 ** (-torch.arange(width // 2, device=level.device, dtype=level.dtype) / (width // 2))
    angles = scale * level[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Bridge(nn.Module):
    """Carry a block's output to the other stream, scaled and shifted per channel as the noise level says.

    Parameters
    ----------
    width : int
        Channels and length of the level's vector (dimensionless).

    Examples
    --------
    >>> sum(p.numel() for p in Bridge(64).parameters())
    33024

    Lesson
    ------
    16 SDEMG
    """

    def __init__(self, width):
        super().__init__()
        self.before, self.after = reflecting(width, width, 3), reflecting(width, width, 3)
        self.tune = nn.Linear(width, 2 * width)

    def forward(self, x, embedded):
        """Carry x, shape (n_windows, width, n_samples); `embedded`, shape (n_windows, width)."""
        gain, shift = self.tune(embedded)[..., None].chunk(2, dim=1)
        return self.after((1 + gain) * self.before(x) + shift)


class SDEMG(nn.Module):
    """The noise-predicting network of SDEMG.

    Parameters
    ----------
    width : int
        Channels (dimensionless), a multiple of 4. 64 is the published size.
    faithful : bool
        Keep the faults of the published code: a last block in each stream that is built but never run (213,376 of
        1,233,857 parameters at width 64), a level that is hardly encoded, the wrap-around of training step 0, and
        first weights so large that the first guesses are off by a factor of ten and more. Otherwise 1,020,481
        parameters remain, all of them at work, and PyTorch chooses the first weights.
    tied_bridges : bool
        Use one bridge five times, as a later re-implementation does, unlike the authors. At width 64 with
        `faithful=True` that gives 1,101,761 parameters.

    References
    ----------
    [SDEMG2024]

    Examples
    --------
    >>> model = SDEMG(faithful=True)
    >>> sum(p.numel() for p in model.parameters()), sum(p.numel() for p in model.idle_parameters())
    (1233857, 213376)
    >>> SDEMG(16)(torch.zeros(2, 501), torch.tensor([0.1, 0.9]), torch.zeros(2, 501)).shape
    torch.Size([2, 501])

    Lesson
    ------
    16 SDEMG
    """

    def __init__(self, width=64, *, faithful=False, tied_bridges=False):
        super().__init__()
        self.width, self.faithful = width, faithful
        self.level_scale = 1.0 if faithful else _LEVEL_SCALE
        self.diffused = nn.ModuleList([stem(width), *(HNF(width, d) for d in _DILATIONS)])
        self.recording = nn.ModuleList([stem(width), *(HNF(width, d) for d in _DILATIONS)])
        n_stages = len(self.diffused)
        bridges = [Bridge(width)] * n_stages if tied_bridges else [Bridge(width) for _ in range(n_stages)]
        self.bridges = nn.ModuleList(bridges)
        self.idle = nn.ModuleList(HNF(width) for _ in range(2 if faithful else 0))
        self.output = reflecting(width, 1, 9)
        self.register_buffer("levels", cosine_levels(), persistent=False)
        if faithful:
            self.apply(kaiming)

    def idle_parameters(self):
        """Return the parameters that no signal ever passes: none unless `faithful`."""
        return list(self.idle.parameters())

    def forward(self, diffused, level, noisy):
        """Guess the noise in `diffused`, shape (n_windows, n_samples), at `level`, shape (n_windows,)."""
        n_samples = noisy.shape[-1]
        x, c = (at_least(signal, SHORTEST)[:, None] for signal in (diffused, noisy))
        embedded = embed_level(level, self.width, scale=self.level_scale)
        for x_stage, c_stage, bridge in zip(self.diffused, self.recording, self.bridges):
            x = x_stage(x)
            c = c_stage(c) + bridge(x, embedded)
        return self.output(c)[:, 0, :n_samples]


def training_loss(model, noisy, clean):
    """Mean squared error of the guessed noise at a random level, which PyTorch's own random numbers choose.

    Parameters
    ----------
    model : SDEMG
        Network.
    noisy : Tensor, shape (n_windows, n_samples), units of its standard deviation
        Noisy windows.
    clean : Tensor, shape (n_windows, n_samples), same unit
        Clean windows.

    Returns
    -------
    Tensor, shape (), dimensionless
        Loss; 1 is what a guess of "no noise" gives.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> loss = training_loss(SDEMG(8), torch.ones(2, 100), torch.zeros(2, 100))
    >>> loss.shape, bool(loss > 0)
    (torch.Size([]), True)

    Lesson
    ------
    16 SDEMG
    """
    level = draw_levels(model.levels.cpu(), len(clean), faithful=model.faithful).to(clean.device)
    noise = torch.randn_like(clean)
    return functional.mse_loss(model(diffuse(clean, noise, level), level, noisy), noise)
