"""Live figure: the fully convolutional network itself, run in the browser on a mixture that the reader makes."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

LEVELS = (-60, -40, -20, -10, -6, -3, 0, 3, 6, 10, 20, 40)  # dB; positions of a slider, as in js/fcn_core.js


class FcnProbe(anywidget.AnyWidget):
    """Run an `emgtut.denoise.fcn.FCN` in the reader's browser, with all its weights.

    Sliders choose the noise, the SNR and the level at which the network gets the window. At 0 dB the window has unit
    deviation, as in training; the estimate is always brought back.

    Parameters
    ----------
    model : emgtut.denoise.fcn.FCN
        The network; it runs as it does after training, with the batch normalisation folded into the weights.
    clean : array_like, shape (n_samples,), any unit
        Muscle, 200 to 4000 samples, not constant.
    noises : dict of str to array_like, shape (n_samples,), any unit
        One noise or more, by name.
    fs : float, hertz
        Sampling rate.
    snr_db : float, decibels
        Where the slider for the SNR starts, -30 to 30.
    kind : str
        Name of the noise at the start; the first one if it is left out.
    level_db : int, decibels
        Where the slider for the level starts, one of -60, -40, -20, -10, -6, -3, 0, 3, 6, 10, 20, 40.

    Raises
    ------
    ValueError
        If the signals do not fit together, or a slider would start outside its range.

    References
    ----------
    FCN2023

    Lesson
    ------
    15 FCN

    Examples
    --------
    >>> from emgtut.denoise.fcn import FCN
    >>> rng = np.random.default_rng(0)
    >>> FcnProbe(FCN(8), rng.standard_normal(500), {"white noise": rng.standard_normal(500)}, fs=1000)
    <FcnProbe: 1,685 parameters, white noise at -5 dB, level 0 dB>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "fcn_core.js", "fcn_view.js")
    _css = _source("front_panel.css")

    layers = traitlets.List().tag(sync=True)  # shape and kind of each layer
    weights = traitlets.Bytes().tag(sync=True)  # layer by layer kernel, then bias; little-endian float32
    clean = traitlets.Bytes().tag(sync=True)
    noises = traitlets.Bytes().tag(sync=True)  # one after the other
    names = traitlets.List().tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    kind = traitlets.Int(min=0).tag(sync=True)
    snr_db = traitlets.Float(min=-30.0, max=30.0).tag(sync=True)
    level_db = traitlets.Enum(LEVELS).tag(sync=True)

    def __init__(self, model, clean, noises, *, fs, snr_db=-5.0, kind=None, level_db=0):
        clean = validate(clean, min_samples=200).astype(np.float64)
        if clean.ndim != 1 or clean.size > 4000 or np.ptp(clean) == 0:
            raise ValueError(f"clean must be one channel of 200 to 4000 samples, not constant; it is {clean.shape}.")
        if not noises:
            raise ValueError("noises is empty: give one noise or more, by name.")
        parts = {name: validate(noise).astype(np.float64) for name, noise in noises.items()}
        for name, noise in parts.items():
            if noise.shape != clean.shape or np.ptp(noise) == 0:
                raise ValueError(f"The noise {name!r} must be as long as clean and not constant: cut it to length.")
        names = list(parts)
        kind = names[0] if kind is None else kind
        if kind not in names:
            raise ValueError(f"kind is {kind!r}, but it must be one of {', '.join(names)}.")
        if not -30 <= snr_db <= 30:
            raise ValueError(f"snr_db={snr_db} is off the slider: choose a value from -30 to 30 dB.")
        if level_db not in LEVELS:
            raise ValueError(f"level_db={level_db} is off the slider: choose one of {', '.join(map(str, LEVELS))}.")
        self.n_parameters = sum(p.numel() for p in model.parameters())
        layers, weights = folded(model)
        super().__init__(
            layers=layers, weights=_packed([weights]), clean=_packed([clean - clean.mean()]),
            noises=_packed([noise - noise.mean() for noise in parts.values()]), names=names, fs=check_fs(fs),
            kind=names.index(kind), snr_db=float(snr_db), level_db=int(level_db),
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        told = f"{self.names[self.kind]} at {self.snr_db:g} dB, level {self.level_db} dB"
        return f"<FcnProbe: {self.n_parameters:,} parameters, {told}>"


def folded(model):
    """Layers of a trained FCN with the batch normalisation merged into the weights.

    After training, batch normalisation multiplies each channel by one number and adds another. Both can be done to the
    kernel and the bias once, and the layer is gone.

    Parameters
    ----------
    model : emgtut.denoise.fcn.FCN
        The network.

    Returns
    -------
    layers : list of dict
        Of each layer its channels `inputs` and `outputs`, `kernel` and `stride` in samples, whether it is `transposed`,
        and whether an `elu` follows.
    weights : ndarray, shape (n_numbers,), dimensionless
        Kernel, in the order of PyTorch, and bias of each layer, one after the other.

    Lesson
    ------
    15 FCN

    Examples
    --------
    >>> from emgtut.denoise.fcn import FCN
    >>> layers, weights = folded(FCN(8))
    >>> [layer["outputs"] for layer in layers], weights.size
    ([8, 4, 2, 2, 4, 8, 1], 1629)
    """
    layers, weights = [], []
    for stage in [*model.encoder, *model.decoder]:
        parts = list(stage) if hasattr(stage, "__iter__") else [stage]
        convolution, normalise = parts[0], parts[1] if len(parts) > 1 else None
        transposed = "Transpose" in type(convolution).__name__
        kernel, bias = (p.detach().double().cpu().numpy() for p in (convolution.weight, convolution.bias))
        if normalise is not None:
            scale, offset, mean, variance = (
                x.detach().double().cpu().numpy()
                for x in (normalise.weight, normalise.bias, normalise.running_mean, normalise.running_var)
            )
            scale = scale / np.sqrt(variance + normalise.eps)
            kernel = kernel * (scale[None, :, None] if transposed else scale[:, None, None])
            bias = (bias - mean) * scale + offset
        inputs, outputs = kernel.shape[:2] if transposed else kernel.shape[1::-1]
        layers.append(
            {"inputs": inputs, "outputs": outputs, "kernel": kernel.shape[-1], "stride": convolution.stride[0],
             "transposed": transposed, "elu": normalise is not None}
        )  # fmt: skip
        weights += [kernel.ravel(), bias]
    return layers, np.concatenate(weights)


def _packed(arrays):
    return np.concatenate(arrays).astype("<f4").tobytes()
