"""The ADS1256: a 24-bit delta-sigma converter, from volts to counts.

What the data sheet (TI SBAS288) says is used as it is; the noise model is ours, anchored on the one
noise figure that could be checked (18.6 noise-free and 21.3 effective bits at 2,000 samples per second and gain 1).
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal
from scipy.special import diric

from emgtut.signals import check_fs, resample, validate

__all__ = ["ADS1256", "DATA_RATES", "GAINS", "alias_of", "decimate", "uart_load"]

MODULATOR_HZ = 1.92e6
SINC5_DECIMATION = 64
SINC5_HZ = MODULATOR_HZ / SINC5_DECIMATION
BITS = 24
GAINS = (1, 2, 4, 8, 16, 32, 64)
# data rate in samples per second -> values averaged after the sinc5 filter
AVERAGED = {
    30000: 1, 15000: 2, 7500: 4, 3750: 8, 2000: 15, 1000: 30, 500: 60, 100: 300,
    60: 500, 50: 600, 30: 1000, 25: 1200, 15: 2000, 10: 3000, 5: 6000, 2.5: 12000,
}  # fmt: skip
DATA_RATES = tuple(AVERAGED)
# Eight settling times in the data sheet, 0.21 ms at 30,000 to 10.18 ms at 100 samples per second, are all one sample
# period plus this, within rounding; for slower rates the rule is our extrapolation.
FILTER_DELAY_S = 0.18e-3
# White noise density at the input for each gain, nV/sqrt(Hz). Only the first is anchored on a checked figure.
NOISE_NV = dict(zip(GAINS, (130.0, 84.0, 59.0, 48.0, 31.0, 23.0, 22.0), strict=True))


@dataclass(frozen=True)
class ADS1256:
    """A converter set to one gain and one data rate.

    Parameters
    ----------
    gain : int
        Programmable gain, one of 1, 2, 4, 8, 16, 32, 64.
    data_rate : float, samples per second
        One of :data:`DATA_RATES`.
    reference_volt : float, volt
        Reference voltage, 0.5 to 2.6.

    Raises
    ------
    ValueError
        If a setting is not one the chip has.

    References
    ----------
    ADS1256

    Lesson
    ------
    04 Digitise

    Examples
    --------
    >>> adc = ADS1256(gain=1, data_rate=1000)
    >>> adc.full_scale_volt, round(adc.lsb_volt * 1e9)   # plus and minus volt; nanovolt per count
    (5.0, 596)
    >>> round(float(adc.response(450.0)), 3)   # a "1 kSPS" converter already loses 3 dB at 450 Hz
    0.698
    """

    gain: int = 1
    data_rate: float = 1000
    reference_volt: float = 2.5

    def __post_init__(self):
        if self.gain not in GAINS:
            raise ValueError(f"gain must be one of {GAINS}, got {self.gain}.")
        if self.data_rate not in AVERAGED:
            raise ValueError(f"data_rate must be one of {DATA_RATES} samples per second, got {self.data_rate}.")
        if not 0.5 <= self.reference_volt <= 2.6:
            raise ValueError(f"reference_volt must lie between 0.5 and 2.6 V, got {self.reference_volt}.")

    @property
    def averaged(self):
        """How many sinc5 outputs are averaged into one sample."""
        return AVERAGED[self.data_rate]

    @property
    def full_scale_volt(self):
        """Largest input, plus or minus, in volt."""
        return 2 * self.reference_volt / self.gain

    @property
    def lsb_volt(self):
        """One count, in volt."""
        return 2 * self.full_scale_volt / 2**BITS

    def response(self, freq_hz):
        """Magnitude of the digital filter: sinc5 at the modulator rate, then a plain average.

        Parameters
        ----------
        freq_hz : array_like (...,), hertz

        Returns
        -------
        numpy.ndarray (...,), dimensionless
            1 at zero frequency.

        References
        ----------
        ADS1256

        Lesson
        ------
        04 Digitise

        Examples
        --------
        >>> float(ADS1256(data_rate=50).response(50.0)) < 1e-12   # a null at mains, at a rate useless for EMG
        True
        """
        freq = np.asarray(freq_hz, dtype=float) / MODULATOR_HZ
        return np.abs(
            diric(2 * np.pi * freq, SINC5_DECIMATION) ** 5 * diric(2 * np.pi * freq * SINC5_DECIMATION, self.averaged)
        )

    @property
    def noise_bandwidth_hz(self):
        """Width of the ideal low-pass that would let the same white noise through, in hertz."""
        freq = np.linspace(0, MODULATOR_HZ / 2, 2**20 + 1)
        return float(np.trapezoid(self.response(freq) ** 2, freq))

    @property
    def noise_volt(self):
        """RMS noise at the input in volt: our white model times the noise bandwidth."""
        return NOISE_NV[self.gain] * 1e-9 * np.sqrt(self.noise_bandwidth_hz)

    @property
    def effective_bits(self):
        """log2 of the full range over the RMS noise."""
        return float(np.log2(2 * self.full_scale_volt / self.noise_volt))

    @property
    def settling_s(self):
        """Time from switching the input to the first reading that has forgotten the input before, in second."""
        return 1 / self.data_rate + FILTER_DELAY_S

    def multiplexed_rate(self, channels=1, *, overhead_s=0.0):
        """Samples per second and channel when the converter visits several inputs in turn.

        Each visit waits until the filter has settled, so channels cost more than their number, and no two of them are
        sampled at the same time.

        Parameters
        ----------
        channels : int
            Inputs visited; 1 is the rate of a converter that is switched and comes back to the same input.
        overhead_s : float, second
            Time for the commands between two readings.

        Returns
        -------
        float, samples per second

        Raises
        ------
        ValueError
            If there is no channel or the overhead is negative.

        References
        ----------
        ADS1256

        Lesson
        ------
        04 Digitise

        Examples
        --------
        >>> adc = ADS1256(data_rate=2000)
        >>> round(adc.multiplexed_rate()), round(adc.multiplexed_rate(4))   # not 2000 and 500
        (1471, 368)
        """
        if int(channels) != channels or channels < 1 or not 0 <= overhead_s < np.inf:
            raise ValueError(f"channels must be 1 or more and overhead_s 0 or more, got {channels} and {overhead_s}.")
        return 1 / (channels * (self.settling_s + overhead_s))

    def sample(self, volt, *, fs, rng):
        """Convert a voltage into counts: filter, sample, add noise, clip and round.

        Parameters
        ----------
        volt : array_like (..., n_samples), volt
            The differential voltage at the input pins, sampled finely enough to stand for an analog signal.
        fs : float, hertz
            Sampling rate of `volt`: a whole multiple of 30,000, the rate behind the sinc5 filter. At 30,000 that
            filter's own shape (0.02 dB at 450 Hz) is left out; at 1.92 MHz the chain is exact.
        rng : numpy.random.Generator
            For the noise.

        Returns
        -------
        numpy.ndarray (..., n_out), int32, counts
            At the data rate, clipped to the 24-bit range.

        Raises
        ------
        ValueError
            If `fs` is not such a multiple.

        References
        ----------
        ADS1256

        Lesson
        ------
        04 Digitise

        Examples
        --------
        >>> adc = ADS1256(gain=1, data_rate=1000)
        >>> counts = adc.sample(np.full(30000, 1.25), fs=30000, rng=np.random.default_rng(0))
        >>> counts.shape, round(float(counts[-1] * adc.lsb_volt), 4)
        ((1000,), 1.25)
        """
        volt = validate(volt, name="volt")
        steps = check_fs(fs) / SINC5_HZ
        if abs(steps - round(steps)) > 1e-9 or steps < 1:
            raise ValueError(f"fs must be a whole multiple of {SINC5_HZ:.0f} Hz, got {fs}; resample the voltage first.")
        steps = round(steps)
        for _ in range(5):
            volt = _moving_average(volt, steps)
        at_30k = volt[..., steps - 1 :: steps]
        sampled = _moving_average(at_30k, self.averaged)[..., self.averaged - 1 :: self.averaged]
        noisy = sampled + self.noise_volt * rng.standard_normal(sampled.shape)
        return np.clip(np.round(noisy / self.lsb_volt), -(2 ** (BITS - 1)), 2 ** (BITS - 1) - 1).astype(np.int32)

    def to_volt(self, counts):
        """Counts back to volt.

        Parameters
        ----------
        counts : array_like (..., n_samples), counts

        Returns
        -------
        numpy.ndarray (..., n_samples), float64, volt

        Lesson
        ------
        04 Digitise

        Examples
        --------
        >>> ADS1256(gain=2).to_volt([2**22])
        array([1.25])
        """
        return np.asarray(counts, dtype=float) * self.lsb_volt


def _moving_average(x, length):
    """Causal average over `length` samples; the first ones average over what a silent past leaves."""
    return signal.lfilter(np.full(length, 1 / length), [1.0], x, axis=-1) if length > 1 else x


def alias_of(freq_hz, *, fs):
    """Frequency at which a tone appears after sampling.

    Parameters
    ----------
    freq_hz : array_like (...,), hertz
    fs : float, hertz

    Returns
    -------
    numpy.ndarray (...,), hertz
        Between 0 and fs/2.

    Raises
    ------
    ValueError
        If `fs` is not positive.

    Lesson
    ------
    04 Digitise

    Examples
    --------
    >>> float(alias_of(900.0, fs=1000))
    100.0
    """
    folded = np.mod(np.asarray(freq_hz, dtype=float), check_fs(fs))
    return np.minimum(folded, fs - folded)


def decimate(x, *, fs, factor):
    """Low-pass and keep every `factor`-th sample: run the converter fast, then come down digitally.

    Parameters
    ----------
    x : array_like (..., n_samples), any unit
    fs : float, hertz
    factor : int
        At least 1.

    Returns
    -------
    numpy.ndarray (..., ceil(n_samples / factor)), unit of `x`
        Linear phase with the delay removed.

    Raises
    ------
    ValueError
        If `factor` is not a positive whole number.

    Lesson
    ------
    04 Digitise

    Examples
    --------
    >>> decimate(np.ones(4000), fs=4000, factor=4).shape
    (1000,)
    """
    if int(factor) != factor or factor < 1:
        raise ValueError(f"factor must be a whole number of at least 1, got {factor}.")
    return resample(x, fs=fs, fs_out=fs / factor)


def uart_load(*, data_rate, bytes_per_sample, baud=115200):
    """Share of a serial line that a stream fills; above 1 it drops samples.

    A UART frame carries ten bits per byte (start, eight, stop).

    Parameters
    ----------
    data_rate : float, samples per second
    bytes_per_sample : float, bytes
    baud : float, bit per second

    Returns
    -------
    float, dimensionless

    Raises
    ------
    ValueError
        If an argument is not positive.

    Lesson
    ------
    04 Digitise

    Examples
    --------
    >>> round(uart_load(data_rate=1000, bytes_per_sample=5), 3)    # binary with two sync bytes fits
    0.434
    >>> round(uart_load(data_rate=2000, bytes_per_sample=10), 3)   # the same numbers as text do not
    1.736
    """
    if min(data_rate, bytes_per_sample, baud) <= 0:
        raise ValueError("data_rate, bytes_per_sample and baud must all be positive.")
    return 10 * data_rate * bytes_per_sample / baud
