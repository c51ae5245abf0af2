"""The analog signal path: amplifier and stages, from the two electrodes to the converter's pins."""

from dataclasses import dataclass, field

import numpy as np

from emgtut.acquire.amplifier import INA128
from emgtut.signals import check_fs, validate

__all__ = ["Chain"]


@dataclass(frozen=True)
class Chain:
    """Amplifier and the stages after it, from the two electrodes to the converter's pins.

    Parameters
    ----------
    amplifier : INA128
        First stage, with its gain, noise and range.
    stages : tuple of Stage
        In the order of the signal.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> from emgtut.acquire.stages import gain_stage, wide_bandpass
    >>> band = wide_bandpass(8060, 1e-6, 80600, 3.9e-9)
    >>> chain = Chain(INA128(gain_ohm=5556), (band, gain_stage(-5, offset_volt=1.5)))
    >>> round(float(abs(chain.response(100.0))))
    481
    """

    amplifier: INA128
    stages: tuple = field(default=())

    def response(self, freq_hz):
        """Differential gain of the whole chain.

        Parameters
        ----------
        freq_hz : array_like (...,), hertz

        Returns
        -------
        numpy.ndarray (...,), complex, volt per volt

        Lesson
        ------
        03 The signal path

        Examples
        --------
        >>> complex(Chain(INA128(gain_ohm=50e3)).response(100.0))
        (2+0j)
        """
        gain = np.full(np.shape(freq_hz), self.amplifier.gain, dtype=complex)
        for stage in self.stages:
            gain = gain * stage.response(freq_hz)
        return gain

    def apply(self, muscle_mv, **conditions):
        """Voltage at the converter for a muscle signal at the electrodes: the last of :meth:`probe`.

        Parameters
        ----------
        muscle_mv : array_like (..., n_samples), millivolt
        **conditions
            Those of :meth:`probe`.

        Returns
        -------
        numpy.ndarray (..., n_samples), volt
            Clipped wherever a stage runs out of range.

        Raises
        ------
        ValueError
            If the input is not a finite signal.

        Lesson
        ------
        03 The signal path

        Examples
        --------
        An electrode offset of 0.3 V saturates a first stage with gain 100: the muscle is gone.

        >>> chain = Chain(INA128(gain_ohm=505))
        >>> out = chain.apply(np.sin(np.arange(3000.0)), fs=30000, rng=np.random.default_rng(0), offset_volt=0.3)
        >>> float(np.ptp(out))
        0.0
        """
        return self.probe(muscle_mv, **conditions)[-1][1]

    def probe(self, muscle_mv, *, fs, rng, common_mode_volt=0.0, offset_volt=0.0, source_ohm=10e3, mains_hz=50.0):
        """Voltages along the path, as a probe would find them after every stage.

        Parameters
        ----------
        muscle_mv : array_like (..., n_samples), millivolt
            Differential signal between the electrodes: the muscle, and the hum that unequal electrodes have made of
            the common mode (:func:`emgtut.acquire.body.differential_hum`).
        fs : float, hertz
            Simulation rate, well above the band (30 kHz suits the converter).
        rng : numpy.random.Generator
            For the noise.
        common_mode_volt : float or array_like (n_samples,), volt
            Common voltage at the inputs; the amplifier rejects it as it does at `mains_hz`.
        offset_volt : float, volt
            Electrode offset.
        source_ohm : float, ohm
            Resistance of each electrode, for the noise.
        mains_hz : float, hertz

        Returns
        -------
        list of tuple (str, numpy.ndarray (..., n_samples)), volt
            Name and voltage at the input, after the amplifier, and after each stage, in this order.

        Raises
        ------
        ValueError
            If the input is not a finite signal.

        Lesson
        ------
        03 The signal path

        Examples
        --------
        >>> from emgtut.acquire.stages import gain_stage
        >>> path = Chain(INA128(gain_ohm=50e3), (gain_stage(10),))
        >>> found = path.probe(np.zeros(100), fs=30000, rng=np.random.default_rng(0), offset_volt=0.1)
        >>> [(name, round(float(volt.mean()), 3)) for name, volt in found]
        [('input', 0.1), ('amplifier', 0.2), ('gain', 2.0)]
        """
        muscle = validate(muscle_mv, name="muscle_mv") * 1e-3
        leak = np.asarray(common_mode_volt, dtype=float) * 10 ** (-self.amplifier.cmrr_db(mains_hz) / 20)
        volt = muscle + leak + offset_volt + self._noise(muscle.shape, fs, source_ohm, rng)
        found = [("input", volt)]
        volt = np.clip(self.amplifier.gain * volt, -self.amplifier.swing_volt, self.amplifier.swing_volt)
        found.append(("amplifier", volt))
        for stage in self.stages:
            volt = stage.apply(volt, fs=fs)
            found.append((stage.name, volt))
        return found

    def _noise(self, shape, fs, source_ohm, rng):
        """Gaussian noise with the amplifier's spectrum; zero frequency belongs to the offset."""
        freq = np.fft.rfftfreq(shape[-1], 1 / check_fs(fs))
        density = np.zeros_like(freq)
        density[1:] = self.amplifier.noise_density(freq[1:], source_ohm=source_ohm)
        white = np.fft.rfft(rng.standard_normal(shape), axis=-1)
        return np.fft.irfft(white * density * np.sqrt(fs / 2), n=shape[-1], axis=-1)
