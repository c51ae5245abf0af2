"""`emgtut data prepare`."""

import numpy as np
import pytest
from scipy.io import savemat


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Three subjects of the layout of Ninapro DB3: a strong contraction between rests."""
    folder = tmp_path / "root" / "ninapro_db3"
    folder.mkdir(parents=True)
    for subject in (1, 2, 3):
        rng = np.random.default_rng(subject)
        gesture = np.repeat([0, 1, 0], [2000, 10_000, 2000])
        white = rng.standard_normal((14_000, 2))
        muscle = np.stack([np.convolve(row, np.hanning(16) * np.sin(np.arange(16)), "same") for row in white.T], axis=1)
        emg = 1e-5 * (muscle * (gesture > 0)[:, None] + 0.01 * rng.standard_normal((14_000, 2)))
        savemat(folder / f"S{subject}_E1_A1.mat", {"emg": emg, "restimulus": gesture[:, None]})
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path / "root"))
    return folder


def test_prepare_makes_a_corpus_and_goes_on(works, root, tmp_path):
    out = tmp_path / "corpus"
    arguments = ["data", "prepare", "ninapro_db3", "--recipe", "cleansemg", "--out", str(out), "--noise", "synthetic"]
    text = works(*arguments)
    assert "Screening kept 6 of 6 trials and channels." in text
    assert "segments 4 train, 8 validation, 0 test; 12 mixtures in annotations.csv" in text
    assert "30 records of the manifest are not here" in text
    assert "3 records were done before." in works(*arguments)
    assert len((out / "annotations.csv").read_text().splitlines()) == 13


def test_prepare_lists_what_it_corrects(works):
    text = works("data", "prepare", "mitdb", "--recipe", "cleansemg", "--corrections")
    assert "DB8 is read as if it had 1111 Hz" in text
    assert "white-cap" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ninapro_db3", "--recipe", "best"], "no recipe 'best'"),
        (["ninapro_db3", "--recipe", "qase", "--published", "all2"], "no correction 'all2'"),
        (["nothing", "--recipe", "qase"], "no dataset 'nothing'"),
        (["ninapro_db4", "--recipe", "qase"], "register at"),
    ],
)
def test_prepare_fails_in_one_sentence(fails, root, tmp_path, arguments, says):
    assert says in fails("data", "prepare", *arguments, "--out", str(tmp_path / "x"))
