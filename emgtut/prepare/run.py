"""Prepare a corpus, record by record, so that a run that was stopped goes on where it was."""

import csv
import functools
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from emgtut.data import DataMissing, available, data_root, guard, load, manifest, records
from emgtut.data.prepare import write_array, write_table, write_whole
from emgtut.prepare.mixing import mixtures_of
from emgtut.prepare.recipes import recipe as find_recipe
from emgtut.prepare.screen import verdict
from emgtut.prepare.segmenting import segments_of
from emgtut.prepare.splitting import assign

__all__ = ["Summary", "annotations", "pair", "prepare"]


@dataclass(frozen=True)
class Summary:
    """What a preparation made.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is; ``annotations.csv`` there has a row per mixture.
    segments : dict of str to int
        Number of segments in each part of the split.
    mixtures : int
        Number of mixtures.
    screened, kept : int
        Trials times channels that were screened, and that passed.
    resumed : int
        Records that an earlier run had finished.
    missing : list of str
        Records whose files are not here.
    overwritten : int
        Segments whose name another one has too; only published names do that.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> Summary(Path("corpus"), {"train": 8, "validation": 2, "test": 4}, 14, 20, 14, 0, [], 0).mixtures
    14
    """

    folder: Path
    segments: dict
    mixtures: int
    screened: int
    kept: int
    resumed: int
    missing: list
    overwritten: int


def prepare(
    datasets, recipe, out, *, root=None, published=(), seed=2025, only=None, screen=None, source="auto", track=None
):
    """Prepare a corpus from one or several datasets.

    Parameters
    ----------
    datasets : str or sequence of str
        Names of datasets.
    recipe : str or Recipe
        ``"cleansemg"``, ``"qase"`` or ``"msemg"``.
    out : path
        Folder of the corpus. One that holds the beginning of the same corpus is continued.
    root : path, optional
        Data root.
    published : sequence of str, optional
        Corrections to switch off; ``["all"]`` is the published pipeline.
    seed : int, optional
        Of everything that is drawn.
    only : sequence of str, optional
        Only these records, by name.
    screen : callable, optional
        ``screen(active, rest, fs) -> dict``; by default the grades of `emgtut.assess.screening`.
    source : {"auto", "synthetic", "real"}, optional
        Where ECG and motion come from, as for `emgtut.contaminate.draw`.
    track : callable, optional
        ``track(iterable, total, what) -> iterable``, for a progress bar.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        If the folder holds another corpus, or nothing passed the screening, or a subject, recording or noise record
        would be on two sides of the split although the recipe is meant to prevent it.
    DataMissing
        If nothing of a dataset is here.

    References
    ----------
    CleanSEMG2026, QASENet2024, MSEMG2025

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> prepare("elderly_lower_limb", "cleansemg", "corpus", root="a folder that does not exist")
    Traceback (most recent call last):
    ...
    emgtut.data.places.DataMissing: The dataset 'elderly_lower_limb' is not under the data root ...
    """
    how = find_recipe(recipe, published=published) if isinstance(recipe, str) else recipe
    datasets = [datasets] if isinstance(datasets, str) else list(datasets)
    root = Path(root) if root is not None else data_root()
    wanted, missing = _wanted(datasets, only, root)
    out = Path(out)
    _claim(out, {"datasets": datasets, "recipe": how.settings(), "seed": seed, "source": source, "records": wanted})
    track = track or (lambda items, total, what: items)
    screen = screen or functools.partial(verdict, published=not how.corrected("screening"))

    first = [_finished(out / "work" / "segments", name) for name in wanted]
    resumed = sum(first)
    for (dataset, record), done in track(list(zip(wanted, first, strict=True)), len(wanted), "cutting"):
        if not done:
            _cut(out, dataset, record, how, screen, root)
    cut = [_read(out / "work" / "segments", name) for name in wanted]
    rows = assign([row for part in cut for row in part["rows"]], how)
    screened = [row for part in cut for row in part["screened"]]
    write_table(out / "screening.csv", screened or [{"note": "this recipe does not screen"}])
    if not rows:
        raise ValueError(f"No segment of {', '.join(datasets)} passed; screening.csv in {out} says why.")

    by_record = {}
    for index, row in enumerate(rows):
        by_record.setdefault((row["dataset"], row["record"]), []).append((index, row))
    for name, items in track(list(by_record.items()), len(by_record), "mixing"):
        if not _finished(out / "work" / "mixtures", name):
            _mix(out, name, items, how, seed, source, root)
    mixed = [row for name in by_record for row in _read(out / "work" / "mixtures", name)["rows"]]
    if how.corrected("validation-subjects") and how.corrected("validation-noise"):
        sides = {part: [row for row in mixed if row["split"] == part] for part in ("train", "validation", "test")}
        guard(**sides, by=("subject", "recording", "noise"))
    write_table(out / "annotations.csv", mixed)
    counts = {part: sum(row["split"] == part for row in rows) for part in ("train", "validation", "test")}
    names = [row["segment_id"] for row in rows]
    kept = sum(row["keep"] for row in screened)
    return Summary(out, counts, len(mixed), len(screened), kept, resumed, missing, len(names) - len(set(names)))


def annotations(out):
    """Read the annotations of a corpus.

    Parameters
    ----------
    out : path
        Folder of the corpus.

    Returns
    -------
    list of dict
        One row per mixture, every value as text.

    Raises
    ------
    ValueError
        If the corpus is not finished.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> annotations("a folder that does not exist")
    Traceback (most recent call last):
    ...
    ValueError: There is no finished corpus in a folder that does not exist; run `emgtut data prepare` to its end.
    """
    path = Path(out) / "annotations.csv"
    if not path.is_file():
        raise ValueError(f"There is no finished corpus in {out}; run `emgtut data prepare` to its end.")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def pair(out, row):
    """Load clean and noisy of one row, in the same scale.

    Parameters
    ----------
    out : path
        Folder of the corpus.
    row : dict
        A row of `annotations`.

    Returns
    -------
    clean, noisy : numpy.ndarray, shape (n_samples,), in `units` over `scale`
        Two signals that differ by the noise; where the row says ``clipped``, both were clipped to 1.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> pair("a folder that does not exist", {"clean_path": "x.npy", "noisy_path": "y.npy"})
    Traceback (most recent call last):
    ...
    FileNotFoundError: ...
    """
    clean, noisy = (np.load(Path(out) / row[name], allow_pickle=False) for name in ("clean_path", "noisy_path"))
    clean = clean.astype(np.float64) / float(row["scale"])
    return (np.clip(clean, -1, 1) if str(row["clipped"]) == "True" else clean), noisy.astype(np.float64)


# ------------------------------------------------------------------------------------------ the journal


def _wanted(datasets, only, root):
    """Records that are here, and the names of those that are not."""
    wanted, missing = [], []
    for dataset in datasets:
        names = [name for name in records(dataset) if only is None or name in only]
        here = [name for name in names if available(dataset, name, root=root)]
        if not here:
            raise DataMissing(dataset, root, instead=manifest(dataset).manual)
        wanted += [(dataset, name) for name in here]
        missing += [f"{dataset}/{name}" for name in names if name not in here]
    return wanted, missing


def _claim(out, settings):
    """A folder belongs to one corpus: other settings must go elsewhere."""
    path, told = out / "recipe.json", json.dumps(settings, indent=1, sort_keys=True)
    if path.is_file():
        if path.read_text("utf-8") != told:
            raise ValueError(f"{out} holds a corpus with other settings (see recipe.json there); name another folder.")
        return
    if out.is_dir() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty and holds no corpus; name another folder.")
    write_whole(path, told.encode("utf-8"))


def _journal(folder, name):
    return folder / (quote("/".join(name), safe="") + ".json")


def _finished(folder, name):
    return _journal(folder, name).is_file()


def _read(folder, name):
    return json.loads(_journal(folder, name).read_text("utf-8"))


def _note(folder, name, entry):
    """The last thing written for a record: what is noted here is complete, and is never made again."""
    write_whole(_journal(folder, name), json.dumps(entry, default=_plain).encode("utf-8"))


def _plain(value):
    return value.item()  # a NumPy number; anything else has no `item` and stops here


def _cut(out, dataset, record, how, screen, root):
    rows, arrays, screened = segments_of(load(dataset, record, root=root), how, screen)
    for row, segment in zip(rows, arrays, strict=True):
        row["clean_path"] = f"clean/{row['segment_id']}.npy"
        write_array(out / row["clean_path"], segment)
    _note(out / "work" / "segments", (dataset, record), {"rows": rows, "screened": screened})


def _mix(out, name, items, how, seed, source, root):
    rows = []
    for index, row in items:
        clean = np.load(out / row["clean_path"], allow_pickle=False)
        for about, noisy in mixtures_of(clean, row, how, index=index, seed=seed, source=source, root=root):
            about["noisy_path"] = f"noisy/{about['mixture_id']}.npy"
            write_array(out / about["noisy_path"], noisy)
            rows.append(about)
    _note(out / "work" / "mixtures", name, {"rows": rows})
