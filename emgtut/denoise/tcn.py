"""TCN, the network of this course: a temporal convolutional network that corrects a high-pass filter.

It starts from what everybody uses. The signal passes a 40 Hz high-pass without phase shift; the network sees the signal
and the filtered signal, each at its own level, and adds what the filter got wrong: it takes out what it let through of
heart and hum, and puts back what it took from the muscle. Before the first training step it is nearly the filter.

In between everything happens at one eighth of the rate: a learned filter bank, residual blocks of dilated
convolutions that together see more than a heartbeat, a mask on the filter bank and something to add to it.
"""

import torch
from torch import nn
from torch.nn import functional

from emgtut.denoise.fcn import at_least

__all__ = ["TCN", "Block", "training_loss"]

FS = 1000.0  # Hz
HIGHPASS_HZ = 40.0
HIGHPASS_TAPS = 129
FLOOR = 1e-3  # an error of -30 dB counts half: what is nearly perfect need not become more so
PER_DEVIATION_DB = 20.0  # what a mean error of one standard deviation of the noisy window costs besides


class Block(nn.Module):
    """One residual block: normalise each moment, convolve three moments that lie `dilation` apart, mix, add.

    The normalisation takes the channels of one moment only, so a block does not care how long the signal is.

    Parameters
    ----------
    width : int
        Channels (dimensionless).
    dilation : int
        Distance of the three taps in frames.
    causal : bool
        Look at this moment and two past ones, instead of one before and one after.

    Examples
    --------
    >>> Block(8, 4)(torch.zeros(2, 8, 50)).shape
    torch.Size([2, 8, 50])

    Lesson
    ------
    18b TCN
    """

    def __init__(self, width, dilation, *, causal=False):
        super().__init__()
        self.past = 2 * dilation if causal else 0
        self.look = nn.Conv1d(width, width, 3, dilation=dilation, padding=0 if causal else dilation)
        self.mix = nn.Conv1d(width, width, 1)
        nn.init.normal_(self.mix.weight, std=0.3 * width**-0.5)  # small: a new block changes little
        nn.init.zeros_(self.mix.bias)

    def forward(self, x):
        """Refine x, shape (n_windows, width, n_frames)."""
        even = x * (x.square().mean(1, keepdim=True) + 1e-5).rsqrt()
        return x + self.mix(functional.silu(self.look(functional.pad(even, (self.past, 0)) if self.past else even)))


class TCN(nn.Module):
    """A high-pass filter and a temporal convolutional network that corrects it.

    Parameters
    ----------
    width : int
        Channels (dimensionless).

    Examples
    --------
    >>> model = TCN()
    >>> sum(p.numel() for p in model.parameters()) < 300_000
    True
    >>> model(torch.zeros(1, 501)).shape
    torch.Size([1, 501])

    Lesson
    ------
    18b TCN
    """

    SHORTEST = HIGHPASS_TAPS // 2 + 1  # samples; the filter mirrors that much at the ends
    KERNEL, STRIDE = 32, 8  # samples; of the filter bank and of its way back
    DILATIONS = (1, 2, 4, 8, 16, 32, 1, 4, 16)

    def __init__(self, width=80):
        super().__init__()
        self.register_buffer("highpass", _highpass(), persistent=False)
        self.encoder = nn.Conv1d(2, width, self.KERNEL, self.STRIDE)
        self.blocks = nn.Sequential(*(Block(width, dilation) for dilation in self.DILATIONS))
        self.mask = nn.Conv1d(width, width, 1)
        self.addition = nn.Conv1d(width, width, 1)
        self.decoder = nn.ConvTranspose1d(width, 1, self.KERNEL, self.STRIDE, bias=False)
        nn.init.normal_(self.decoder.weight, std=0.02)

    def forward(self, noisy):
        """Estimate the clean windows from noisy ones, shape (n_windows, n_samples), at unit standard deviation."""
        x = at_least(noisy, self.SHORTEST)[:, None]
        reach = HIGHPASS_TAPS // 2
        high = functional.conv1d(functional.pad(x, (reach, reach), mode="reflect"), self.highpass)
        level = (high.square().mean(-1, keepdim=True) + 1e-8).sqrt()
        correction = self._correct(torch.cat([x, high / level], dim=1))
        return (high + level * correction)[:, 0, : noisy.shape[-1]]

    def _correct(self, views):
        """What to add to the high-pass, in units of its level, shape (n_windows, 1, n_samples)."""
        n_samples = views.shape[-1]
        side = (self.KERNEL - self.STRIDE) // 2
        with torch.autocast(views.device.type, enabled=False):  # the wave itself is kept exact
            encoded = self.encoder(functional.pad(views, (side, side + -n_samples % self.STRIDE)))
        seen = self.blocks(encoded)
        chosen = torch.sigmoid(self.mask(seen)) * encoded + self.addition(seen)
        with torch.autocast(views.device.type, enabled=False):
            return self.decoder(chosen.float())[..., side : side + n_samples]


def _highpass():
    from scipy.signal import firwin

    taps = firwin(HIGHPASS_TAPS, HIGHPASS_HZ, pass_zero=False, fs=FS)
    return torch.tensor(taps, dtype=torch.float32)[None, None]


def training_loss(model, noisy, clean):
    """Minus the SNR of the estimate, the very thing that is reported, and a little of the mean absolute error.

    The logarithm lets a window of -15 dB count as much as one of 15 dB, and pulls hardest where little is wrong. The
    absolute error pulls everywhere alike; with it the network learns faster.

    Parameters
    ----------
    model : torch.nn.Module
        Network from noisy windows to estimates.
    noisy : Tensor, shape (n_windows, n_samples), units of its standard deviation
        Noisy windows.
    clean : Tensor, shape (n_windows, n_samples), same unit
        What should come out.

    Returns
    -------
    Tensor, shape (), dB
        Loss; never below -30.

    Examples
    --------
    >>> clean = torch.ones(1, 4)
    >>> round(training_loss(lambda noisy: 0.9 * noisy, clean, clean).item(), 1)  # -20 dB, the floor, 20 dB x 0.1
    -17.6

    Lesson
    ------
    18b TCN
    """
    error = model(noisy).float() - clean
    ratio = error.square().sum(-1) / clean.square().sum(-1)
    return 10 * torch.log10(ratio + FLOOR).mean() + PER_DEVIATION_DB * error.abs().mean()
