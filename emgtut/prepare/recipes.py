"""Recipes: the settings of published pipelines, and what this course does differently unless told otherwise."""

from dataclasses import asdict, dataclass, field, replace

from emgtut.contaminate.library import KINDS

__all__ = ["CORRECTIONS", "RECIPES", "Recipe", "recipe"]

# What is corrected: name -> (what we do, what was published). Each can be switched back on its own.
CORRECTIONS = {
    "rate": ("DB8 is read at the 2000 Hz of its files", "DB8 is read as if it had 1111 Hz"),
    "ids": ("names carry record, exercise and content", "names lack the exercise, so files overwrite one another"),
    "merge": ("a new gesture begins a new trial", "gestures without rest between them are one trial"),
    "screening": ("ratios that no gain can change", "constants in volts are added, and a dead channel may pass"),
    "filter": ("the whole recording is filtered, then cut", "each trial is cut out first and filtered alone"),
    "resampling": ("a resampling filter makes 1 kHz", "every second sample is taken"),
    "validation-subjects": (
        "validation has subjects of its own, from the middle of each stratum",
        "validation takes the smallest and the largest subject, or shares its subjects with training",
    ),
    "validation-noise": ("validation has noise sources of its own", "validation draws from the training noise"),
    "noise-band": ("contaminants keep their band", "every contaminant is band-passed to 20-495 Hz"),
    "label": ("the realised SNR equals the label", "component energies are added and cross terms ignored"),
    "white-cap": ("equal shares for every type", "white noise is capped at -5 dB, the others take the rest"),
    "clip": ("pairs are kept in their unit, unclipped", "pairs are divided by a quantile and clipped to 1"),
    "seeds": ("each segment has a stream named after it", "seeds are sums, and different segments share them"),
}


@dataclass(frozen=True)
class Recipe:
    """Settings of one pipeline.

    Parameters
    ----------
    name : str
        Which pipeline.
    cite : str
        BibTeX key of the publication.
    window_s : float
        Length of a segment in seconds.
    whole : bool
        Cut the whole recording, rest included; otherwise only the trials.
    screen : bool
        Keep a trial and channel only if it passes the screening.
    peak : bool
        Divide each channel by its largest magnitude in the recording, and each mixture by its own.
    kinds : tuple of str
        Contaminants to draw from.
    most_kinds : int
        Largest number of contaminants in a mixture; each number from 1 is equally likely.
    levels : dict of str to (float, float, float)
        For each part of the split: lowest and highest SNR in dB, and the step. A step of 0 means one level from the
        whole range; otherwise one level of that grid.
    every_level : bool
        Mix each segment once at every level of the grid instead of once at one of them.
    band_hz : (float, float)
        Band-pass in Hz.
    order : int
        Order of the band-pass.
    fs : float
        Sampling rate of the segments in Hz.
    published : tuple of str
        Corrections that are switched off.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> recipe("cleansemg").window_s, recipe("qase").window_s
    (2.0, 10.0)
    """

    name: str
    cite: str
    window_s: float
    whole: bool
    screen: bool
    peak: bool
    kinds: tuple
    most_kinds: int
    levels: dict = field(default_factory=dict)
    every_level: bool = False
    band_hz: tuple = (20.0, 500.0)
    order: int = 4
    fs: float = 1000.0
    published: tuple = ()

    def corrected(self, name):
        """Say whether a correction is in force."""
        if name not in CORRECTIONS:
            raise ValueError(f"There is no correction {name!r}; there are {', '.join(CORRECTIONS)}.")
        return name not in self.published

    def settings(self):
        """Everything as plain data, for the record beside the result."""
        return asdict(self)


RECIPES = {
    "cleansemg": Recipe(
        "cleansemg", "CleanSEMG2026", 2.0, False, True, False, KINDS, 5,
        {"train": (-15.0, 15.0, 0.0), "validation": (-15.0, 15.0, 0.0), "test": (-15.0, 15.0, 5.0)},
    ),
    "qase": Recipe(
        "qase", "QASENet2024", 10.0, True, False, True, ("ecg",), 1,
        {"train": (-15.0, 0.0, 1.0), "validation": (-15.0, 0.0, 0.5), "test": (-15.0, 0.0, 0.5)}, every_level=True,
    ),
    "msemg": Recipe(
        "msemg", "MSEMG2025", 10.0, True, False, True, ("ecg",), 1,
        {"train": (-15.0, -5.0, 2.0), "validation": (-15.0, -5.0, 2.0), "test": (-14.0, 0.0, 2.0)}, every_level=True,
    ),
}  # fmt: skip


def recipe(name, *, published=()):
    """Look up a recipe, with some or all corrections switched off.

    Parameters
    ----------
    name : {"cleansemg", "qase", "msemg"}
        Which pipeline.
    published : sequence of str
        Corrections to switch off, from `CORRECTIONS`; ``["all"]`` switches off every one.

    Returns
    -------
    Recipe

    Raises
    ------
    ValueError
        If recipe or correction are unknown.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> recipe("cleansemg", published=["ids"]).corrected("ids")
    False
    >>> recipe("cleansemg", published=["names"])
    Traceback (most recent call last):
    ...
    ValueError: There is no correction 'names'; there are rate, ids, merge, screening, ...
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    wanted = tuple(CORRECTIONS) if "all" in published else tuple(published)
    for one in wanted:
        RECIPES[name].corrected(one)
    return replace(RECIPES[name], published=tuple(one for one in CORRECTIONS if one in wanted))
