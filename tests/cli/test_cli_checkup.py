"""`emgtut checkup`: recordings whose rest, contractions and spread are known, and those that cannot be judged."""

import numpy as np
import pytest
from matplotlib import image

from emgtut.acquire import checkup
from emgtut.data import Recording, load, write

FS = 1000


def rows(text):
    """Rows of the tables as printed: measure -> value, for the last channel that has one."""
    found = {}
    for line in text.replace("−", "-").replace("undefined", "nan").splitlines():
        for name in ("noise at rest", "contraction ", "SNR  ", "separation", "repeatability", "iEMG, median"):
            if line.startswith(f" {name}"):
                found[name.strip()] = line[len(name) + 1 :].split()
    return found


@pytest.fixture
def session(rng):
    """Six contractions of 0.5 mV and seven rests of 0.05 mV, one second each."""
    level = np.where((np.arange(13 * FS) // FS) % 2, 0.5, 0.05)
    return Recording(level * rng.standard_normal((1, 13 * FS)) + 1.5, FS, ["VL"], units="mV")


@pytest.fixture
def four(session, rng):
    """A good channel, a dead one, a stuck one, and another good one."""
    noise = 0.002 * rng.standard_normal(13 * FS)
    signal = np.stack([session.signal[0], noise, np.full(13 * FS, 2.0), session.signal[0] ** 3])
    return Recording(signal, FS, ["VL", "LG", "stuck", "TA"], units="mV")


def test_a_known_session(works, session, tmp_path):
    write(session, tmp_path / "in.npz")
    text = works("checkup", tmp_path / "in.npz")
    found = rows(text)
    assert "6 contractions of 1 s" in text
    assert float(found["SNR"][0]) == pytest.approx(20, abs=0.5)
    assert float(found["noise at rest"][0]) == pytest.approx(0.05 * np.sqrt(0.86), rel=0.06)  # the band keeps 430/500
    assert found["noise at rest"][1:3] == ["mV", "RMS"]
    assert "perhaps" in " ".join(found["SNR"])  # right between two grades
    assert found["repeatability"][-1] == "excellent"
    assert "contraction over rest" in text
    assert "above 20 dB good" in text


def test_numbers_are_those_of_the_package(works, session, tmp_path):
    write(session, tmp_path / "in.npz")
    printed = rows(works("checkup", tmp_path / "in.npz"))
    found = checkup(session.signal[0], fs=FS)
    assert float(printed["SNR"][0]) == pytest.approx(found.snr_db.value, abs=0.05)
    low, _, high = printed["SNR"][2:5]
    assert [float(low), float(high)] == pytest.approx([found.snr_db.low, found.snr_db.high], abs=0.05)
    assert float(printed["repeatability"][0]) == pytest.approx(found.repeatability_cv.value, rel=0.01)


def test_a_channel_that_cannot_be_judged_does_not_stop_the_others(works, four, tmp_path):
    write(four, tmp_path / "in.npz")
    text = works("checkup", tmp_path / "in.npz", "--plot")
    assert "LG: not judged. Rest and contraction cannot be told apart" in text
    assert "stuck: not judged." in text
    assert text.count("noise at rest") == 2
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert pictures == ["in_checkup_0_VL.png", "in_checkup_3_TA.png"]
    assert all(name in text for name in pictures)


def test_one_channel_can_be_picked(works, fails, four, tmp_path):
    write(four, tmp_path / "in.npz")
    text = works("checkup", tmp_path / "in.npz", "--channel", "TA")
    assert text.count("noise at rest") == 1
    assert "LG" not in text
    assert "'LG'" in fails("checkup", tmp_path / "in.npz", "--channel", "LG")


def test_a_text_file_needs_its_rate_and_takes_its_unit(works, fails, session, tmp_path):
    np.savetxt(tmp_path / "in.csv", session.signal[0])
    assert "--fs" in fails("checkup", tmp_path / "in.csv")
    text = works("checkup", tmp_path / "in.csv", "--fs", FS, "--units", "V")
    assert float(rows(text)["noise at rest"][0]) == pytest.approx(1000 * 0.05 * np.sqrt(0.86), rel=0.06)


def test_the_picture_shows_something_and_is_not_replaced_without_leave(works, fails, session, tmp_path):
    write(session, tmp_path / "in.npz")
    target = tmp_path / "found.png"
    works("checkup", tmp_path / "in.npz", "--plot-to", target)
    assert image.imread(target)[..., :3].std() > 0.05
    assert "--force" in fails("checkup", tmp_path / "in.npz", "--plot-to", target)
    works("checkup", tmp_path / "in.npz", "--plot-to", target, "--force")
    assert "no picture name" in fails("checkup", tmp_path / "in.npz", "--plot-to", tmp_path / "found.doc")


def test_two_contractions_are_reported_without_intervals(works, session, tmp_path):
    write(Recording(session.signal[:, : 5 * FS], FS, ["VL"], units="mV"), tmp_path / "in.npz")
    found = rows(works("checkup", tmp_path / "in.npz"))
    assert "too few to say" in " ".join(found["SNR"])
    assert found["repeatability"][-1] == "unknown"
    assert np.isnan(float(found["repeatability"][0]))


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda rng: rng.standard_normal(13 * FS), "told apart"),
        (lambda rng: np.zeros(13 * FS), "told apart"),
        (lambda rng: np.arange(13.0 * FS), "no recorded signal"),
        (lambda rng: rng.standard_normal(300), "at least 1 s"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_sentence(fails, rng, tmp_path, make, word):
    write(Recording([make(rng)], FS, ["VL"]), tmp_path / "in.npz")
    told = fails("checkup", tmp_path / "in.npz", "--plot")
    assert word in told
    assert "'VL'" in told


def test_a_missing_file(fails, tmp_path):
    assert "nowhere.csv" in fails("checkup", tmp_path / "nowhere.csv")


@pytest.mark.data
def test_a_real_dead_channel_is_told_from_real_muscles(works, data_root, tmp_path):
    write(load("elderly_lower_limb", "19/VL", root=data_root), tmp_path / "leg.npz")
    text = works("checkup", tmp_path / "leg.npz", "--plot")
    assert "LG: not judged" in text
    assert text.count("noise at rest") == 3
    assert len(list(tmp_path.glob("*.png"))) == 3


@pytest.mark.data
def test_real_bursts(works, data_root):
    found = rows(works("checkup", data_root / "biosignalsnotebooks" / "emg_bursts.h5"))
    assert float(found["SNR"][0]) == pytest.approx(19.9, abs=0.3)
    assert "usable, perhaps good" in " ".join(found["SNR"])
