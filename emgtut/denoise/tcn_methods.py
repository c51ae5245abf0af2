"""The course's own network as two methods: one for recordings, and one for a signal that is still arriving.

They are called `tcn` and `tcn_causal`, by the field's name for what they are: temporal convolutional networks.
"""

import numpy as np

from emgtut.denoise.base import Info, register
from emgtut.denoise.network import BAND_HZ, FS, NetworkDenoiser
from emgtut.signals import resample

__all__ = ["TCN", "CausalTCN"]

_LATENCY_S = 0.039  # a frame comes every 16 ms and corrects the last 32 ms; two grids of frames lie 8 ms apart


@register("tcn")
class TCN(NetworkDenoiser):
    """This course's network: a zero-phase high-pass, and a convolutional network that corrects it.

    Each moment is judged by more than half a second to either side, so that a beat is seen whole, and a line of hum is
    told from the muscle around it. Windows of two seconds start every second, and each fades into the next over that
    second.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in this network.
    weights : str or path, optional
        Other weights than the shipped ones.

    Examples
    --------
    >>> TCN.network
    'emgtut.denoise.tcn.TCN'

    Lesson
    ------
    18b TCN
    """

    name, network = "tcn", "emgtut.denoise.tcn.TCN"
    overlap_s = 1.0  # it sees 0.7 s to either side: near its ends a window knows less than its neighbour


@register("tcn_causal")
class CausalTCN(NetworkDenoiser):
    """The causal form of this course's network: the estimate of a moment leaves 39 ms after the moment itself.

    The output is late by `info.latency_s`, and it begins with that much silence. Whoever compares it with a clean
    signal shifts it back first. At 1 kHz it runs while a signal arrives; recordings at another rate are brought to
    1 kHz and back, which looks a few samples ahead.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in this network.
    weights : str or path, optional
        Other weights than the shipped ones.

    Examples
    --------
    >>> CausalTCN.network
    'emgtut.denoise.tcn_causal.CausalTCN'

    Lesson
    ------
    18b TCN
    """

    name, network = "tcn_causal", "emgtut.denoise.tcn_causal.CausalTCN"
    linear = True  # not linear, but its own running level makes it scale-free; the level of the whole is the future

    def describe(self):
        """Return what to know about the method; the numbers come from the card of its weights."""
        told = super().describe()
        return Info(
            self.name, "network", "causal", _LATENCY_S, told.min_s, BAND_HZ,
            n_parameters=told.n_parameters, licence=told.licence, weights=told.weights,
        )  # fmt: skip

    def process(self, batch, *, fs, contaminants):
        """Denoise each row, shape (n_windows, n_samples), any unit, as a stream would."""
        if fs == FS:
            return self.start(fs).push(batch)
        inside = np.ascontiguousarray(resample(batch, fs=fs, fs_out=FS))
        return resample(self.start(FS).push(inside), fs=FS, fs_out=fs)[:, : batch.shape[-1]]

    def start(self, fs):
        """Return the network in its starting state, for a signal at 1000 Hz."""
        from emgtut.denoise.tcn_stream import TwoGrids

        if fs != FS:
            raise ValueError(
                f"fs is {fs:g} Hz, but {self.name} can follow an arriving signal at {FS:g} Hz only: set the device to "
                "1 kHz, or denoise the finished recording."
            )
        return TwoGrids(self.model())
