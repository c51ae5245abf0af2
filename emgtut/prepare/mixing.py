"""From a clean segment to its mixtures: how many contaminants, which, at which level, from which source."""

import numpy as np

from emgtut.contaminate import compat
from emgtut.contaminate.grid import stream
from emgtut.contaminate.library import KINDS, draw_with_source
from emgtut.contaminate.mix import mix_components

LEVELS_TEXT = "{:+g}dB"


def mixtures_of(clean, row, recipe, *, index, seed, source="auto", root=None):
    """Mix one segment as often as the recipe says.

    Parameters
    ----------
    clean : numpy.ndarray, shape (n_samples,), any unit
        The segment.
    row : dict
        Its annotations, with ``segment_id`` and ``split``.
    recipe : Recipe
        How.
    index : int
        Number of the segment; only the published seeds use it.
    seed : int
        Of the whole corpus.
    source, root
        As for `emgtut.contaminate.draw`.

    Yields
    ------
    row : dict
        Annotations of the mixture.
    noisy : numpy.ndarray, shape (n_samples,), in the unit of `clean`, or divided by ``scale``
        The mixture.
    """
    clean = np.asarray(clean, dtype=np.float64)
    for level, k in _conditions(row, recipe, index, seed):
        rng = stream(seed, row["segment_id"], row["split"], "kinds", float(level), int(k))
        allowed = list(recipe.kinds)
        if not recipe.corrected("white-cap"):
            allowed = compat.candidates(level, k, kinds=recipe.kinds)
        chosen = {allowed[i] for i in rng.permutation(len(allowed))[:k]}
        kinds = tuple(kind for kind in KINDS if kind in chosen)
        part = row["split"]
        if part == "validation" and not recipe.corrected("validation-noise"):
            part = "train"
        noises, draws = _draw(clean.size, kinds, level, row, recipe, part, index, seed, source, root)
        noisy, realised = _add(clean, noises, level, recipe)
        about = {
            "asked_snr_db": float(level),
            "snr_db": float(realised),
            "k": len(kinds),
            "kinds": "|".join(kinds),
            "noise": "|".join(draw.origin for draw in draws.values()),
            "noise_split": part,
        }
        noisy, about["scale"], about["clipped"] = _scale(clean, noisy, recipe)
        name = f"{row['segment_id']}__{LEVELS_TEXT.format(level)}_k{len(kinds)}"
        yield {"mixture_id": name, **row, **about}, noisy


def _conditions(row, recipe, index, seed):
    """Pairs of level and number of contaminants."""
    low, high, step = recipe.levels[row["split"]]
    grid = np.arange(low, high + step / 2, step) if step else None
    if recipe.every_level:
        return [(float(level), 1) for level in grid]
    rng = stream(seed, row["segment_id"], row["split"], "condition")
    level = float(rng.choice(grid)) if step else float(rng.uniform(low, high))
    return [(level, int(rng.integers(1, recipe.most_kinds + 1)))]


def _draw(n_samples, kinds, level, row, recipe, part, index, seed, source, root):
    noises, draws = {}, {}
    shared = None
    if not recipe.corrected("seeds"):
        shared = np.random.default_rng(compat.seed(index, level, len(kinds)))
    for kind in kinds:
        rng = shared or stream(seed, row["segment_id"], part, float(level), kinds, kind)
        wanted = source if kind in ("ecg", "motion") else "synthetic"
        noises[kind], draws[kind] = draw_with_source(kind, part, n_samples, recipe.fs, rng, source=wanted, root=root)
        if not recipe.corrected("noise-band"):
            noises[kind] = compat.noise_band(noises[kind], fs=recipe.fs)
    return noises, draws


def _add(clean, noises, level, recipe):
    """The mixture, and its SNR as measured."""
    shares = None
    if not recipe.corrected("white-cap"):
        budget = compat.budget(noises, level)
        shares = {kind: part / sum(budget.values()) for kind, part in budget.items()}
    mixture = mix_components(clean, noises, level, shares=shares)
    if recipe.corrected("label"):
        return mixture.noisy, mixture.snr_db
    # Undo the one rescaling of the sum: then the component energies add up to the label, and the sum does not.
    off_db = mixture.nominal_snr_db - level
    return clean + mixture.noise * 10 ** (off_db / 20), mixture.snr_db - off_db


def _scale(clean, noisy, recipe):
    """What the mixture is divided by, and whether it is clipped."""
    if not recipe.corrected("clip") and not recipe.peak:
        _, clipped, scale = compat.clip_pair(clean, noisy)
        return clipped, float(scale), True
    scale = float(np.max(np.abs(noisy))) if recipe.peak else 1.0
    return noisy / scale, scale, False
