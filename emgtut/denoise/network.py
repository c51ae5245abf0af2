"""What all network denoisers share: weights on first use, 1 kHz inside, windows of two seconds, unit level.

PyTorch is imported when the first signal comes, not before.
"""

import importlib

import numpy as np

from emgtut.denoise.base import Denoiser, Info
from emgtut.learn import load_weights, read_card, seeded
from emgtut.signals import resample

__all__ = ["BAND_HZ", "FS", "WINDOW_S", "NetworkDenoiser"]

FS = 1000.0  # Hz, at which every network works
WINDOW_S = 2.0  # seconds, as in training
BAND_HZ = (20.0, 500.0)  # of the clean signals in training; what lies above goes when the rate becomes 1 kHz
_AT_ONCE = 16  # windows in memory together
_STILL = 1e-12  # deviation relative to the largest value; a constant has no more than rounding


class NetworkDenoiser(Denoiser):
    """Base of the denoisers that are trained networks; a method fills in the class attributes.

    The signal is brought to 1 kHz, which removes everything above 500 Hz, and afterwards back to its own rate. Windows
    of two seconds start every 1.6 s, the last one at the end of the signal; where they meet, one fades out as the next
    fades in. Where windows start does not depend on how long the recording goes on, except for the last two seconds.
    Each window loses its mean and is divided by its own standard deviation, nothing is clipped, and the estimate is
    multiplied by the same number.

    Parameters
    ----------
    seed : int
        Seed of all chance in the method (dimensionless).
    weights : str or path, optional
        Name of shipped weights, or a ``.safetensors`` file with its card beside it. Without it, the shipped weights of
        the method's name.

    Examples
    --------
    >>> class Magic(NetworkDenoiser):
    ...     name = "magic"
    >>> Magic()
    Traceback (most recent call last):
        ...
    ValueError: There are no weights called 'magic': ...

    Lesson
    ------
    15 FCN
    """

    name = ""  # registered name, and that of the shipped weights
    network = ""  # module.Class
    reference = ""  # BibTeX key
    overlap_s = 0.4  # seconds that neighbouring windows share, and over which one fades into the next
    draws = 0  # independent Gaussian noises that `estimate` needs

    def __init__(self, *, seed=0, weights=None):
        self.weights = self.name if weights is None else weights
        self._loaded = None
        super().__init__(seed=seed)

    def describe(self):
        """Return what to know about the method; the numbers come from the card of its weights."""
        self.card = read_card(self.weights)
        if self.network != self.card.model:
            raise ValueError(
                f"The weights {self.card.name} belong to {self.card.model}, but {self.name} needs {self.network}: "
                "choose weights that were trained for it."
            )
        return Info(
            self.name, "network", "none", WINDOW_S, 0.25, BAND_HZ,
            n_parameters=self.card.n_parameters, licence=self.card.licence, reference=self.reference,
            weights=self.card.name,
        )  # fmt: skip

    def estimate(self, model, noisy, noise):
        """Return the estimate for noisy windows, a tensor (n_windows, n_samples) at unit deviation.

        `noise` is a tensor (n_windows, draws, n_samples) of Gaussian noise that belongs to the windows' place in time.
        """
        return model(noisy)

    def process(self, batch, *, fs, contaminants):
        """Denoise each row, shape (n_windows, n_samples), any unit, at 1 kHz and in windows."""
        inside = resample(batch, fs=fs, fs_out=FS)
        return resample(self._in_windows(inside), fs=FS, fs_out=fs)[:, : batch.shape[-1]]

    def model(self):
        """Return the network with its weights, loaded at the first call."""
        if self._loaded is None:
            module, _, name = self.network.rpartition(".")
            with seeded(0):  # the random start is overwritten, but must not disturb other people's random numbers
                model = getattr(importlib.import_module(module), name)(**self.card.settings)
            load_weights(self.weights, model)
            self._loaded = model
        return self._loaded

    def _in_windows(self, x):
        """Estimate the rows of x, shape (n_rows, n_samples), at 1 kHz, window by window."""
        n_samples = x.shape[-1]
        length, starts = _windows(n_samples, round(self.overlap_s * FS))
        # Noise is a function of seed and time alone: row, neighbours and later samples make no difference to it.
        noise = np.random.default_rng(self.seed).standard_normal((n_samples, self.draws), dtype=np.float32).T
        taper = _taper(length, round(self.overlap_s * FS))
        total, weight = np.zeros_like(x), np.zeros(n_samples)
        for start in starts:
            weight[start : start + length] += taper
        places = [(row, slice(start, start + length)) for row in range(len(x)) for start in starts]
        for first in range(0, len(places), _AT_ONCE):
            some = places[first : first + _AT_ONCE]
            windows = np.stack([x[place] for place in some])
            noises = np.stack([noise[:, now] for _, now in some])
            for place, estimate in zip(some, self._estimate_at_any_level(windows, noises)):
                total[place] += taper * estimate
        return total / weight

    def _estimate_at_any_level(self, windows, noises):
        """Bring windows, shape (n_windows, length), to zero mean and unit deviation, estimate, and bring them back."""
        import torch

        level = windows.std(axis=-1, keepdims=True)
        heard = level[:, 0] > _STILL * np.abs(windows).max(axis=-1)  # a window without any change stays silent
        estimate = np.zeros_like(windows)
        if heard.any():
            some, by = windows[heard], level[heard]
            unit = ((some - some.mean(axis=-1, keepdims=True)) / by).astype(np.float32)
            with torch.no_grad():
                done = self.estimate(self.model(), torch.from_numpy(unit), torch.from_numpy(noises[heard]))
            estimate[heard] = done.double().numpy() * by
        return estimate


def _windows(n_samples, overlap):
    """Length of all windows and their starts: a fixed grid, and one window that ends with the signal."""
    length = round(WINDOW_S * FS)
    if n_samples <= length:
        return n_samples, [0]
    hop = length - overlap
    starts = list(range(0, n_samples - length + 1, hop))
    if starts[-1] + length < n_samples:
        starts.append(n_samples - length)
    return length, starts


def _taper(length, overlap):
    """Weights of a window's samples: rising and falling where windows meet, never zero."""
    fade = min(overlap, length // 2)
    rising = np.sin(np.pi / 2 * (np.arange(fade) + 0.5) / fade) ** 2
    return np.concatenate([rising, np.ones(length - 2 * fade), rising[::-1]])
