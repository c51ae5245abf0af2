"""Two fully convolutional networks that papers call FCN: one of 0.14, one of 11.2 million parameters.

Both shorten the signal with strided convolutions, lengthen it again with transposed ones and know nothing else: no
skips, no attention. What they can use of the past and the future is set by kernel sizes and strides alone.
"""

from torch import nn
from torch.nn import functional

__all__ = ["FCN", "BenchmarkFCN", "at_least", "down", "training_loss", "up", "xavier"]


def at_least(x, shortest):
    """Append zeros to a signal that is shorter than a network can take.

    Parameters
    ----------
    x : Tensor, shape (..., n_samples), dimensionless
        Signal.
    shortest : int
        Fewest samples that the network can take.

    Returns
    -------
    Tensor, shape (..., max(n_samples, shortest)), dimensionless
        The signal, and zeros if it was too short.

    Examples
    --------
    >>> import torch
    >>> at_least(torch.ones(1, 2), 3)
    tensor([[1., 1., 0.]])

    Lesson
    ------
    15 FCN
    """
    return functional.pad(x, (0, max(0, shortest - x.shape[-1])))


def down(inputs, outputs, kernel, stride, activation):
    """Return convolution, batch normalisation and activation: one step towards the middle of the network."""
    return nn.Sequential(nn.Conv1d(inputs, outputs, kernel, stride), nn.BatchNorm1d(outputs), activation)


def up(inputs, outputs, kernel, stride, activation, *, output_padding=0):
    """Return transposed convolution, batch normalisation and activation: one step back to the full rate."""
    lengthen = nn.ConvTranspose1d(inputs, outputs, kernel, stride, output_padding=output_padding)
    return nn.Sequential(lengthen, nn.BatchNorm1d(outputs), activation)


def xavier(module):
    """Give a plain convolution Xavier-uniform weights and no bias; leave every other layer as PyTorch made it."""
    if isinstance(module, nn.Conv1d):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


class FCN(nn.Module):
    """The fully convolutional network of the ECG-removal paper, exactly.

    Three convolutions and four transposed ones with kernel 16. The middle holds 20 channels at a quarter of the rate:
    five times as many numbers as went in, so nothing is squeezed out by size. An output sample sees about 0.12 s of
    past and 0.10 s of future, less than one heart beat.

    Parameters
    ----------
    width : int
        Channels of the outermost layers (dimensionless), a multiple of 4; the paper has 80.

    References
    ----------
    [FCN2023]

    Examples
    --------
    >>> import torch
    >>> model = FCN()
    >>> sum(p.numel() for p in model.parameters())
    137801
    >>> model(torch.zeros(1, 501)).shape
    torch.Size([1, 501])

    Lesson
    ------
    15 FCN
    """

    SHORTEST = 106  # samples; the third kernel needs 16 of the values that two halvings leave

    def __init__(self, width=80):
        super().__init__()
        wide, middle, narrow = width, width // 2, width // 4
        self.encoder = nn.Sequential(
            down(1, wide, 16, 2, nn.ELU()),
            down(wide, middle, 16, 2, nn.ELU()),
            down(middle, narrow, 16, 1, nn.ELU()),
        )
        self.decoder = nn.Sequential(
            up(narrow, narrow, 16, 1, nn.ELU()),
            up(narrow, middle, 16, 2, nn.ELU()),
            up(middle, wide, 16, 2, nn.ELU()),
            nn.ConvTranspose1d(wide, 1, 16),
        )
        self.apply(xavier)

    def forward(self, noisy):
        """Estimate the clean windows from noisy ones, shape (n_windows, n_samples), at unit standard deviation."""
        x = at_least(noisy, self.SHORTEST)[:, None]
        return self.decoder(self.encoder(x))[:, 0, : noisy.shape[-1]]  # what is too long is cut from the end


class BenchmarkFCN(nn.Module):
    """The other network called FCN: the U-Net of TrustEMG-Net without its skips, used in a later benchmark.

    Five convolutions and five transposed ones with kernel 8 and stride 2.

    Parameters
    ----------
    width : int
        Channels of the first layer (dimensionless); every further layer doubles them. The benchmark has 64.
    faithful : bool
        Keep the output padding that the authors tuned to 2,000 samples. It shifts the decoder against the encoder, and
        500 samples in give 498 out. Otherwise each stage returns to the length it came from, which costs no parameter.

    Examples
    --------
    >>> import torch
    >>> model = BenchmarkFCN(width=4)
    >>> model(torch.zeros(2, 501)).shape
    torch.Size([2, 501])

    Lesson
    ------
    15 FCN
    """

    SHORTEST = 218  # samples; five times kernel 8, stride 2

    def __init__(self, width=64, *, faithful=False):
        super().__init__()
        widths = [width * 2**i for i in range(5)]
        extra = (1, 1, 0, 0) if faithful else (0, 0, 0, 0)
        self.faithful = faithful
        self.encoder = nn.ModuleList(down(i, o, 8, 2, nn.ReLU()) for i, o in zip([1, *widths], widths))
        self.decoder = nn.ModuleList(
            up(i, o, 8, 2, nn.ReLU(), output_padding=p) for i, o, p in zip(widths[::-1], widths[-2::-1], extra)
        )
        self.output = nn.ConvTranspose1d(width, 1, 8, 2)
        self.apply(xavier)

    def forward(self, noisy):
        """Estimate the clean windows from noisy ones, shape (n_windows, n_samples), at unit standard deviation."""
        x = noisy[:, None] if self.faithful else at_least(noisy, self.SHORTEST)[:, None]
        lengths = []
        for stage in self.encoder:
            lengths.append(x.shape[-1])
            x = stage(x)
        for (lengthen, *rest), length in zip(self.decoder, lengths[:0:-1]):
            x = lengthen(x) if self.faithful else lengthen(x, output_size=[length])
            for layer in rest:
                x = layer(x)
        x = self.output(x) if self.faithful else self.output(x, output_size=[lengths[0]])
        return x[:, 0, : noisy.shape[-1]]


def training_loss(model, noisy, clean):
    """Mean absolute error between the network's estimate and the clean signal.

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
    Tensor, shape (), same unit
        Loss.

    Examples
    --------
    >>> import torch
    >>> training_loss(torch.nn.Identity(), torch.ones(2, 4), torch.zeros(2, 4))
    tensor(1.)

    Lesson
    ------
    15 FCN
    """
    return functional.l1_loss(model(noisy), clean)
