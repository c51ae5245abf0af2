"""The causal form of this course's network: for a signal that is still arriving.

Every frame of 16 ms it takes the newest 64 ms of the high-passed signal, divides them by a running level, passes
them through residual blocks that remember the past, and adds its correction to the last 32 ms. So the estimate of
a moment is complete at most 31 ms after it.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from emgtut.denoise.tcn import Block, training_loss

__all__ = ["DECAY", "DILATIONS", "HOP", "LOOK_AHEAD", "CausalTCN", "highpass_taps", "training_loss"]

FS = 1000.0  # Hz
HIGHPASS_HZ, HIGHPASS_TAPS = 20.0, 161  # the response of a Butterworth filter of order 2 has died out by then
WINDOW, HOP, RENEWED = 64, 16, 32  # samples: what a frame sees, how often it comes, what it corrects
LOOK_AHEAD = RENEWED - 1  # samples
DECAY = math.exp(-HOP / 500)  # of the running power, per frame: it forgets in half a second
DILATIONS = (1, 2, 4, 8, 16, 1, 4, 16)
TINY = 1e-12  # a power; keeps silence from being divided by zero


def highpass_taps():
    """Return a causal 20 Hz high-pass as a filter of finite length that stops a constant exactly.

    Returns
    -------
    ndarray, shape (161,), dimensionless
        Impulse response of a Butterworth filter of order 2, cut where it has died out, with zero sum.

    Examples
    --------
    >>> bool(abs(highpass_taps().sum()) < 1e-12)
    True

    Lesson
    ------
    18b TCN
    """
    import numpy as np
    from scipy.signal import sosfilt

    from emgtut.signals import butterworth

    impulse = np.zeros(HIGHPASS_TAPS)
    impulse[0] = 1.0
    taps = sosfilt(butterworth(2, HIGHPASS_HZ, "highpass", fs=FS), impulse)
    return taps - taps.mean()


class CausalTCN(nn.Module):
    """A causal high-pass and a causal temporal convolutional network that corrects it.

    Parameters
    ----------
    width : int
        Channels (dimensionless).

    Examples
    --------
    >>> CausalTCN(8)(torch.zeros(1, 501)).shape
    torch.Size([1, 501])

    Lesson
    ------
    18b TCN
    """

    SHORTEST = 1  # samples

    def __init__(self, width=64):
        super().__init__()
        taps = torch.tensor(highpass_taps()[::-1].copy(), dtype=torch.float32)
        self.register_buffer("highpass", taps[None, None], persistent=False)
        self.encoder = nn.Conv1d(1, width, WINDOW, HOP)
        self.blocks = nn.Sequential(*(Block(width, dilation, causal=True) for dilation in DILATIONS))
        self.mask = nn.Conv1d(width, width, 1)
        self.addition = nn.Conv1d(width, width, 1)
        self.decoder = nn.ConvTranspose1d(width, 1, RENEWED, HOP, bias=False)
        nn.init.normal_(self.decoder.weight, std=0.02)

    def forward(self, noisy):
        """Estimate the clean windows from noisy ones, shape (n_windows, n_samples), in any unit; not delayed."""
        n_samples = noisy.shape[-1]
        high = self.filtered(noisy)
        windows = functional.pad(high, (WINDOW - HOP, -n_samples % HOP)).unfold(-1, WINDOW, HOP)
        level = running_level(windows[..., -HOP:].square().mean(-1))
        with torch.autocast(noisy.device.type, enabled=False):  # the wave itself is kept exact
            scaled = (windows / level[..., None]).transpose(1, 2)
            encoded = torch.einsum("cw,bwf->bcf", self.encoder.weight[:, 0], scaled) + self.encoder.bias[:, None]
        seen = self.blocks(encoded)
        chosen = torch.sigmoid(self.mask(seen)) * encoded + self.addition(seen)
        with torch.autocast(noisy.device.type, enabled=False):
            correction = self.decoder(chosen.float() * level[:, None])[:, 0]
        return high + correction[..., RENEWED - HOP :][..., :n_samples]

    def filtered(self, noisy):
        """High-pass each window, as if its first sample had always been there, shape (n_windows, n_samples)."""
        before = noisy[..., :1].expand(-1, HIGHPASS_TAPS - 1)
        with torch.autocast(noisy.device.type, enabled=False):
            return functional.conv1d(torch.cat([before, noisy], -1)[:, None], self.highpass)[:, 0]


def running_level(power):
    """Root of the mean power so far, where the past counts less and less.

    Parameters
    ----------
    power : Tensor, shape (n_windows, n_frames), any unit squared
        Mean power of each frame.

    Returns
    -------
    Tensor, shape (n_windows, n_frames), that unit
        Level at each frame, from this frame and those before.

    Examples
    --------
    >>> running_level(torch.full((1, 3), 4.0))
    tensor([[2., 2., 2.]])

    Lesson
    ------
    18b TCN
    """
    frame = torch.arange(power.shape[-1], device=power.device)
    age = frame[:, None] - frame
    weight = torch.where(age >= 0, DECAY ** age.clamp(min=0).to(power), 0.0)
    with torch.autocast(power.device.type, enabled=False):
        return (power @ (weight / weight.sum(-1, keepdim=True)).T + TINY).sqrt()
