"""One case: a clean window, what was made of it, and fingerprints by which anyone can tell that it is the same."""

import hashlib
from dataclasses import dataclass

import numpy as np

from emgtut.data.prepare import content_hash
from emgtut.signals import rms

__all__ = ["Case", "digest"]

STEPS = 1000  # a fingerprint resolves a thousandth of the clean RMS: far above rounding, far below any difference


@dataclass(frozen=True)
class Case:
    """A clean window with its contaminated version.

    Parameters
    ----------
    about : dict
        What tells it apart: `case`, `subject`, `recording`, `channel`, `start_s` (s), `units`, `snr_db` (dB, as asked),
        `kinds`, `k`, `sources`.
    clean, noisy : ndarray, shape (n_samples,), unit as `about["units"]` says
        The two signals.
    fs : float
        Sampling rate in Hz.

    Examples
    --------
    >>> clean = np.random.default_rng(0).standard_normal(2000)
    >>> one = Case({"case": "a", "snr_db": 0.0}, clean, 2 * clean, 1000.0)
    >>> louder = Case({"case": "a", "snr_db": 0.0}, 10 * clean, 20 * clean, 1000.0)
    >>> one.fingerprint() == louder.fingerprint(), one.exact() == louder.exact()
    (True, False)

    Lesson
    ------
    19 Showdown
    """

    about: dict
    clean: np.ndarray
    noisy: np.ndarray
    fs: float

    def fingerprint(self):
        """Sixteen digits over both signals, rounded to a thousandth of the clean RMS: the same on every machine."""
        pair = np.stack([self.clean, self.noisy]) * (STEPS / float(rms(self.clean)))
        return hashlib.sha256(np.rint(pair).astype("<i8").tobytes()).hexdigest()[:16]

    def exact(self):
        """Sixteen digits over every bit of both signals: the same where processor and libraries are the same."""
        return content_hash(np.stack([self.clean, self.noisy]), digits=16)


def digest(table, *, column="fingerprint"):
    """Hash a whole benchmark: which cases it has, where their noise is from, and what they look like.

    Parameters
    ----------
    table : DataFrame
        Rows with `case`, `sources` and the fingerprint; a case may have many rows.
    column : {"fingerprint", "exact"}
        Which fingerprint of the samples.

    Returns
    -------
    str
        SHA-256, 64 hexadecimal digits. The order of the rows does not matter.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"case": ["a", "b"], "sources": ["x", "y"], "fingerprint": ["1", "2"]})
    >>> digest(table) == digest(table[::-1]) == digest(pd.concat([table, table]))
    True

    Lesson
    ------
    19 Showdown
    """
    columns = ["case", "sources", column]
    lines = sorted("\t".join(map(str, row)) for row in set(table[columns].itertuples(index=False, name=None)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
