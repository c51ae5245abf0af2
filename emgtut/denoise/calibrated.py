"""Settings that were calibrated, read from the package. How they were found: `emgtut.denoise.calibration`."""

import functools
import json
import pathlib

__all__ = ["STORE", "calibrated", "forget"]

STORE = pathlib.Path(__file__).with_name("calibrated.json")


def calibrated(name, *, store=STORE):
    """Settings that a method uses where the caller gives none.

    Parameters
    ----------
    name : str
        Registered name of a calibrated method.
    store : path
        Where calibrations are kept; by default in the package.

    Returns
    -------
    dict
        Setting to value, in the units of the method's own parameters.

    Raises
    ------
    ValueError
        If the method has never been calibrated.

    Examples
    --------
    >>> sorted(calibrated("bandpass_notch"))
    ['band_hz', 'width_hz']

    Lesson
    ------
    11 Filters
    """
    methods = _stored(pathlib.Path(store))["methods"]
    if name not in methods:
        raise ValueError(f"{name!r} has no calibrated settings; those that have are {', '.join(sorted(methods))}.")
    return dict(methods[name]["settings"])


@functools.cache
def _stored(store):
    return json.loads(store.read_text(encoding="utf-8"))


def forget():
    """Read the files anew next time, because one of them was written.

    Examples
    --------
    >>> forget()

    Lesson
    ------
    11 Filters
    """
    _stored.cache_clear()
