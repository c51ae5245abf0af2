"""What a benchmark scores: blocks of cases, each drawn when it is its turn, always the same.

A block is one subject at one level. Its cases are drawn from the seed, the item and the condition alone
(`emgtut.contaminate.stream`), so any block can be made by itself, on any machine, in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emgtut.benchmark import muscles, published
from emgtut.benchmark.cases import Case
from emgtut.benchmark.protocols import protocol as find_protocol
from emgtut.contaminate import draw_mixture, real_records, stream
from emgtut.contaminate.library import REAL
from emgtut.data import available
from emgtut.signals import check_fs

__all__ = ["SEED", "Block", "Suite", "suite"]

SEED = 2026  # of the frozen benchmark
ARCHIVE_BLOCK = 50  # pairs of the published package in one block
NOISE = {
    "real": "ECG and motion are recordings of the test part; the other kinds are models.",
    "synthetic": "All contaminants are models, with the seeds of the test part.",
}
SURE_S = 2.0  # every real test subject has windows of this length, so nobody needs to look
SHORTEST_S = 1.0  # below this the scores have too few frames


@dataclass(frozen=True)
class Block:
    """Cases that are drawn, scored and kept together.

    Parameters
    ----------
    name : str
        Safe as a file name.
    draw : callable
        `draw()` gives the list of `Case`.

    Examples
    --------
    >>> Block("nobody", list).draw()
    []

    Lesson
    ------
    19 Showdown
    """

    name: str
    draw: Callable


@dataclass(frozen=True)
class Suite:
    """A benchmark, ready to be run.

    Parameters
    ----------
    data, protocol : str
        What it is made of.
    blocks : list of Block
        Its parts.
    about : dict
        Everything that decides what the cases are: two suites with the same `about` have the same cases.
    notes : list of str
        What a reader should know about the data, in sentences.

    Examples
    --------
    >>> Suite("synthetic", "ecg", [], {"seed": 2026}).about["seed"]
    2026

    Lesson
    ------
    19 Showdown
    """

    data: str
    protocol: str
    blocks: list
    about: dict
    notes: list = field(default_factory=list)

    def cases(self):
        """Draw every case, block by block."""
        for block in self.blocks:
            yield from block.draw()


def suite(data, protocol="mixtures", *, windows=None, window_s=2.0, seed=SEED, root=None, fs=None, units=None):
    """Put a benchmark together. Only test subjects and the test part of the noise library are used.

    Parameters
    ----------
    data : str
        "real": the real test subjects with real ECG and motion. "synthetic": simulated people and noise. "cleansemg":
        the published evaluation package, whose pairs are mixed already. Else the path of a recording or of a folder of
        recordings, which are screened first.
    protocol : {"ecg", "mixtures"}
        The conditions; the published package has its own.
    windows : int, optional
        Windows for each subject in each condition; the protocol's own number by default. For "cleansemg" the number of
        pairs to read, all by default.
    window_s : float
        Length of a window in seconds.
    seed : int
        Of all mixtures.
    root : path, optional
        Data folder.
    fs : float, optional
        Sampling rate in Hz of the reader's recordings, where the files do not say.
    units : str, optional
        Unit of the reader's recordings, where the files do not say.

    Returns
    -------
    Suite
        Its blocks draw nothing before they are asked.

    Raises
    ------
    ValueError
        If a choice is unknown, or no recording is long enough.
    DataMissing
        If the data are not here. Nothing is put in their place.

    Examples
    --------
    >>> made = suite("synthetic", "ecg", windows=1)
    >>> len(made.blocks), made.blocks[0].name  # seven people at eight levels
    (56, 'simulated-1_0dB')

    Lesson
    ------
    19 Showdown
    """
    window_s = check_fs(window_s, name="window_s", what="a length in seconds")
    if window_s < SHORTEST_S:
        raise ValueError(f"Windows of {window_s:g} s are too short to be scored: ask for {SHORTEST_S:g} s or more.")
    root = None if root is None else str(root)
    if data == "cleansemg":
        return _published(windows, root)
    how = find_protocol(protocol, windows=windows)
    notes = []
    about = {
        "data": data,
        "protocol": how.name,
        "windows": how.windows,
        "window_s": window_s,
        "seed": int(seed),
        "snr_db": list(how.snr_db),
    }
    if data == "real":
        muscles.require([*muscles.REAL, *(name for kind in how.kinds for name in REAL.get(kind, ()))], root)
        people, cut, source = muscles.real_people(), lambda who: muscles.real_windows(who, window_s, root), "real"
    elif data == "synthetic":
        people = [f"simulated/{number + 1}" for number in range(muscles.PEOPLE)]
        cut, source = (lambda who: muscles.simulated_windows(who, window_s, seed)), "synthetic"
    else:
        people, cut = muscles.own_people(data), lambda who: muscles.own_windows(who, window_s, fs, units)
        real_noise = all(real_records(kind, "test", root=root) for kind in {"ecg", "motion"} & set(how.kinds))
        source = "real" if real_noise else "synthetic"
        about |= {"data": "own recordings", "files": {_shown(who): muscles.own_content(who) for who in people}}
        about |= {"fs": fs, "units": units}
    if data != "synthetic" and (data != "real" or window_s > SURE_S):
        people, notes = _long_enough(people, cut, window_s)
    about |= {"noise": source, "subjects": [_shown(who) for who in people]}
    blocks = [
        Block(
            f"{_safe(_shown(who))}_{level:g}dB",
            lambda who=who, level=level: _draw(cut(who), _shown(who), level, how, seed, source, root),
        )
        for who in people
        for level in map(float, how.snr_db)
    ]
    return Suite(about["data"], how.name, blocks, about, [NOISE[source], *notes])


def _draw(found, who, level, how, seed, source, root):
    """Every condition of one level. All levels meet the same windows, so that curves over the level are paired."""
    order = stream(seed, "order", who).permutation(len(found))
    cases, met = [], 0
    for condition in how.conditions():
        if condition.snr_db != level:
            continue
        for _ in range(how.windows):
            clean = found[order[met % len(found)]]
            item = f"{clean.name}/{met // len(found)}"  # a window that is met again gets other noise
            mixture, draws = draw_mixture(
                clean.x, condition, fs=muscles.FS, split="test", seed=seed, item=item, source=source, root=root
            )
            kinds = "+".join(condition.kinds)
            about = {
                "case": f"{item}@{level:g}dB/{kinds}",
                "subject": who,
                "recording": clean.recording,
                "channel": clean.channel,
                "start_s": float(clean.start_s),
                "units": clean.units,
                "snr_db": level,
                "kinds": kinds,
                "k": condition.k,
                "sources": "|".join(_origin(draws[kind]) for kind in condition.kinds),
            }
            cases.append(Case(about, clean.x, mixture.noisy, muscles.FS))
            met += 1
    return cases


def _origin(draw):
    return f"{draw.origin}/{draw.channel}/{draw.start_s:.6f}" if draw.source == "real" else draw.origin


def _published(windows, root):
    size = published.archive_size(root) if available("cleansemg", f"{published.ARCHIVE}/clean", root=root) else None
    if size is None:
        published.archive_size(root)  # says what is missing and how to get it
    wanted = size if windows is None else min(size, windows)
    about = {"data": "cleansemg", "protocol": "published", "windows": wanted, "window_s": 2.0, "noise": "published"}
    blocks = [
        Block(
            f"pairs_{start:06d}",
            lambda start=start: published.archive_cases(start, min(start + ARCHIVE_BLOCK, wanted), root),
        )
        for start in range(0, wanted, ARCHIVE_BLOCK)
    ]
    notes = ["The pairs are as published: clipped at 1 before they were stored, levels without cross terms."]
    return Suite("cleansemg", "published", blocks, about, notes)


def _long_enough(people, cut, window_s):
    """Leave out who has no recording of that length, and say so."""
    kept = [who for who in people if cut(who)]
    if not kept:
        raise ValueError(
            f"No recording lasts {window_s:g} s: ask for shorter windows (--window-s), or for --data synthetic, which "
            "can be of any length."
        )
    left_out = [_shown(who) for who in people if who not in kept]
    return kept, [f"Left out, as no recording lasts {window_s:g} s: {', '.join(left_out)}."] if left_out else []


def _shown(who):
    """A person without a path: a file of the reader's is called by its name."""
    known = ("simulated/", *(f"{name}/" for name in muscles.REAL))
    return who if who.startswith(known) else Path(who).name


def _safe(name):
    return "".join(mark if mark.isalnum() else "-" for mark in name)
