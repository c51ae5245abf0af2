"""Free settings of the classical methods: chosen on validation recordings, kept with the package and with their story.

The mixtures are those of the test - five kinds of contaminant, one to five of them at once, -15 to 15 dB - but made of
validation subjects and validation noise only. Settings are tried one after another, each with the others held, and the
best mean improvement of the SNR wins. Where no recordings are found the muscles are simulated, and the story says so.
"""

import datetime
import hashlib
import itertools
import json
import pathlib
import subprocess

import numpy as np

from emgtut.acquire import bursts, simulate
from emgtut.assess import snr_db
from emgtut.contaminate import KINDS, Condition, draw_mixture, stream
from emgtut.contaminate.material import BAND_HZ
from emgtut.data import available, load, records_in
from emgtut.data.prepare import shape_signal, windows
from emgtut.denoise.base import get
from emgtut.denoise.calibrated import STORE, forget

__all__ = ["SEARCHED", "calibrate", "validation_mixtures"]

FS, WINDOW_S = 1000.0, 2.0
LEVELS_DB, NUMBERS = (-15, -10, -5, 0, 5, 10, 15), (1, 2, 3, 4, 5)
REPEATS = 2  # windows for each level and number
PASSES = 2  # over the settings
REAL_SETS = ("elderly_lower_limb", "muscletracker")
DEAD = "LG"  # this channel of elderly_lower_limb recorded no muscle
SIMULATED, SIMULATED_S = 6, 20.0
SLOW = {"ceemdan"}  # these see every number once only
NEEDS_BEATS = {"template"}  # gets 4 s with a heart in each, and the oracle's word that it is there

# What is tried, in this order. The first value of each is where the search starts.
SEARCHED = {
    "highpass": {"cutoff_hz": (40.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0, 60.0, 80.0)},
    "bandpass_notch": {
        "band_hz": tuple((low, high) for low in (20.0, 10.0, 15.0, 25.0, 30.0, 40.0, 50.0) for high in (450.0, 350.0)),
        "width_hz": (1.5, 0.5, 1.0, 2.0, 3.0),
    },
    "template": {"low_hz": (20.0, 10.0, 15.0, 25.0, 30.0, 40.0)},
    "emd": {"low_hz": (20.0, 10.0, 15.0, 30.0, 40.0), "heart_hz": (40.0, 20.0, 30.0, 50.0, 60.0)},
    "ceemdan": {"low_hz": (20.0, 10.0, 30.0, 40.0), "heart_hz": (40.0, 30.0, 60.0)},
    "vmd": {
        "low_hz": (20.0, 10.0, 15.0, 25.0, 30.0, 40.0), "heart_hz": (40.0, 20.0, 30.0, 50.0, 60.0),
        "n_modes": (6, 4, 8, 10), "alpha": (2000.0, 500.0, 1000.0, 4000.0),
    },
}  # fmt: skip


def calibrate(name, *, seed=0, root=None, progress=False, source="auto", store=STORE):
    """Choose the free settings of a method on validation mixtures, and keep them.

    Parameters
    ----------
    name : str
        One of `SEARCHED`.
    seed : int
        Seed of the mixtures (dimensionless).
    root : path, optional
        Data folder; by default the one of `emgtut.data`.
    progress : bool
        Print each trial.
    source : {"auto", "synthetic", "real"}
        "auto" takes recordings where they are and simulates where not; the kept entry says which.
    store : path
        File to write the entry into; the other entries stay.

    Returns
    -------
    dict
        The kept entry: settings, mean SNRimp in dB, every trial, and its provenance.

    Raises
    ------
    ValueError
        If the method is not among `SEARCHED`, or fails on every mixture.
    DataMissing
        If recordings are asked for and are not there.

    Examples
    --------
    >>> calibrate("identity")
    Traceback (most recent call last):
        ...
    ValueError: 'identity' has no settings to calibrate: choose one of highpass, bandpass_notch, ...

    Lesson
    ------
    11 Filters
    """
    if name not in SEARCHED:
        raise ValueError(f"{name!r} has no settings to calibrate: choose one of {', '.join(SEARCHED)}.")
    pairs, told = validation_mixtures(name, seed=seed, root=root, source=source)
    trials = {}

    def score(settings):
        key = json.dumps(settings)
        if key not in trials:
            trials[key] = _mean_gain(name, settings, pairs, seed)
            if progress:
                print(f"{name} {key}: {trials[key][0]:.3f} dB")
        return trials[key][0]

    best = {setting: values[0] for setting, values in SEARCHED[name].items()}
    for _ in range(PASSES):
        for setting, values in SEARCHED[name].items():
            best = max((best | {setting: value} for value in (best[setting], *values)), key=score)
    gain_db, failed = trials[json.dumps(best)]
    command = f"emgtut train {name} --seed {seed}" + " --ship" * (pathlib.Path(store) == STORE)
    entry = {
        "settings": best,
        "snr_imp_db": round(gain_db, 4),
        "windows": len(pairs),
        "failed": failed,
        "trials": {key: round(tried[0], 4) for key, tried in trials.items()},
        "provenance": told | {"seed": seed, "command": command} | _when_and_what(),
    }
    _keep(pathlib.Path(store), name, entry)
    return entry


def validation_mixtures(name, *, seed=0, root=None, source="auto"):
    """Make the mixtures on which a method is calibrated.

    Parameters
    ----------
    name : str
        The method; slow ones get fewer windows, those that need beats get longer ones with a heart.
    seed : int
        Seed of all chance (dimensionless).
    root : path, optional
        Data folder.
    source : {"auto", "synthetic", "real"}
        As for `calibrate`.

    Returns
    -------
    pairs : list of (ndarray, ndarray, tuple of str or None)
        Clean and noisy window, shape (n_samples,) in the unit of the recording, and the oracle's labels or None.
    told : dict
        What was used: kinds of data, subjects, and a hash of all samples.

    Raises
    ------
    ValueError
        If the source is unknown.
    DataMissing
        If recordings are asked for and are not there.

    Examples
    --------
    >>> pairs, told = validation_mixtures("highpass", source="synthetic")
    >>> len(pairs), pairs[0][0].shape, told["muscles"]
    (70, (2000,), 'simulated')

    Lesson
    ------
    11 Filters
    """
    if source not in ("auto", "synthetic", "real"):
        raise ValueError(f"source is {source!r}, but it must be 'auto', 'synthetic' or 'real': choose one of these.")
    length = round(FS * WINDOW_S * (2 if name in NEEDS_BEATS else 1))
    real = source == "real" or (source == "auto" and all(available(d, root=root) for d in REAL_SETS))
    muscles = _recorded(root, length) if real else _simulated(seed, length)
    rng = stream(seed, "calibration")  # the same windows and kinds for every method of one length and number
    pairs, digest = [], hashlib.sha256()
    cells = itertools.product(LEVELS_DB, NUMBERS, range(1 if name in SLOW else REPEATS))
    for index, (level, number, _) in enumerate(cells):
        clean = _any_window(muscles, rng)
        kinds = tuple(sorted(rng.choice(KINDS, size=number, replace=False), key=KINDS.index))
        if name in NEEDS_BEATS and "ecg" not in kinds:
            kinds = tuple(sorted((*kinds[1:], "ecg"), key=KINDS.index))
        condition = Condition(float(level), tuple(str(kind) for kind in kinds))
        mixture, _ = draw_mixture(
            clean, condition, fs=FS, split="validation", seed=seed, item=f"calibration/{index}",
            source=source if real else "synthetic", root=root,
        )  # fmt: skip
        digest.update(np.stack([clean, mixture.noisy]).tobytes())
        pairs.append((clean, mixture.noisy, condition.kinds if name in NEEDS_BEATS else None))
    told = {"muscles": "recorded" if real else "simulated", "data": digest.hexdigest()}
    return pairs, told | {"subjects": sorted({where for where, _ in muscles})}


def _recorded(root, length):
    """Clean windows of the validation subjects, made as those of the benchmark are, as (subject, window)."""
    found = []
    for record in records_in("elderly_lower_limb", "validation"):
        subject, muscle = record.split("/")
        if muscle != DEAD:
            recording = load("elderly_lower_limb", record, root=root)
            found += _working(f"elderly_lower_limb/{subject}", recording.channel(muscle), recording.fs, length)
    for record in records_in("muscletracker", "validation"):
        recording = load("muscletracker", record, root=root)
        for x in recording.signal:
            found += _working(f"muscletracker/{record.split('_')[0]}", x, recording.fs, length)
    return found


def _simulated(seed, length):
    """Clean windows of simulated muscles, each with its own pool and electrodes, as (name, window)."""
    found = []
    for index in range(SIMULATED):
        rng = stream(seed, "calibration muscle", index)
        effort = rng.uniform(0.2, 0.8)
        drive = effort * (0.1 + 0.9 * bursts(round(SIMULATED_S * FS), fs=FS, on_s=3.0, off_s=1.0, ramp_s=0.3))
        found += _working(f"simulated/{index}", simulate(drive, fs=FS, rng=rng).emg, FS, length)
    return found


def _working(subject, x, fs, length):
    """Windows in the band of the muscle in which it works: at least half as strong as the strong ones."""
    shaped = shape_signal(x - np.mean(x), fs=fs, band_hz=BAND_HZ, fs_out=FS)
    pieces = windows(shaped, fs=FS, window_s=length / FS)
    levels = np.array([np.sqrt(np.mean(np.square(piece))) for piece in pieces])
    strong = np.percentile(levels, 90) if levels.size else 0.0
    return [(subject, piece) for piece, level in zip(pieces, levels, strict=True) if 0 < 0.5 * strong <= level]


def _any_window(muscles, rng):
    """A window; every subject is equally likely."""
    subjects = sorted({subject for subject, _ in muscles})
    chosen = subjects[rng.integers(len(subjects))]
    own = [x for subject, x in muscles if subject == chosen]
    return own[rng.integers(len(own))]


def _mean_gain(name, settings, pairs, seed):
    """Mean SNRimp in dB over the windows that the method can clean, and on how many it says that it cannot."""
    method, gains = get(name, seed=seed, **settings), []
    for clean, noisy, labels in pairs:
        try:
            estimate = method(noisy, fs=FS, contaminants=labels)
        except ValueError:  # too few beats: counted, never scored
            continue
        gains.append(snr_db(clean, estimate) - snr_db(clean, noisy))
    if not gains:
        raise ValueError(f"{name} with {settings} could clean none of {len(pairs)} windows: try another seed.")
    return float(np.mean(gains)), len(pairs) - len(gains)


def _when_and_what():
    """Date and commit; a tree with changes says so."""
    try:
        where = {"cwd": STORE.parent, "capture_output": True, "text": True, "check": True}
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], **where).stdout.strip()
        changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], **where).stdout.strip()
        commit += "-dirty" if changed else ""
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    return {"commit": commit, "date": datetime.date.today().isoformat()}


def _keep(store, name, entry):
    """Put one entry into the store, whole or not at all."""
    kept = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {"version": 1, "methods": {}}
    kept["methods"][name] = entry
    part = store.with_name(store.name + ".part")
    part.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    part.replace(store)
    forget()
