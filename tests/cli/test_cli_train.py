"""`emgtut train`: a tiny network in seconds, stopped and resumed, shipped, and every misuse with its sentence."""

import csv
import json
import re
import sys

import pytest

torch = pytest.importorskip("torch")

from emgtut.contaminate.corpus import Corpus, build  # noqa: E402
from emgtut.contaminate.material import Sizes  # noqa: E402
from emgtut.denoise.training import TRAINABLE  # noqa: E402
from emgtut.learn import cards, load_weights  # noqa: E402

FEW = Sizes(people=(2, 1), hearts=(2, 1), movements=(1, 1), grids=(1, 1), colours=(1, 1), seconds=10.0)
SMALL = ["--width", "4", "--steps", "4", "--batch", "4"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "corpus.npz"
    build(path, sizes=FEW, real="none")
    return path


def column(folder, name):
    return [row[name] for row in csv.DictReader((folder / "log.csv").open())]


def test_a_small_network_is_trained_and_the_log_and_curve_are_there(works, made, tmp_path):
    text = works("train", "fcn", *SMALL, "--corpus", made, "--folder", tmp_path / "run")
    assert "all steps done" in text
    printed = next(line.split()[-2] for line in text.splitlines() if "kept: SNRimp" in line)
    best = min(float(value) for value in column(tmp_path / "run", "validation"))
    assert float(printed.replace("−", "-")) == pytest.approx(-best, rel=1e-3)
    assert (tmp_path / "run" / "curve.png").read_bytes().startswith(b"\x89PNG")
    for name in ("checkpoint.json", "log.csv", "curve.png"):
        assert f"Written: {tmp_path / 'run' / name}" in text
    assert not list((tmp_path / "run").glob(".*"))


def test_a_stopped_run_goes_on_to_the_same_end(works, made, tmp_path):
    args = ["train", "fcn", *SMALL, "--seed", "5", "--corpus", made, "--folder"]
    text = works(*args, tmp_path / "b", "--minutes", "0")
    assert "the same command goes on" in text
    assert not (tmp_path / "b" / "curve.png").exists()
    works(*args, tmp_path / "b")
    works(*args, tmp_path / "a")
    for name in ("step", "lr", "loss", "validation"):
        assert column(tmp_path / "a", name) == column(tmp_path / "b", name)


def test_seeds_differ(works, made, tmp_path):
    for seed in "01":
        works("train", "fcn", *SMALL, "--seed", seed, "--corpus", made, "--folder", tmp_path / seed)
    assert column(tmp_path / "0", "validation") != column(tmp_path / "1", "validation")


def test_weights_are_shipped_with_a_card_that_names_no_place(works, made, tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "WEIGHTS", tmp_path / "weights")
    text = works("train", "fcn", *SMALL, "--corpus", made, "--folder", tmp_path / "run", "--ship")
    card = load_weights("fcn", TRAINABLE["fcn"].make(4, seed=1))
    assert card.command == "emgtut train fcn --seed 0 --steps 4 --batch 4 --lr 0.001 --width 4 --device cpu --ship"
    assert card.data_hash == Corpus.open(made).about["sha256"]
    assert len(card.date) == 10
    assert card.commit
    assert str(tmp_path) not in (tmp_path / "weights" / "fcn.toml").read_text()
    assert "snr_imp_db, mixture, validation" in text


def test_an_unfinished_run_is_not_shipped(run, made, tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "WEIGHTS", tmp_path / "weights")
    args = ["train", "fcn", *SMALL, "--corpus", made, "--folder", tmp_path / "run", "--minutes", "0", "--ship"]
    result = run(*args)
    assert result.exit_code == 1
    assert "Error: The run is not finished" in result.stderr
    assert not (tmp_path / "weights").exists()


def test_a_corpus_that_is_not_there_is_made(works, tmp_path, monkeypatch):
    from emgtut.contaminate import corpus

    monkeypatch.setattr(corpus, "build", lambda path: build(path, sizes=FEW, real="none"))
    text = works("train", "fcn", *SMALL, "--corpus", tmp_path / "new" / "c.npz", "--folder", tmp_path / "run")
    assert "Making the corpus" in text
    assert (tmp_path / "new" / "c.npz").is_file()


def test_a_judge_of_snr_is_trained_and_shipped(works, made, tmp_path, monkeypatch):
    from emgtut.assess import qase_training

    monkeypatch.setattr(cards, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(qase_training, "CALIBRATION_WINDOWS", 100)
    args = ["train", "qase_ecg", "--steps", "2", "--batch", "2", "--corpus", made, "--folder", tmp_path / "run"]
    text = works(*args, "--ship")
    assert "mse_db2, validation" in text
    card = cards.read_card("qase_ecg")
    assert card.command == "emgtut train qase_ecg --seed 0 --steps 2 --batch 2 --lr 0.001 --device cpu --ship"
    assert float(column(tmp_path / "run", "validation")[0]) > 0


@pytest.fixture
def two_corners(monkeypatch, tmp_path):
    """Let the calibration try two corners of the high-pass, on simulated muscles."""
    from emgtut.denoise import calibration

    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path / "no_data"))
    monkeypatch.setitem(calibration.SEARCHED, "highpass", {"cutoff_hz": (40.0, 5.0)})
    monkeypatch.setattr(calibration, "STORE", tmp_path / "package" / "calibrated.json")


@pytest.mark.parametrize(("ship", "where"), [([], "run"), (["--ship"], "package")])
def test_a_classical_method_is_calibrated(works, two_corners, tmp_path, ship, where):
    text = works("train", "highpass", "--seed", "3", "--folder", tmp_path / "run", *ship)
    assert re.search(r"muscles +simulated", text)
    kept = json.loads((tmp_path / where / "calibrated.json").read_text())["methods"]["highpass"]
    assert len(kept["trials"]) == 2
    assert kept["snr_imp_db"] == max(kept["trials"].values())
    assert kept["provenance"]["seed"] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [where]


# ------------------------------------------------------------------------------------------------- misuse


def test_an_unknown_model(fails, tmp_path):
    told = fails("train", "magic", "--folder", tmp_path / "run")
    assert "There is nothing called 'magic' to train: choose one of fcn, sdemg, msemg, trustemg" in told


def test_without_torch(fails, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    told = fails("train", "fcn", "--folder", tmp_path / "run")
    assert "needs PyTorch, which is not installed: `pip install -r requirements-torch.txt`" in told


def test_a_device_that_is_not_there(fails, made, tmp_path):
    told = fails("train", "fcn", "--device", "tpu", "--corpus", made, "--folder", tmp_path / "run")
    assert "torch cannot compute on 'tpu' here" in told


def test_a_folder_that_cannot_be_made(fails, made, tmp_path):
    (tmp_path / "file").write_text("")
    told = fails("train", "fcn", "--corpus", made, "--folder", tmp_path / "file" / "run")
    assert "cannot be made" in told


def test_a_corpus_of_another_version(fails, made, tmp_path):
    import numpy as np

    with np.load(made) as file:
        fields = dict(file)
    about = json.loads(str(fields["about"])) | {"version": 0}
    np.savez(tmp_path / "old.npz", **(fields | {"about": np.array(json.dumps(about))}))
    told = fails("train", "fcn", "--corpus", tmp_path / "old.npz", "--folder", tmp_path / "run")
    assert "old.npz has version 0" in told


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no corpus at all"])
def test_a_damaged_corpus(fails, tmp_path, content):
    (tmp_path / "bad.npz").write_bytes(content)
    told = fails("train", "fcn", "--corpus", tmp_path / "bad.npz", "--folder", tmp_path / "run")
    assert "is not a whole training corpus" in told


def test_a_corpus_with_another_suffix(fails, tmp_path):
    told = fails("train", "fcn", "--corpus", tmp_path / "corpus.csv", "--folder", tmp_path / "run")
    assert "end it in .npz" in told


def test_a_width_for_a_judge(fails, made, tmp_path):
    told = fails("train", "qase_ecg", "--width", "8", "--corpus", made, "--folder", tmp_path / "run", code=2)
    assert "qase_ecg has one width only" in told


def test_options_of_networks_for_a_classical_method(fails, tmp_path):
    told = fails("train", "vmd", "--steps", "5", "--device", "cuda", "--folder", tmp_path / "run", code=2)
    assert "vmd is calibrated, not trained: leave --steps, --device out" in told


def test_another_run_in_the_folder(works, fails, made, tmp_path):
    args = ["train", "fcn", "--corpus", made, "--folder", tmp_path / "run"]
    works(*args, *SMALL)
    told = fails(*args, *SMALL, "--seed", "1")
    assert "holds another run: in its recipe, seed is 0, here 1" in told


def test_a_learning_rate_that_makes_it_explode(run, made, tmp_path):
    result = run("train", "fcn", *SMALL, "--lr", "1e30", "--corpus", made, "--folder", tmp_path / "run")
    assert result.exit_code == 1
    assert "loss of fcn became" in result.stderr
    assert "lower the learning rate (lr is 1e+30)" in result.stderr
    assert len(result.stderr.splitlines()) == 1
