"""Clean windows: of the real test subjects, of simulated people, or of the reader's own recordings.

Every signal is band-passed 20-450 Hz forwards and backwards and brought to 1 kHz, then cut into windows that do not
overlap. A window counts as work if its RMS is at least half of the 90th percentile over the windows of that subject and
channel (of a hold, where the muscle is simulated: weak holds are work, too). The rule looks at clean signals only, and
was written down before any method was scored.
"""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emgtut.acquire import hold, muap_bank, random_electrode, random_pool, simulate
from emgtut.assess.screening import screen_recording
from emgtut.contaminate import stream
from emgtut.contaminate.material import BAND_HZ
from emgtut.data import available, load, read, records_in, subjects
from emgtut.data.prepare import shape_signal, windows
from emgtut.data.reading import READERS
from emgtut.signals import rms

__all__ = [
    "FS",
    "Clean",
    "own_content",
    "own_people",
    "own_windows",
    "real_people",
    "real_windows",
    "simulated_windows",
]

FS, LOUD_SHARE, LOUD_PERCENTILE = 1000.0, 0.5, 90
DEAD = "LG"  # a channel of elderly_lower_limb that holds instrument noise in every subject
REAL = ("elderly_lower_limb", "muscletracker")
PEOPLE, RECORDINGS, RECORDING_S, DRIVES, TREMBLE = 7, 3, 10.0, (0.1, 0.8), 0.1
KEPT_GRADES = ("A", "B", "unknown")  # unknown: screening found no rest to compare with, so nothing speaks against it


@dataclass(frozen=True)
class Clean:
    """One clean window.

    Parameters
    ----------
    recording, channel : str
        Where it is from.
    start_s : float
        Where it starts in the recording, in seconds.
    x : ndarray, shape (n_samples,), in `units`
        The samples at 1 kHz.
    units : str
        "mV" or "arbitrary".

    Examples
    --------
    >>> Clean("elderly_lower_limb/17/VL", "VL", 2.0, np.ones(2000), "mV").name
    'elderly_lower_limb/17/VL/VL/2'

    Lesson
    ------
    19 Showdown
    """

    recording: str
    channel: str
    start_s: float
    x: np.ndarray
    units: str

    @property
    def name(self):
        """Recording, channel and start, as one text."""
        return f"{self.recording}/{self.channel}/{self.start_s:g}"


def real_people():
    """The real test subjects, as dataset/subject."""
    return [f"{dataset}/{subject}" for dataset in REAL for subject in subjects(dataset, "test")]


def require(datasets, root):
    """Stop before any work where a test record of these datasets is missing; loading it says which, and what to do."""
    for dataset in datasets:
        for record in records_in(dataset, "test"):
            if not available(dataset, record, root=root):
                load(dataset, record, root=root)


@functools.lru_cache(maxsize=16)
def real_windows(person, window_s, root):
    """Working windows of one real test subject; `root` is the data folder or None."""
    dataset, subject = person.split("/")
    cuts = []
    for record in records_in(dataset, "test"):
        if record.split("/")[0].split("_")[0] != subject or record.endswith(f"/{DEAD}"):
            continue
        recording = load(dataset, record, root=root)
        # each leg recording is about one muscle, the one it is named after; a forearm recording has two channels
        channels = [record.split("/")[1]] if "/" in record else recording.channels
        for channel in channels:
            x = recording.channel(channel)
            cuts += _cut(x, recording.fs, f"{dataset}/{record}", channel, recording.units, window_s)
    return working(cuts)


@functools.lru_cache(maxsize=16)
def simulated_windows(person, window_s, seed):
    """Working windows of one simulated person: three holds of one muscle at efforts of their own."""
    rng = stream(seed, "muscle", "test", person)
    pool, electrode = random_pool(rng), random_electrode(rng)
    bank = muap_bank(pool, [electrode], fs=FS)
    n_samples = round(max(RECORDING_S, window_s) * FS)
    cuts = []
    for number in range(RECORDINGS):
        drive = hold(n_samples, fs=FS, level=rng.uniform(*DRIVES), tremble=TREMBLE, rng=rng)
        emg = simulate(drive, fs=FS, rng=rng, pool=pool, electrode=[electrode], muaps=bank).emg[0]
        cuts += working(_cut(emg, FS, f"{person}/hold{number}", "surface", "mV", window_s))
    return cuts


def own_people(path):
    """The reader's recordings, each file taken for a subject of its own."""
    path = Path(path)
    if path.is_file():
        return [str(path)]
    if not path.is_dir():
        raise ValueError(f"There is no '{path}': give real, synthetic, cleansemg, or a recording or folder of yours.")
    files = [file for file in sorted(path.iterdir()) if file.suffix.lower() in READERS and file.is_file()]
    files = [file for file in files if not (file.suffix == ".dat" and file.with_suffix(".hea") in files)]
    if not files:
        raise ValueError(f"'{path}' holds no recording; formats that can be read are {', '.join(READERS)}.")
    return [str(file) for file in files]


@functools.lru_cache(maxsize=16)
def own_windows(path, window_s, fs, units):
    """Working windows of a file, from the channels that pass screening."""
    recording = read(path, fs=fs, units=units)
    name = Path(path).name
    cuts, refused = [], []
    for found in screen_recording(recording):
        if found.grade not in KEPT_GRADES or {"dead", "flat", "clipped"} & set(found.faults):
            refused.append(f"{found.channel}: {', '.join(found.faults + found.reasons) or found.grade}")
            continue
        x = recording.channel(found.channel)
        cuts += _cut(x, recording.fs, name, found.channel, recording.units, window_s)
    if not cuts:
        told = f"screening kept no channel ({'; '.join(refused)})" if refused else f"it is shorter than {window_s:g} s"
        raise ValueError(f"'{name}' gives no clean window: {told}; give a longer or a cleaner recording.")
    return working(cuts)


def own_content(path):
    """SHA-256 over the bytes of a recording of the reader's, 16 digits."""
    with open(path, "rb") as stream_of_bytes:
        return hashlib.file_digest(stream_of_bytes, "sha256").hexdigest()[:16]


def working(cuts):
    """Keep the windows in which the muscle works, by subject and channel."""
    levels = {}
    for one in cuts:
        levels.setdefault(one.channel, []).append(float(rms(one.x)))
    bound = {channel: LOUD_SHARE * np.percentile(found, LOUD_PERCENTILE) for channel, found in levels.items()}
    return [one for one in cuts if np.any(one.x) and rms(one.x) >= bound[one.channel]]


def _cut(x, fs, recording, channel, units, window_s):
    shaped = shape_signal(x - np.mean(x), fs=fs, band_hz=BAND_HZ, fs_out=FS)
    pieces = windows(shaped, fs=FS, window_s=window_s)
    return [Clean(recording, channel, number * window_s, piece, units) for number, piece in enumerate(pieces)]
