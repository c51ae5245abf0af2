"""What a denoiser is, and the list of all of them.

A method only says how it treats a batch of float64 windows. Everything it shares with the others happens here, once:
checking the input, dtypes, leading axes, levels and silence.
"""

import inspect
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from emgtut.signals import check_fs, rms, validate

__all__ = ["MIN_FS", "Denoiser", "Info", "Stream", "get", "names", "register", "unregister"]

MIN_FS = 250.0  # Hz; below this less than half of the sEMG band is left

_REGISTRY = {}


@dataclass(frozen=True)
class Info:
    """What a reader should know about a method before using it.

    Parameters
    ----------
    name : str
        Registered name.
    family : str
        Kind of method, for example "filter".
    phase : {"causal", "zero-phase", "none"}
        Causal methods use the past only and shift the phase; zero-phase ones look at the whole recording.
    latency_s : float
        Seconds of future the method waits for; infinite when it needs the whole recording.
    min_s : float
        Shortest input in seconds.
    band_hz : tuple of float
        Lowest and highest frequency in Hz that the method keeps.
    n_parameters : int
        Number of trained parameters.
    licence : str
        Licence of the method's code and weights.
    reference : str
        BibTeX key of the source, or an empty string.
    weights : str
        Name of the weights, or an empty string for a method that is not trained.

    Examples
    --------
    >>> get("highpass").info.phase
    'zero-phase'

    Lesson
    ------
    11 Filters
    """

    name: str
    family: str
    phase: str
    latency_s: float
    min_s: float
    band_hz: tuple[float, float]
    n_parameters: int = 0
    licence: str = "MIT"
    reference: str = ""
    weights: str = ""


class Denoiser:
    """Base of all methods: checks, converts and hands over; a method fills in `describe` and `process`.

    A call `d(x, fs=fs)` takes an array, shape (..., n_samples) in any unit, and returns an estimate of the same shape,
    floating dtype and unit. It keeps these promises: finite output, `f(a·x) = a·f(x)` for a > 0, windows that do not
    influence one another, the same output for the same seed, silence in gives silence out.

    Parameters
    ----------
    seed : int
        Seed of all chance in the method (dimensionless); methods without chance ignore it.

    Examples
    --------
    >>> d = get("highpass", cutoff_hz=20)
    >>> d(np.ones((2, 500)), fs=1000).shape
    (2, 500)

    Lesson
    ------
    11 Filters
    """

    # A linear method is scale-free by itself and gets its input as it is; others get it at unit RMS.
    linear = False

    def __init__(self, *, seed=0):
        self.seed = seed
        self.info = self.describe()

    def describe(self):
        """Return the `Info` of this method with these settings."""
        raise NotImplementedError

    def process(self, batch, *, fs, contaminants):
        """Denoise a float64 batch, shape (n_windows, n_samples), in any unit; each row by itself."""
        raise NotImplementedError

    def start(self, fs):
        """Return an object whose `push(chunk)` filters the next chunk, for a causal method."""
        raise ValueError(
            f"{self.info.name} is not a causal method, so it cannot run while a signal arrives: choose one with "
            "info.phase == 'causal', for example highpass_causal."
        )

    def __call__(self, x, *, fs, contaminants=None):
        """Return an estimate of the clean signal, same shape, dtype and unit as `x`; `fs` in Hz."""
        fs = self._checked_fs(fs)
        labels = _checked_contaminants(contaminants)
        shortest = math.ceil(self.info.min_s * fs - 1e-9)  # rounding must not ask for one sample more
        x = validate(x, min_samples=max(1, shortest))
        # One layout in memory: else the rounding of a sum would depend on it.
        batch = np.ascontiguousarray(x.reshape(-1, x.shape[-1]), dtype=np.float64)
        level = np.ones((len(batch), 1)) if self.linear else np.asarray(rms(batch))[:, None]
        heard = np.any(batch, axis=-1)
        estimate = np.zeros_like(batch)
        if heard.any():
            rows = batch if heard.all() else batch[heard]
            rows = rows if self.linear else rows / level[heard]
            done = self.process(rows, fs=fs, contaminants=labels)
            if done.shape != rows.shape or not np.isfinite(done).all():
                raise RuntimeError(
                    f"{self.info.name} returned shape {done.shape} for {rows.shape} or values that are not finite: "
                    "this is a fault of the method, not of your signal."
                )
            estimate[heard] = done if self.linear else done * level[heard]
        return estimate.reshape(x.shape).astype(x.dtype, copy=False)

    def stream(self, fs):
        """Start real-time denoising at `fs` Hz and return a `Stream`."""
        return Stream(self.start(self._checked_fs(fs)))

    def _checked_fs(self, fs):
        fs = check_fs(fs)
        if fs < MIN_FS:
            raise ValueError(
                f"fs is {fs:g} Hz, but denoisers need at least {MIN_FS:g} Hz to see the sEMG band: "
                "use a recording with a higher sampling rate."
            )
        return fs


class Stream:
    """A denoiser at work on a signal that is still arriving.

    Joining the results of all chunks gives exactly, bit for bit, what the method gives for the whole signal, however
    the signal is cut.

    Parameters
    ----------
    worker : object
        Anything with `push(chunk)` that keeps its own state.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(500)
    >>> d = get("highpass_causal")
    >>> live = d.stream(fs=1000)
    >>> joined = np.concatenate([live.push(x[:1]), live.push(x[1:137]), live.push(x[137:])])
    >>> np.array_equal(joined, d(x, fs=1000))
    True

    Lesson
    ------
    05 Streaming
    """

    def __init__(self, worker):
        self._worker = worker

    def push(self, chunk):
        """Denoise the next chunk, shape (..., n_samples) in any unit, and return it in the same form.

        An empty chunk gives an empty result: a device may have nothing new to say. A chunk that is refused leaves the
        stream as it was.
        """
        return self._worker.push(chunk)


def register(name):
    """Enter a method into the list under a name, as a class decorator.

    Parameters
    ----------
    name : str
        Name by which `get` finds the method.

    Returns
    -------
    callable
        Decorator that returns the class unchanged.

    Raises
    ------
    ValueError
        If the name is taken.

    Examples
    --------
    >>> register("zero")(Denoiser)
    Traceback (most recent call last):
        ...
    ValueError: A denoiser called 'zero' exists already: choose another name.

    Lesson
    ------
    11 Filters
    """

    def enter(cls):
        if name in _REGISTRY:
            raise ValueError(f"A denoiser called {name!r} exists already: choose another name.")
        _REGISTRY[name] = cls
        return cls

    return enter


def unregister(name):
    """Take a method of one's own off the list again, so that its cell can be run once more.

    Parameters
    ----------
    name : str
        A name that was registered outside this package. The methods of the package stay.

    Raises
    ------
    ValueError
        If there is no such method, or it belongs to the package.

    Examples
    --------
    >>> unregister("highpass")
    Traceback (most recent call last):
        ...
    ValueError: 'highpass' is a method of the package and stays: unregister only what you have registered.

    Lesson
    ------
    25 Capstone
    """
    if name not in _REGISTRY:
        raise ValueError(f"There is no denoiser called {name!r}: choose one of {', '.join(_REGISTRY)}.")
    if _REGISTRY[name].__module__.startswith("emgtut."):
        raise ValueError(f"{name!r} is a method of the package and stays: unregister only what you have registered.")
    del _REGISTRY[name]


def names():
    """List the registered methods, in the order in which the book meets them.

    Returns
    -------
    list of str
        Names for `get`.

    Examples
    --------
    >>> names()[:2]
    ['identity', 'zero']

    Lesson
    ------
    11 Filters
    """
    return list(_REGISTRY)


def get(name, *, seed=0, **settings):
    """Make a denoiser by name.

    Parameters
    ----------
    name : str
        One of `names()`.
    seed : int
        Seed of all chance in the method (dimensionless).
    **settings
        Settings of the method, for example `cutoff_hz` in Hz.

    Returns
    -------
    Denoiser
        Call it as `d(x, fs=fs)` on an array, shape (..., n_samples) in any unit.

    Raises
    ------
    ValueError
        If the name or a setting is unknown, or a setting is out of range.

    Examples
    --------
    >>> get("highpass", cutoff_hz=20).info.band_hz
    (20.0, inf)
    >>> get("magic")
    Traceback (most recent call last):
        ...
    ValueError: There is no denoiser called 'magic': choose one of identity, zero, highpass, ...

    Lesson
    ------
    11 Filters
    """
    if name not in _REGISTRY:
        raise ValueError(f"There is no denoiser called {name!r}: choose one of {', '.join(_REGISTRY)}.")
    cls = _REGISTRY[name]
    allowed = [p for p in inspect.signature(cls).parameters if p != "seed"]
    unknown = [s for s in settings if s not in allowed]
    if unknown:
        raise ValueError(
            f"{name} has no setting {', '.join(unknown)}: its settings are {', '.join(allowed) or 'none besides seed'}."
        )
    return cls(seed=seed, **settings)


def _checked_contaminants(contaminants):
    """Oracle labels as a tuple of names, or None for a blind run."""
    if contaminants is None:
        return None
    if isinstance(contaminants, str) or not isinstance(contaminants, Collection):
        raise ValueError(
            f"contaminants is {contaminants!r}, but it must be a list of names: pass for example ['ecg'], or None."
        )
    if not all(isinstance(label, str) for label in contaminants):
        raise ValueError(f"contaminants is {contaminants!r}, but every label must be a name: pass for example ['ecg'].")
    return tuple(contaminants)
