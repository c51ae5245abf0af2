"""Live figure: the decoder of a small TrustEMG-Net, with a tap on each way that leads into it."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

TAPS = ("middle", "skip4", "skip3", "skip2", "skip1")  # deepest first, as in js/skip_view.js


class SkipBench(anywidget.AnyWidget):
    """Decode a window in the reader's browser while the middle or a skip is turned down.

    The encoder and the middle layer run once, here. The decoder and the score run in the browser, for every position
    of the sliders. Batch normalisation is folded into the convolutions, which changes nothing but rounding.

    Parameters
    ----------
    model : emgtut.denoise.trustemg.TrustEMG
        A trained network of at most 8 channels in its first layer.
    noisy, clean : array_like, shape (n_samples,), units of the standard deviation of `noisy`
        One window, 218 to 4000 samples.
    fs : float, hertz
        Sampling rate.
    taps : dict
        Where sliders start, 0 to 1 (dimensionless), by name: "middle", "skip4", "skip3", "skip2", "skip1"; 1 if not
        given.

    Raises
    ------
    ValueError
        If the window or the network does not fit, or a slider is unknown or would start outside its range.

    References
    ----------
    TrustEMG2025

    Lesson
    ------
    18 TrustEMG-Net

    Examples
    --------
    >>> from emgtut.denoise.trustemg import TrustEMG
    >>> noisy, clean = np.random.default_rng(0).standard_normal((2, 500))
    >>> SkipBench(TrustEMG(2), noisy, clean, fs=1000, taps={"middle": 0.0})
    <SkipBench: 500 samples, middle 0, skip4 1, skip3 1, skip2 1, skip1 1>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "skip_core.js", "skip_view.js")
    _css = _source("front_panel.css")

    noisy = traitlets.Bytes().tag(sync=True)  # little-endian float32, here and below
    clean = traitlets.Bytes().tag(sync=True)
    ways = traitlets.Bytes().tag(sync=True)  # first skip to fourth, then the middle; channel after channel
    weights = traitlets.Bytes().tag(sync=True)  # each layer: kernel weights as PyTorch orders them, then biases
    width = traitlets.Int().tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    middle = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    skip4 = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    skip3 = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    skip2 = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)
    skip1 = traitlets.Float(1.0, min=0.0, max=1.0).tag(sync=True)

    def __init__(self, model, noisy, clean, *, fs, taps=None):
        noisy, clean = (validate(x, name=name) for x, name in ((noisy, "noisy"), (clean, "clean")))
        if noisy.ndim != 1 or noisy.shape != clean.shape or not 218 <= noisy.size <= 4000:
            raise ValueError(
                f"noisy has shape {noisy.shape} and clean {clean.shape}: give one window of 218 to 4000 samples each."
            )
        taps = dict.fromkeys(TAPS, 1.0) | (taps or {})
        if set(taps) != set(TAPS) or not all(0 <= value <= 1 for value in taps.values()):
            raise ValueError(f"The sliders cannot start at {taps}: name some of {', '.join(TAPS)}, each from 0 to 1.")
        ways, weights, width = _decoder_input(model, noisy), _folded(model), model.output.in_channels
        if width > 8:
            raise ValueError(f"The network has width {width}, too much for a page: give one of at most 8.")
        super().__init__(
            noisy=noisy.astype("<f4").tobytes(), clean=clean.astype("<f4").tobytes(), ways=ways, weights=weights,
            width=width, fs=check_fs(fs), **{name: float(value) for name, value in taps.items()},
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        taps = ", ".join(f"{name} {getattr(self, name):g}" for name in TAPS)
        return f"<SkipBench: {len(self.noisy) // 4} samples, {taps}>"


def _decoder_input(model, noisy):
    """What the decoder gets: four skips and the middle layer after its mask, as bytes."""
    import torch

    model.eval()
    x, found = torch.as_tensor(np.asarray(noisy, dtype=np.float32))[None, None], []
    with torch.no_grad():
        for stage in model.encoder:
            x = stage(x)
            found.append(x)
        found[-1] = model.middle(x)
    return b"".join(way[0].numpy().astype("<f4").tobytes() for way in found)


def _folded(model):
    """Weights and biases of the decoder's layers, each with its batch normalisation inside, as bytes."""
    parts = []
    for stage in model.decoder:
        for (layer, norm, _), out_axis in ((stage.lengthen, 1), (stage.merge, 0)):
            gain = norm.weight / (norm.running_var + norm.eps).sqrt()
            shape = [1, 1, 1]
            shape[out_axis] = -1
            parts += [layer.weight * gain.view(shape), (layer.bias - norm.running_mean) * gain + norm.bias]
    parts += [model.output.weight, model.output.bias]
    return b"".join(part.detach().numpy().astype("<f4").tobytes() for part in parts)
