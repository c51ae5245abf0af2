"""Real-time conditioning: band-pass, mains notch, rectify, 200 ms envelope - one chunk at a time.

A filter remembers. Carry that memory from chunk to chunk and the stream equals the whole recording bit for bit,
whatever the chunk size; forget it and every chunk begins with a transient of its own.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy import signal

from emgtut.signals import CausalFilter, butterworth, check_fs, validate

__all__ = ["Conditioned", "Conditioner"]

TRACKING_S = 1.0  # the mains frequency is measured anew on each stretch of this length
TRACKING_LIMIT_HZ = 1.0  # and never believed to be further from nominal than this
TRACKING_LAST, TRACKING_LEAST = 7, 3  # the median of the last stretches with clear hum, if there are enough of them
NEIGHBOURS_HZ = np.array([-10.0, -8.0, -6.0, 6.0, 8.0, 10.0])  # what is found here is muscle and noise, not mains
CLEARLY = 6.0  # times the power of the neighbours: below, there is no hum to follow


@dataclass(frozen=True)
class Conditioned:
    """What one chunk becomes.

    Parameters
    ----------
    filtered : numpy.ndarray (n_channels, n_samples), unit of the input
        After band-pass and notch.
    rectified : numpy.ndarray (n_channels, n_samples), unit of the input
    envelope : numpy.ndarray (n_channels, n_samples), unit of the input
        Moving average of the rectified signal over the last 200 ms; it lags by half of that.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> Conditioned(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros((1, 4))).envelope.shape
    (1, 4)
    """

    filtered: np.ndarray
    rectified: np.ndarray
    envelope: np.ndarray


class Conditioner:
    """The chain with its memory: push chunks of any size, get what the whole recording would have given.

    Parameters
    ----------
    n_channels : int
    fs : float, hertz
    band_hz : tuple of float, hertz
        Lower and upper edge.
    poles : int
        Poles of the band-pass in all, an even number. Note that ``scipy.signal.butter(4, band)`` makes eight.
    mains_hz : float or None, hertz
        50 or 60 (or what your grid has); None leaves the notches out.
    harmonics : bool
        Also notch the multiples of `mains_hz` inside the band.
    quality : float
        Notch frequency over notch width. A notch of quality Q rings for about ``Q / (pi f)`` seconds.
    envelope_s : float, second
    track : bool
        Measure the mains frequency each second and move the notches to the median of the last measurements. They stay
        where they are while the hum does not stand clearly above the signal beside it.

    Raises
    ------
    ValueError
        If a setting is impossible at this sampling rate.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((1, 1000))
    >>> whole = Conditioner(1, fs=1000).push(x)
    >>> chain = Conditioner(1, fs=1000)
    >>> parts = [chain.push(x[:, i : i + 7]).envelope for i in range(0, 1000, 7)]
    >>> bool(np.array_equal(np.concatenate(parts, axis=-1), whole.envelope))
    True
    """

    def __init__(
        self, n_channels, *, fs, band_hz=(20.0, 450.0), poles=4, mains_hz=50.0, harmonics=True, quality=30.0,
        envelope_s=0.2, track=False,
    ):  # fmt: skip
        if n_channels != int(n_channels) or n_channels < 1:
            raise ValueError(f"n_channels must be a whole number of at least 1, got {n_channels}.")
        if poles != int(poles) or poles < 2 or poles % 2:
            raise ValueError(f"poles must be an even number of at least 2, got {poles}.")
        if quality <= 0 or envelope_s <= 0:
            raise ValueError(f"quality and envelope_s must be positive, got {quality} and {envelope_s}.")
        self.fs, self.n_channels, self.quality, self.track = check_fs(fs), int(n_channels), quality, track
        self.mains_hz = None if mains_hz is None else check_fs(mains_hz, name="mains_hz")
        self.multiples = self._multiples(band_hz, harmonics)
        if track and 1 not in self.multiples:
            raise ValueError("track needs a mains_hz that lies inside the band.")
        self._band = CausalFilter(butterworth(int(poles) // 2, band_hz, "bandpass", fs=fs))
        self._notch = CausalFilter(self._notches(self.mains_hz))
        self._window = np.full(max(1, round(envelope_s * self.fs)), 1 / max(1, round(envelope_s * self.fs)))
        self._window_state = np.zeros((self.n_channels, max(1, len(self._window) - 1)))
        self._tracker = MainsTracker(self.fs, self.mains_hz, self.n_channels) if track else None

    @property
    def delay_s(self):
        """How far the envelope lags behind the rectified signal, in seconds."""
        return (len(self._window) - 1) / (2 * self.fs)

    @property
    def mains_now_hz(self):
        """Where the first notch sits now, in hertz; None without notches."""
        if self._tracker is not None:
            return self._tracker.frequency_hz
        return self.mains_hz if self.multiples else None

    def push(self, chunk):
        """Condition the next samples.

        Parameters
        ----------
        chunk : array_like (n_channels, n_samples), any unit
            Any number of samples from one upward. The chain starts as if the first sample had always been there,
            so that a constant offset makes no start transient.

        Returns
        -------
        Conditioned
            Arrays of the chunk's shape and floating dtype, in its unit.

        Raises
        ------
        ValueError
            If the chunk is not a finite (n_channels, n_samples) array; the chain's memory is then unchanged.

        Lesson
        ------
        05 Streaming

        Examples
        --------
        >>> out = Conditioner(2, fs=1000).push(np.full((2, 500), 1500.0))    # nothing but an offset
        >>> bool(np.abs(out.filtered).max() < 1e-6)
        True
        """
        chunk = validate(chunk, name="chunk")
        if chunk.ndim != 2 or chunk.shape[0] != self.n_channels:
            raise ValueError(f"chunk must have shape ({self.n_channels}, n_samples), got {chunk.shape}.")
        filtered = self._remove_mains(self._band.push(chunk.astype(np.float64, copy=False)))
        rectified = np.abs(filtered)
        # The second denominator coefficient keeps SciPy on its sample-by-sample path, which is what makes
        # the sum the same for every chunk size; its convolution path groups the terms by chunk.
        if len(self._window) > 1:
            envelope, self._window_state = signal.lfilter(
                self._window, [1.0, 0.0], rectified, axis=-1, zi=self._window_state
            )
        else:
            envelope = rectified
        return Conditioned(*(part.astype(chunk.dtype, copy=False) for part in (filtered, rectified, envelope)))

    def _multiples(self, band_hz, harmonics):
        if self.mains_hz is None:
            return ()
        highest = min(band_hz[1], 0.99 * self.fs / 2)
        last = int(highest // self.mains_hz) if harmonics else 1
        return tuple(h for h in range(1, last + 1) if band_hz[0] <= h * self.mains_hz <= highest)

    def _notches(self, mains_hz):
        """One biquad per multiple of the mains, all of the same width in hertz."""
        sections = [
            signal.tf2sos(*signal.iirnotch(h * mains_hz, self.quality * h, fs=self.fs))[0] for h in self.multiples
        ]
        return np.array(sections).reshape(-1, 6)

    def _remove_mains(self, x):
        if not self.multiples:
            return x
        if self._tracker is None:
            return self._notch.push(x)
        # Retuning happens at fixed sample numbers, never at chunk borders: else the result would depend on the chunks.
        parts, done = [], 0
        while done < x.shape[-1]:
            piece = x[:, done : done + self._tracker.missing]
            parts.append(self._notch.push(piece))
            done += piece.shape[-1]
            if self._tracker.push(piece):
                self._notch.retune(self._notches(self._tracker.frequency_hz))
        return np.concatenate(parts, axis=-1)


class MainsTracker:
    """Mains frequency from the turn of its phase between the two halves of each second."""

    def __init__(self, fs, nominal_hz, n_channels):
        self.half = max(1, round(TRACKING_S * fs / 2))
        self.fs, self.nominal_hz, self.frequency_hz = fs, nominal_hz, nominal_hz
        self._held = np.zeros((n_channels, 2 * self.half))
        self._filled = 0
        self._recent = deque(maxlen=TRACKING_LAST)
        turns = np.outer(nominal_hz + np.append(0.0, NEIGHBOURS_HZ), np.arange(2 * self.half)) / fs
        self._probes = np.exp(-2j * np.pi * turns) * np.tile(np.hanning(self.half), 2)

    @property
    def missing(self):
        """Samples until the next measurement."""
        return 2 * self.half - self._filled

    def push(self, x):
        """Take at most `missing` samples; True when they completed a stretch in which the mains was clear to see."""
        self._held[:, self._filled : self._filled + x.shape[-1]] = x
        self._filled += x.shape[-1]
        if self.missing:
            return False
        self._filled = 0
        turn, line, beside = self.measure(self._held)
        self._recent.append(self.offset_hz(turn) if line > CLEARLY * beside else None)
        # A hand that moves makes the hum jump, and a jump looks like another frequency: the median passes over it.
        seen = [value for value in self._recent if value is not None]
        if len(seen) < TRACKING_LEAST:
            return False
        off = np.clip(np.median(seen), -TRACKING_LIMIT_HZ, TRACKING_LIMIT_HZ)
        self.frequency_hz = self.nominal_hz + float(off)
        return True

    def measure(self, stretch):
        """What one whole stretch, shape (n_channels, 2 * half) in any unit, says about the mains.

        Returns the turn of its phase from the first half to the second (a complex number whose size is an energy), the
        strength at the nominal frequency, and the mean strength of the neighbours.
        """
        product = self._probes * stretch[:, None]
        halves = product.reshape(*product.shape[:-1], 2, self.half).sum(axis=-1)  # (channels, probes, 2)
        strength = np.sum(np.abs(halves) ** 2, axis=(0, 2))
        return np.sum(halves[:, 0, 1] * np.conj(halves[:, 0, 0])), strength[0], np.mean(strength[1:])

    def offset_hz(self, turn):
        """Distance from the nominal frequency in hertz for a turn, or for a sum of turns."""
        return np.angle(turn) * self.fs / (2 * np.pi * self.half)
