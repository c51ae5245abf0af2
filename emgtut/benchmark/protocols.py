"""Which conditions are asked: the levels, the kinds of contaminant, how many at once, how many windows of each."""

from dataclasses import dataclass, replace

from emgtut.contaminate import KINDS, condition_grid
from emgtut.signals import check_count

__all__ = ["PROTOCOLS", "Protocol", "protocol"]


@dataclass(frozen=True)
class Protocol:
    """A grid of conditions, and how often each is met.

    Parameters
    ----------
    name : str
        Its name.
    snr_db : tuple of float
        Mixing SNRs in dB.
    kinds : tuple of str
        Kinds of contaminant.
    numbers : tuple of int
        How many kinds act at once.
    windows : int
        Windows for each subject in each condition.

    Examples
    --------
    >>> len(PROTOCOLS["ecg"].conditions()), len(PROTOCOLS["mixtures"].conditions())
    (8, 217)

    Lesson
    ------
    19 Showdown
    """

    name: str
    snr_db: tuple
    kinds: tuple
    numbers: tuple
    windows: int

    def conditions(self):
        """Every condition, in the order level, number, combination."""
        return condition_grid(self.snr_db, self.numbers, kinds=self.kinds)


PROTOCOLS = {
    # the heart alone, at the test levels of the single-channel ECG papers
    "ecg": Protocol("ecg", tuple(range(0, -15, -2)), ("ecg",), (1,), 10),
    # every combination of the five kinds, at every level
    "mixtures": Protocol("mixtures", tuple(range(-15, 16, 5)), KINDS, (1, 2, 3, 4, 5), 1),
}


def protocol(name, *, windows=None):
    """Find a protocol by name.

    Parameters
    ----------
    name : {"ecg", "mixtures"}
        Which one.
    windows : int, optional
        Windows for each subject in each condition, instead of the protocol's own number.

    Returns
    -------
    Protocol
        The protocol.

    Raises
    ------
    ValueError
        If there is no such protocol, or the number is below one.

    References
    ----------
    MSEMG2025

    Examples
    --------
    >>> protocol("ecg", windows=2).windows
    2
    >>> protocol("hum")
    Traceback (most recent call last):
        ...
    ValueError: There is no protocol 'hum': choose ecg or mixtures.

    Lesson
    ------
    19 Showdown
    """
    if name not in PROTOCOLS:
        raise ValueError(f"There is no protocol {name!r}: choose {' or '.join(PROTOCOLS)}.")
    found = PROTOCOLS[name]
    return found if windows is None else replace(found, windows=check_count(windows, name="windows"))
