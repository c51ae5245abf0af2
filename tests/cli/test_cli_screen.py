"""`emgtut assess --screen DIR`: known channels get known grades, and nothing is passed over in silence."""

import numpy as np
import pytest
from matplotlib import image

from emgtut.acquire import bursts, shaped_gaussian
from emgtut.data import Recording, write


@pytest.fixture
def folder(rng, tmp_path):
    """Two files: a good muscle beside white noise, and a muscle under hum."""
    n, place = 16_000, tmp_path / "day"
    place.mkdir()
    drive = 0.02 + bursts(n, fs=1000, on_s=3, off_s=2)
    muscle = 0.1 * shaped_gaussian(n, fs=1000, rng=rng, drive=drive)
    hum = 0.3 * np.sin(2 * np.pi * 50 * np.arange(n) / 1000)
    write(Recording([muscle, 0.002 * rng.standard_normal(n)], 1000, ["VL", "LG"], units="mV"), place / "a.npz")
    write(Recording([muscle + hum], 1000, ["BF"], units="mV"), place / "b.csv")
    return place


def rows(text):
    return {line.split()[1]: line for line in text.splitlines() if line.strip().startswith(("a.npz", "b.csv"))}


def test_grades_and_faults(works, folder):
    text = works("assess", "--screen", folder)
    found = rows(text)
    assert found["VL"].split()[2] == "A"
    assert "dead" in found["LG"]
    assert found["LG"].split()[2] == "unknown"
    assert "hum 50 Hz" in found["BF"]
    assert found["BF"].split()[2] == "unknown"  # the hum drowns the rests
    assert "conventions" in text
    assert not list(folder.glob("*.png"))


def test_the_unit_does_not_change_a_grade(works, folder, tmp_path):
    from emgtut.data import read

    recording = read(folder / "a.npz")
    small = tmp_path / "small"
    small.mkdir()
    write(Recording(1e-6 * recording.signal, 1000, recording.channels), small / "a.npz")
    scaled = rows(works("assess", "--screen", small))
    assert {name: line.split()[2:] for name, line in scaled.items()} == {
        name: line.split()[2:] for name, line in rows(works("assess", "--screen", folder)).items() if name != "BF"
    }


def test_a_file_that_cannot_be_screened_is_named(works, folder):
    (folder / "broken.npz").write_bytes(b"not an archive")
    text = works("assess", "--screen", folder)
    assert "Not screened: broken.npz" in text
    assert "VL" in text


def test_pictures(works, fails, folder):
    works("assess", "--screen", folder, "--plot")
    assert image.imread(folder / "screening.png")[..., :3].std() > 0.05
    assert "--force" in fails("assess", "--screen", folder, "--plot")
    works("assess", "--screen", folder, "--plot", "--force")


def test_misuse_is_told(fails, folder, tmp_path):
    assert "takes no IN" in fails("assess", folder / "a.npz", "--screen", folder, code=2)
    assert "--screen DIR" in fails("assess", code=2)
    assert "no folder" in fails("assess", "--screen", tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    assert "no recording" in fails("assess", "--screen", tmp_path / "empty")
    (tmp_path / "empty" / "x.npz").write_bytes(b"?")
    assert "could be screened" in fails("assess", "--screen", tmp_path / "empty")


@pytest.mark.data
def test_real_recordings(works, data_root):
    text = works("assess", "--screen", data_root / "biosignalsnotebooks")
    fatigue = next(line for line in text.splitlines() if "emg_fatigue" in line)
    assert "clipped" in fatigue
