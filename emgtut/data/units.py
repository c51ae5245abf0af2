"""Amplitude units: voltages become millivolts, everything else must be called arbitrary on purpose."""

UNITS = ("mV", "arbitrary")

# How many millivolts one unit is. The micro sign and the Greek mu look alike and are two characters; files use both.
MILLIVOLTS = {
    **dict.fromkeys(("v", "volt", "volts"), 1e3),
    **dict.fromkeys(("mv", "millivolt", "millivolts"), 1.0),
    **dict.fromkeys(("uv", "µv", "μv", "microvolt", "microvolts"), 1e-3),
    **dict.fromkeys(("nv", "nanovolt", "nanovolts"), 1e-6),
}
ARBITRARY = ("arbitrary", "a.u.", "au", "adu", "nu", "counts", "count", "raw", "none", "-", "")
ALLOWED = "V, mV, uV (or µV), nV, or arbitrary"


def parse_units(word, *, source=None):
    """Say what a unit word means.

    Parameters
    ----------
    word : str
        A unit as a file or a person writes it, such as ``"uV"``.
    source : str, optional
        Where the word was read, for the message.

    Returns
    -------
    units : {"mV", "arbitrary"}
        What the numbers are after scaling.
    scale : float, millivolts per unit
        Factor to multiply the numbers with; 1 for arbitrary.

    Raises
    ------
    ValueError
        If the word is neither a voltage nor a word for "arbitrary".

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> parse_units("µV")
    ('mV', 0.001)
    >>> parse_units("adu")
    ('arbitrary', 1.0)
    """
    key = str(word).strip().lower()
    if key in MILLIVOLTS:
        # "MV" would be megavolts in SI; no biosignal has them, and several devices write it for millivolts.
        return "mV", MILLIVOLTS[key]
    if key in ARBITRARY:
        return "arbitrary", 1.0
    if source is None:
        raise ValueError(f"The unit {word!r} is unknown; use {ALLOWED}.")
    raise ValueError(
        f"{source} gives its amplitude in {word!r}, which is not a known voltage; "
        f"pass units (--units): {ALLOWED}, where arbitrary keeps the numbers as they are."
    )
