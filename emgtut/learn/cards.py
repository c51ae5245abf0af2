"""The card of trained weights: what they are, how they were made, from what, and how good they are."""

import dataclasses
import json
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["FORMAT", "WEIGHTS", "Card", "read_card", "weights_file", "write_card"]

FORMAT = 1
WEIGHTS = Path(__file__).resolve().parents[1] / "weights"


@dataclass(frozen=True)
class Card:
    """What a reader must know about trained weights; it lies beside them as a TOML file.

    Parameters
    ----------
    name : str
        Name of the weights.
    model : str
        The network's class, as ``module.Class``.
    settings : dict
        Arguments of its constructor.
    data : str
        What it was trained on, in words.
    data_hash : str
        Fingerprint of that data.
    recipe : dict
        The recipe of the training, as `Recipe.as_dict` gives it.
    seed : int
        Seed of the training (dimensionless).
    command, commit, date : str
        How, from which state of the source and when the weights were made.
    device : str
        On what.
    licence : str
        Of the weights.
    scores : dict
        Score -> {"value", "low", "high"}: on windows that took no part in training or choice, with a 95 % interval over
        windows. The name of the score holds its unit and the part of the split. On "validation" the people and noises
        are those by which the weights were chosen, so it flatters a little; test scores are in `results/`.
    speed : dict
        What -> number; the names hold the unit.
    version : int
        Format of the file; filled in when the weights are saved, as are the next three.
    n_parameters : int
        Number of trained numbers.
    dtype : {"float32", "float16"}
        How they are stored.
    sha256 : str
        Checksum of the weights file.

    Examples
    --------
    >>> Card("demo", "emgtut.denoise.fcn.FCN", {"width": 8}).licence
    'MIT'

    Lesson
    ------
    15 FCN
    """

    name: str
    model: str
    settings: dict = field(default_factory=dict)
    data: str = ""
    data_hash: str = ""
    recipe: dict = field(default_factory=dict)
    seed: int = 0
    command: str = ""
    commit: str = ""
    date: str = ""
    device: str = ""
    licence: str = "MIT"
    scores: dict = field(default_factory=dict)
    speed: dict = field(default_factory=dict)
    version: int = FORMAT
    n_parameters: int = 0
    dtype: str = "float32"
    sha256: str = ""


def weights_file(name_or_path):
    """Find the file of weights: a plain name is one that the package ships, anything with a suffix is a path."""
    path = Path(name_or_path)
    if path.suffix == ".safetensors":
        return path
    return WEIGHTS / f"{name_or_path}.safetensors"


def read_card(name_or_path):
    """Read the card of trained weights.

    Parameters
    ----------
    name_or_path : str or path
        Name of shipped weights, or a ``.safetensors`` file with its card beside it.

    Returns
    -------
    Card

    Raises
    ------
    ValueError
        If the card is missing, cannot be read, or belongs to another format.

    Examples
    --------
    >>> read_card("no_such_network")
    Traceback (most recent call last):
        ...
    ValueError: There are no weights called 'no_such_network': train them with `emgtut train`, ...

    Lesson
    ------
    15 FCN
    """
    path = weights_file(name_or_path)
    card = path.with_suffix(".toml")
    if not card.is_file():
        raise ValueError(
            f"There are no weights called '{name_or_path}': train them with `emgtut train`, or check the name; "
            f"{card.name} is not in '{card.parent.name}'."
        )
    try:
        found = tomllib.loads(card.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"The card {card.name} cannot be read ({error}): get the weights again.") from error
    if found.get("version") != FORMAT:
        raise ValueError(
            f"The weights {path.stem} have format version {found.get('version')}, but this package reads {FORMAT}: "
            "train them again, or use the release of emgtut they came with."
        )
    known = {f.name for f in dataclasses.fields(Card)}
    if not {"name", "model", "sha256", "dtype", "n_parameters"} <= set(found) <= known:
        odd = sorted(set(found) - known) or "needed entries are missing"
        raise ValueError(f"The card {card.name} is not one of this package ({odd}): get the weights again.")
    return Card(**found)


def write_card(card):
    """Return a card as TOML text."""
    fields = dataclasses.asdict(card)
    plain = {key: value for key, value in fields.items() if not isinstance(value, dict)}
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items()]
    for key, value in fields.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *(f"{_key(k)} = {_toml(v)}" for k, v in value.items() if v is not None)]
    return "\n".join(lines) + "\n"


def _key(text):
    return json.dumps(str(text), ensure_ascii=False)


def _toml(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    return json.dumps(value, ensure_ascii=False)
