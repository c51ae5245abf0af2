"""The course's network denoisers. Importing this module is light, and registers those whose weights are shipped."""

from emgtut.denoise.base import register
from emgtut.denoise.network import NetworkDenoiser
from emgtut.signals import check_count

__all__ = ["FCN", "MSEMG", "SDEMG", "TrustEMG", "enter"]


class FCN(NetworkDenoiser):
    """The fully convolutional network of 137,801 parameters; it sees about a tenth of a second to either side.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in this network.
    weights : str or path, optional
        Other weights than the shipped ones.

    References
    ----------
    [FCN2023]

    Examples
    --------
    >>> FCN.network
    'emgtut.denoise.fcn.FCN'

    Lesson
    ------
    15 FCN
    """

    name, network, reference = "fcn", "emgtut.denoise.fcn.FCN", "FCN2023"


class SDEMG(NetworkDenoiser):
    """The diffusion network, sampled in a few large steps instead of fifty small ones.

    At each call the guess of the clean signal is buried again in fresh noise, less deep. Walks from different noise can
    be averaged: their mean lies nearer to the truth than any of them.

    Parameters
    ----------
    seed : int
        Seed of the noise that the walks start from (dimensionless). The noise belongs to the time within the recording:
        all channels and windows of a batch meet the same.
    weights : str or path, optional
        Other weights than the shipped ones.
    calls : int
        Network calls in one walk (dimensionless).
    samples : int
        Walks to average (dimensionless).
    order : {0, 1, 2}
        Fresh noise at each call, DDIM or DPM-Solver++ (dimensionless); the last two go without fresh noise.

    References
    ----------
    [SDEMG2024], [DDIM2021], [Lu2022]

    Examples
    --------
    >>> SDEMG(calls=0)
    Traceback (most recent call last):
        ...
    ValueError: calls is 0, but ...

    Lesson
    ------
    16 SDEMG
    """

    name, network, reference = "sdemg", "emgtut.denoise.sdemg.SDEMG", "SDEMG2024"

    def __init__(self, *, seed=0, weights=None, calls=6, samples=1, order=0):
        self.calls, self.samples = check_count(calls, name="calls"), check_count(samples, name="samples")
        if order not in (0, 1, 2):
            raise ValueError(f"order is {order!r}, but only 0 (fresh noise), 1 (DDIM) and 2 (DPM-Solver++) are known.")
        self.order = order
        self.draws = self.samples * (1 if order else self.calls)
        super().__init__(seed=seed, weights=weights)

    def estimate(self, model, noisy, noise):
        """Walk from each noise to a clean window, all walks of all windows together, and average those of a window."""
        from emgtut.denoise.diffusion import REFRESHED, deterministic, few_levels, refreshed

        steering = noisy.repeat_interleave(self.samples, dim=0)
        if self.order:
            levels = few_levels(self.calls)
            walks = deterministic(model, steering, noise.flatten(0, 1), levels=levels, order=self.order)
        else:
            noises = noise.reshape(len(steering), self.calls, -1).transpose(0, 1)
            walks = refreshed(model, steering, noises, levels=few_levels(self.calls, **REFRESHED))
        return walks.reshape(len(noisy), self.samples, -1).mean(dim=1)


class MSEMG(NetworkDenoiser):
    """The Mamba network: it remembers the window's whole past and sees 38 samples of the future.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in this network.
    weights : str or path, optional
        Other weights than the shipped ones.

    References
    ----------
    [MSEMG2025]

    Examples
    --------
    >>> MSEMG.network
    'emgtut.denoise.msemg.MSEMG'

    Lesson
    ------
    17 MSEMG
    """

    name, network, reference = "msemg", "emgtut.denoise.msemg.MSEMG", "MSEMG2025"


class TrustEMG(NetworkDenoiser):
    """TrustEMG-Net with representation masking: a U-Net with a Transformer in its middle.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in this network.
    weights : str or path, optional
        Other weights than the shipped ones.

    References
    ----------
    [TrustEMG2025]

    Examples
    --------
    >>> TrustEMG.network
    'emgtut.denoise.trustemg.TrustEMG'

    Lesson
    ------
    18 TrustEMG-Net
    """

    name, network, reference = "trustemg", "emgtut.denoise.trustemg.TrustEMG", "TrustEMG2025"


def enter(*names):
    """Enter networks into the list of methods.

    Parameters
    ----------
    *names : str
        Some of "fcn", "sdemg", "msemg" and "trustemg", those whose weights come with the package.

    Raises
    ------
    KeyError
        If there is no such network.

    Examples
    --------
    >>> enter()

    Lesson
    ------
    15 FCN
    """
    known = {cls.name: cls for cls in (FCN, SDEMG, MSEMG, TrustEMG)}
    for name in names:
        register(name)(known[name])


enter("fcn", "sdemg", "msemg", "trustemg")
