"""The band of the muscle, and a notch on every mains line that is really there.

A notch is a high-pass filter that sits on a line: turn the signal until the line stands still at 0 Hz, take away what
is slow, turn it back. Where the line drifts the turning drifts with it. Nothing is notched where no line stands out,
because every notch takes a piece of muscle too.
"""

import math

import numpy as np
from scipy import signal

from emgtut.acquire.stream import TRACKING_LIMIT_HZ, MainsTracker
from emgtut.denoise.base import Denoiser, Info, register
from emgtut.denoise.calibrated import calibrated
from emgtut.signals import CausalFilter, butterworth, check_count, check_fs, filter_zero_phase, validate

__all__ = ["BandpassNotch", "BandpassNotchCausal", "mains_lines", "remove_mains"]

GRIDS_HZ = (50.0, 60.0)
FILTERS_TOP = 0.95  # of half the sampling rate: an upper edge beyond is left to the converter's own filter
LEAST_SHARE = 1e-4  # of the power of the signal: a weaker line is rounding, or does no harm
SMOOTHING = 7  # stretches, half a second apart, whose evidence is added up
CLEARLY = 4.0  # times the strength beside the line; sums vary less than single seconds, for which a stream asks for 6


class _BandAndNotches(Denoiser):
    """Settings that both methods share, and the band."""

    # Every decision is a ratio of powers, so the methods are scale-free by themselves; the causal one has to be.
    linear = True

    def __init__(self, *, seed=0, band_hz=None, order=4, mains_hz=None, width_hz=None):
        usual = calibrated("bandpass_notch")
        self.band_hz = _checked_band(usual["band_hz"] if band_hz is None else band_hz)
        self.order = check_count(order, name="order")
        self.mains_hz = None if mains_hz is None else check_fs(mains_hz, name="mains_hz", what="the mains frequency")
        self.width_hz = check_fs(usual["width_hz"] if width_hz is None else width_hz, name="width_hz", what="a width")
        super().__init__(seed=seed)

    def _min_s(self):
        return min(2.0 / self.band_hz[0], 0.25)

    def _band(self, fs):
        low, high = self.band_hz
        if high >= FILTERS_TOP * fs / 2:
            return butterworth(self.order, low, "highpass", fs=fs)
        return butterworth(self.order, (low, high), "bandpass", fs=fs)

    def _grids(self):
        return GRIDS_HZ if self.mains_hz is None else (self.mains_hz,)


@register("bandpass_notch")
class BandpassNotch(_BandAndNotches):
    """Zero-phase band-pass and zero-phase notches that follow the mains.

    Whether the mains is at 50 or at 60 Hz is decided from the signal, unless `mains_hz` says so. Blind, a notch is set
    only where a line stands out from what is beside it, and a multiple only together with the mains itself; a signal
    of less than a second shows no line. With oracle labels the label "mains" decides: present, the stronger of the two
    is notched however weak it is; absent, nothing is notched.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in a filter.
    band_hz : pair of float, optional
        Lower and upper edge in Hz, -6 dB. An upper edge near or above half the sampling rate is left out. By default
        as calibrated.
    order : int
        Order of each edge in one pass (dimensionless).
    mains_hz : float, optional
        Nominal mains frequency in Hz.
    width_hz : float, optional
        Width of each notch in Hz. By default as calibrated.

    Examples
    --------
    >>> t = np.arange(4000) / 1000
    >>> muscle, hum = np.random.default_rng(0).standard_normal(4000), 3 * np.sin(2 * np.pi * 50.2 * t)
    >>> d = BandpassNotch()
    >>> error = d(muscle + hum, fs=1000) - d(muscle, fs=1000)
    >>> bool(np.std(error) < 0.15)  # of the hum's 2.1
    True

    Lesson
    ------
    11 Filters
    """

    def describe(self):
        """Return what to know about the method."""
        return Info("bandpass_notch", "filter", "zero-phase", math.inf, self._min_s(), self.band_hz)

    def process(self, batch, *, fs, contaminants):
        """Filter each row, shape (n_windows, n_samples), any unit."""
        kept = filter_zero_phase(self._band(fs), batch)
        if contaminants is not None and "mains" not in contaminants:
            return kept
        certain = contaminants is not None
        return np.stack(
            [remove_mains(row, fs=fs, certain=certain, grids_hz=self._grids(), band_hz=self.band_hz,
                          width_hz=self.width_hz) for row in kept]
        )  # fmt: skip


@register("bandpass_notch_causal")
class BandpassNotchCausal(_BandAndNotches):
    """Causal band-pass and causal notches that follow the mains while the signal arrives.

    The mains is measured anew each second. A notch begins to work once its line has been clear to see in three of the
    last seven seconds; told `mains_hz` or the label "mains" changes where is looked, not how long. A notch that begins
    rings for about `1 / (pi width_hz)` seconds.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in a filter.
    band_hz : pair of float, optional
        Lower and upper edge in Hz, -3 dB. An upper edge near or above half the sampling rate is left out. By default
        as calibrated for `bandpass_notch`.
    order : int
        Order of each edge (dimensionless).
    mains_hz : float, optional
        Nominal mains frequency in Hz.
    width_hz : float, optional
        Width of each notch in Hz, -3 dB. By default as calibrated for `bandpass_notch`.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(5000)
    >>> live = BandpassNotchCausal().stream(fs=1000)
    >>> joined = np.concatenate([live.push(x[:1700]), live.push(x[1700:])])
    >>> np.array_equal(joined, BandpassNotchCausal()(x, fs=1000))
    True

    Lesson
    ------
    11 Filters
    """

    def describe(self):
        """Return what to know about the method."""
        return Info("bandpass_notch_causal", "filter", "causal", 0.0, self._min_s(), self.band_hz)

    def process(self, batch, *, fs, contaminants):
        """Filter each row, shape (n_windows, n_samples), any unit."""
        if contaminants is not None and "mains" not in contaminants:
            return CausalFilter(self._band(fs)).push(batch)
        return self.start(fs).push(batch)

    def start(self, fs):
        """Return the filters in their starting state for a signal at `fs` Hz."""
        banks = [(grid, _multiples(grid, self.band_hz, fs)) for grid in self._grids()]
        return _Live(self._band(fs), [bank for bank in banks if bank[1][:1] == (1,)], self.width_hz, fs)


# ------------------------------------------------------------------------------------------ whole recordings


def remove_mains(x, *, fs, certain=False, grids_hz=GRIDS_HZ, band_hz=(20.0, 450.0), width_hz=None):
    """Notch the mains and its multiples where they stand out, without phase shift.

    Parameters
    ----------
    x : ndarray, shape (n_samples,), any unit
        One channel without offset.
    fs : float
        Sampling rate in Hz.
    certain : bool
        True where it is known that there is hum: then the stronger of the grids is notched however weak it is.
    grids_hz : sequence of float
        Nominal frequencies in Hz to look at.
    band_hz : pair of float
        Multiples outside this band, in Hz, are left alone.
    width_hz : float, optional
        Width of each notch in Hz; by default as calibrated for `bandpass_notch`.

    Returns
    -------
    ndarray, shape (n_samples,), same unit
        The signal without the lines that were found.

    Examples
    --------
    >>> hum = np.sin(2 * np.pi * 60.1 * np.arange(4000) / 1000)
    >>> bool(np.std(remove_mains(hum, fs=1000)) < 0.05)
    True

    Lesson
    ------
    11 Filters
    """
    width_hz = calibrated("bandpass_notch")["width_hz"] if width_hz is None else width_hz
    found = [mains_lines(x, fs=fs, mains_hz=grid, multiples=_multiples(grid, band_hz, fs)) for grid in grids_hz]
    if certain:
        found = [max(found, key=lambda lines: lines.strength).with_fundamental()]
    for lines in found:
        for multiple in lines.present:
            x = _zero_phase_notch(x, multiple * lines.frequency_hz, width_hz, fs)
    return x


def _multiples(grid_hz, band_hz, fs):
    """Multiples of the mains frequency inside the band, in order."""
    top = min(band_hz[1], FILTERS_TOP * fs / 2)
    return tuple(h for h in range(1, int(top // grid_hz) + 1) if h * grid_hz >= band_hz[0])


class Lines:
    """What `mains_lines` found: how strong, at which frequency from sample to sample, and which multiples.

    Parameters
    ----------
    strength : float
        Strength of the mains over that of its neighbours (dimensionless).
    frequency_hz : ndarray, shape (n_samples,), Hz
        The mains frequency.
    present : tuple of int
        Multiples at which a line stands out; without the fundamental there are none.

    Examples
    --------
    >>> Lines(1.0, np.full(3, 50.0), ()).with_fundamental().present
    (1,)

    Lesson
    ------
    11 Filters
    """

    def __init__(self, strength, frequency_hz, present):
        self.strength, self.frequency_hz, self.present = strength, frequency_hz, present

    def with_fundamental(self):
        """Return the same lines, with the fundamental among those that are present."""
        return Lines(self.strength, self.frequency_hz, self.present or (1,))


def mains_lines(x, *, fs, mains_hz, multiples=(1,)):
    """Look for the mains and its multiples, and follow the frequency.

    Parameters
    ----------
    x : ndarray, shape (n_samples,), any unit
        One channel without offset.
    fs : float
        Sampling rate in Hz.
    mains_hz : float
        Nominal frequency in Hz; the true one is looked for within 1 Hz.
    multiples : sequence of int
        Multiples to look at; without 1 among them there is nothing to follow.

    Returns
    -------
    Lines
        A signal of less than a second shows no line; its strength is the share of its power at `mains_hz`.

    Examples
    --------
    >>> t = np.arange(3000) / 1000
    >>> noise = np.random.default_rng(0).standard_normal(3000)
    >>> lines = mains_lines(noise + 2 * np.sin(2 * np.pi * 49.8 * t), fs=1000, mains_hz=50, multiples=(1, 2))
    >>> lines.present, round(float(lines.frequency_hz.mean()), 1)
    ((1,), 49.8)

    Lesson
    ------
    11 Filters
    """
    tracker = MainsTracker(fs, mains_hz, 1)
    steady = np.full(x.size, float(mains_hz))
    if 1 not in multiples:
        return Lines(0.0, steady, ())
    if x.size < 2 * tracker.half:
        return Lines(_share_at(x, mains_hz, fs), steady, ())
    # A line too weak to matter is also what rounding leaves of a pure tone; the floor stands in for it.
    floor = LEAST_SHARE * np.mean(np.square(x)) * tracker.half**2 / 4
    turns, line, beside = _evidence(tracker, x)
    clear = line > CLEARLY * beside + floor
    strength = float(np.mean(line) / max(np.mean(beside) + floor, 1e-300))
    if np.mean(clear) < 0.5:
        return Lines(strength, steady, ())
    offset = np.clip(tracker.offset_hz(turns[clear]), -TRACKING_LIMIT_HZ, TRACKING_LIMIT_HZ)
    middles = tracker.half * (1 + np.flatnonzero(clear))
    frequency_hz = mains_hz + np.interp(np.arange(x.size), middles, offset)
    present = [1]
    for multiple in multiples[1:]:
        _, line, beside = _evidence(MainsTracker(fs, multiple * float(np.mean(frequency_hz)), 1), x)
        if np.mean(line > CLEARLY * beside + floor) >= 0.5:
            present.append(multiple)
    return Lines(strength, frequency_hz, tuple(present))


def _share_at(x, hz, fs):
    """Share of the power at one frequency, from 0 to 1/2; enough to tell which of two grids is the stronger."""
    line = np.sum(x * np.exp(-2j * np.pi * hz * np.arange(x.size) / fs))
    return float(np.abs(line) ** 2 / max(x.size * np.sum(np.square(x)), 1e-300))


def _evidence(tracker, x):
    """Turn, strength and strength beside the line, for a stretch each half second, added up over their neighbours."""
    starts = range(0, x.size - 2 * tracker.half + 1, tracker.half)
    measured = np.array([tracker.measure(x[None, start : start + 2 * tracker.half]) for start in starts])
    added = np.stack([np.convolve(column, np.ones(SMOOTHING), "full") for column in measured.T])
    count = np.convolve(np.ones(len(starts)), np.ones(SMOOTHING), "full")
    turns, line, beside = (added / count)[:, SMOOTHING // 2 : SMOOTHING // 2 + len(starts)]
    return turns, line.real, beside.real


def _zero_phase_notch(x, frequency_hz, width_hz, fs):
    """Turn the line to 0 Hz, find what is slow there, and take it away; the ends continue as in a mirror."""
    turning = np.exp(-2j * np.pi * np.cumsum(frequency_hz) / fs)
    slow = signal.butter(1, width_hz / 2, fs=fs, output="sos")
    padding = min(x.size - 1, math.ceil(3 * fs / width_hz))
    line = signal.sosfiltfilt(slow, x * turning, padtype="even", padlen=padding)
    return x - 2 * np.real(line * np.conj(turning))


# ------------------------------------------------------------------------------------------ while it arrives


class _Live:
    """The causal method at work: one chain for each row, so that no channel changes another."""

    def __init__(self, band, banks, width_hz, fs):
        self._make = lambda: _Chain(CausalFilter(band), [_Bank(*bank, width_hz, fs) for bank in banks])
        self._lead, self._chains = None, None

    def push(self, chunk):
        """Filter the next chunk, shape (..., n_samples) in any unit, and return its result in the same form."""
        chunk = validate(chunk, name="chunk", min_samples=0)
        lead = chunk.shape[:-1]
        if chunk.shape[-1] == 0:
            return chunk.copy()
        if self._chains is None:
            self._lead, self._chains = lead, [self._make() for _ in range(math.prod(lead))]
        elif lead != self._lead:
            raise ValueError(
                f"This chunk has leading shape {lead}, but the stream began with {self._lead}: push the same channels "
                "every time, or start a new stream."
            )
        rows = chunk.reshape(-1, chunk.shape[-1]).astype(np.float64, copy=False)
        filtered = np.stack([chain.push(row) for chain, row in zip(self._chains, rows, strict=True)])
        return filtered.reshape(chunk.shape).astype(chunk.dtype, copy=False)


class _Chain:
    """Band and notches for one channel."""

    def __init__(self, band, banks):
        self._band, self._banks = band, banks

    def push(self, x):
        x = self._band.push(x)
        for bank in self._banks:
            x = bank.push(x)
        return x


class _Bank:
    """Notches on one mains frequency and its multiples; each passes everything until its line is clear."""

    def __init__(self, mains_hz, multiples, width_hz, fs):
        self.fs, self.width_hz, self.multiples = fs, width_hz, multiples
        self._trackers = [MainsTracker(fs, multiple * mains_hz, 1) for multiple in multiples]
        self._seen = [False] * len(multiples)
        self._notches = CausalFilter(self._sections())

    def push(self, x):
        # As in the conditioner of the stream chapter: retuning happens at fixed sample numbers, never at chunk borders.
        parts, done = [], 0
        while done < x.size:
            piece = x[done : done + self._trackers[0].missing]
            parts.append(self._notches.push(piece))
            done += piece.size
            whole = piece.size == self._trackers[0].missing
            clear = [tracker.push(piece[None]) for tracker in self._trackers]
            if whole:
                self._seen = clear
                self._notches.retune(self._sections())
        return np.concatenate(parts)

    def _sections(self):
        """One section per multiple; `1, 0, 0` over `1, 0, 0` lets everything through."""
        frequency_hz = self._trackers[0].frequency_hz
        sections = np.tile([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], (len(self.multiples), 1))
        for row, (multiple, seen) in enumerate(zip(self.multiples, self._seen, strict=True)):
            if seen and self._seen[0]:
                line_hz = multiple * frequency_hz
                sections[row] = signal.tf2sos(*signal.iirnotch(line_hz, line_hz / self.width_hz, fs=self.fs))[0]
        return sections


def _checked_band(band_hz):
    """Two edges in Hz as a tuple, or a sentence."""
    edges = tuple(np.atleast_1d(np.asarray(band_hz, dtype=np.float64)).tolist())
    if len(edges) != 2 or not 0 < edges[0] < edges[1]:
        raise ValueError(f"band_hz is {band_hz!r}, but it must be two rising edges in Hz: pass for example (20, 450).")
    return edges
