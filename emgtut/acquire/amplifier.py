"""The instrumentation amplifier INA128: gain, common-mode rejection, noise and the range it can swing.

Figures are those of the data sheet (TI SBOS051). Where it gives only a curve, the parameter is the user's, and said so.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["INA128"]

BOLTZMANN = 1.380649e-23
# Typical and guaranteed common-mode rejection of the P/U grades at low frequency, against gain.
CMRR_GAINS = (1, 10, 100, 1000)
CMRR_DB = {"typical": (86, 106, 125, 130), "minimum": (80, 100, 120, 120)}
# White level and 1/f corner that reproduce the tabulated densities at 10 Hz and 1 kHz.
VOLTAGE_NOISE, VOLTAGE_CORNER_HZ = 8e-9, 10 * ((10 / 8) ** 2 - 1)
CURRENT_NOISE, CURRENT_CORNER_HZ = 0.3e-12, 10 * ((0.9 / 0.3) ** 2 - 1)


@dataclass(frozen=True)
class INA128:
    """One amplifier with its gain resistor.

    Parameters
    ----------
    gain_ohm : float, ohm
        The resistor that sets the gain, ``G = 1 + 50 kOhm / R``.
    supply_volt : float, volt
        Plus and minus, 2.25 to 18.
    headroom_volt : float, volt
        How close to the rails the output comes.
    cmrr_corner_hz : float, hertz
        Frequency above which rejection falls by 20 dB per decade. The data sheet shows a curve, no number:
        this one is yours to choose.
    output_noise : float, volt per square-root hertz
        Noise of the output stage, which counts divided by the gain. The data sheet tabulates noise at gain 1000,
        where it does not matter, and shows a curve for the rest: yours to choose, and 0 flatters a low gain.

    Raises
    ------
    ValueError
        If a value is outside what the chip allows.

    References
    ----------
    INA128

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> amplifier = INA128(gain_ohm=5556)
    >>> round(amplifier.gain, 2), round(amplifier.cmrr_db(50.0))
    (10.0, 106)
    """

    gain_ohm: float
    supply_volt: float = 5.0
    headroom_volt: float = 1.4
    cmrr_corner_hz: float = 1000.0
    output_noise: float = 0.0

    def __post_init__(self):
        if not self.gain_ohm > 0:
            raise ValueError(f"gain_ohm must be positive, got {self.gain_ohm}.")
        if not 2.25 <= self.supply_volt <= 18:
            raise ValueError(f"supply_volt must lie between 2.25 and 18 V, got {self.supply_volt}.")
        if not 0 <= self.headroom_volt < self.supply_volt:
            raise ValueError(f"headroom_volt must be at least 0 and below the supply, got {self.headroom_volt}.")
        if not self.cmrr_corner_hz > 0 or not self.output_noise >= 0:
            raise ValueError(
                f"cmrr_corner_hz must be positive and output_noise not negative, got {self.cmrr_corner_hz} "
                f"and {self.output_noise}."
            )

    @property
    def gain(self):
        """Differential gain, dimensionless."""
        return 1 + 50e3 / self.gain_ohm

    @property
    def swing_volt(self):
        """Largest output, plus or minus, in volt."""
        return self.supply_volt - self.headroom_volt

    def largest_input_volt(self, offset_volt=0.0):
        """Signal that still fits beside a constant electrode offset.

        Parameters
        ----------
        offset_volt : float, volt
            Difference of the two electrodes' half-cell voltages; up to 0.3 V is to be expected.

        Returns
        -------
        float, volt
            Plus and minus at the input; 0 when the offset alone saturates the stage.

        References
        ----------
        INA128

        Lesson
        ------
        03 The signal path

        Examples
        --------
        Gain 12 still carries a 300 mV offset on 5 V rails, gain 13 does not:

        >>> [round(INA128(gain_ohm=50e3 / (g - 1)).largest_input_volt(0.3), 3) for g in (10, 12, 13)]
        [0.06, 0.0, 0.0]
        """
        return max(0.0, self.swing_volt / self.gain - abs(offset_volt))

    def cmrr_db(self, freq_hz, *, grade="typical"):
        """Common-mode rejection, interpolated over the logarithm of the gain and falling above the corner.

        Parameters
        ----------
        freq_hz : array_like (...,), hertz
        grade : {"typical", "minimum"}

        Returns
        -------
        float or numpy.ndarray (...,), decibel

        Raises
        ------
        ValueError
            If the grade is neither.

        References
        ----------
        INA128

        Lesson
        ------
        02 Electrode and mains

        Examples
        --------
        >>> float(INA128(gain_ohm=505).cmrr_db(0.0, grade="minimum").round())
        120.0
        """
        if grade not in CMRR_DB:
            raise ValueError(f"grade must be 'typical' or 'minimum', got {grade!r}.")
        low = np.interp(np.log10(self.gain), np.log10(CMRR_GAINS), CMRR_DB[grade])
        return low - 10 * np.log10(1 + (np.asarray(freq_hz, dtype=float) / self.cmrr_corner_hz) ** 2)

    def noise_density(self, freq_hz, *, source_ohm, kelvin=305.0):
        """Noise referred to the input: the amplifier's own, its current through the skin, and the skin's heat.

        The amplifier's own noise is the tabulated one of the input stage, plus `output_noise` over the gain.

        Parameters
        ----------
        freq_hz : array_like (...,), hertz
            Above zero.
        source_ohm : float, ohm
            Resistance of each electrode.
        kelvin : float, kelvin
            Temperature of the skin.

        Returns
        -------
        numpy.ndarray (...,), volt per square-root hertz

        Raises
        ------
        ValueError
            If a frequency is not positive or the resistance negative.

        References
        ----------
        INA128

        Lesson
        ------
        03 The signal path

        Examples
        --------
        >>> round(float(INA128(gain_ohm=505).noise_density(100.0, source_ohm=10e3)) * 1e9)   # nV per root hertz
        21
        """
        freq = np.asarray(freq_hz, dtype=float)
        if np.any(freq <= 0) or source_ohm < 0:
            raise ValueError("freq_hz must be above zero and source_ohm not negative.")
        voltage = VOLTAGE_NOISE**2 * (1 + VOLTAGE_CORNER_HZ / freq)
        current = CURRENT_NOISE**2 * (1 + CURRENT_CORNER_HZ / freq)
        thermal = 4 * BOLTZMANN * kelvin * source_ohm
        output = (self.output_noise / self.gain) ** 2
        return np.sqrt(voltage + output + 2 * current * source_ohm**2 + 2 * thermal)

    def noise_volt(self, *, source_ohm, low_hz=20.0, high_hz=500.0):
        """RMS noise at the input over a band.

        Parameters
        ----------
        source_ohm : float, ohm
        low_hz, high_hz : float, hertz

        Returns
        -------
        float, volt

        Raises
        ------
        ValueError
            If the band is empty.

        References
        ----------
        INA128

        Lesson
        ------
        03 The signal path

        Examples
        --------
        The skin, not the amplifier, dominates:

        >>> amplifier = INA128(gain_ohm=505)
        >>> [round(amplifier.noise_volt(source_ohm=r) * 1e6, 2) for r in (0, 10e3, 50e3)]   # microvolt
        [0.18, 0.45, 1.08]
        """
        if not 0 < low_hz < high_hz:
            raise ValueError(f"the band must satisfy 0 < low_hz < high_hz, got {low_hz} to {high_hz}.")
        freq = np.linspace(low_hz, high_hz, 4001)
        return float(np.sqrt(np.trapezoid(self.noise_density(freq, source_ohm=source_ohm) ** 2, freq)))
