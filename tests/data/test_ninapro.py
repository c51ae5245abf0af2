"""Ninapro and Machado: files of the published layout, written here."""

import numpy as np
import pytest
from scipy.io import savemat

from emgtut.data import DataMissing, fetch, load, split_of

RECORDS = {"ninapro_db2": "S7_E2_A1", "ninapro_db3": "S1_E3_A1", "ninapro_db4": "S10_E1_A1", "ninapro_db7": "S22_E2_A1"}
RECORDS |= {"ninapro_db8": "S12_E1_A3", "ninapro_db10": "S010_ex1"}
RATES = dict.fromkeys(RECORDS, 2000.0) | {"ninapro_db10": 1926.0}


def write(root, dataset, record, **variables):
    (root / dataset).mkdir(exist_ok=True)
    savemat(root / dataset / f"{record}.mat", variables, do_compression=True)


def signal(n=500, channels=12):
    return 1e-4 * np.random.default_rng(0).standard_normal((n, channels))


@pytest.mark.parametrize("dataset", RECORDS)
@pytest.mark.parametrize("emg", ["emg", "EMG", "emg_signals"])
@pytest.mark.parametrize("label", ["restimulus", "restStimulus", "restim"])
def test_every_name_of_a_variable(tmp_path, dataset, emg, label):
    x, gesture = signal(), np.repeat([0, 3, 0, 4, 0], 100)
    write(
        tmp_path, dataset, RECORDS[dataset],
        **{emg: x, label: gesture[:, None].astype(np.uint8), "rerepetition": np.repeat([0, 1, 0, 1, 0], 100)[:, None]},
        stimulus=np.zeros((500, 1)), subject=7, text="not a number",
    )  # fmt: skip
    found = load(dataset, RECORDS[dataset], root=tmp_path)
    assert np.allclose(found.signal, 1000 * x.T)  # volts in the file, millivolts here
    assert found.fs == RATES[dataset]
    assert found.channels[0] == "01"
    assert found.labels["gesture"].tolist() == gesture.tolist()
    assert set(found.labels["repetition"]) == {0, 1}
    assert found.meta["exercise"] in "123"


def test_db10_goes_by_regrasp(tmp_path):
    write(tmp_path, "ninapro_db10", "S010_ex1", emg=signal(), regrasp=np.full(500, 5), restimulus=np.full(500, 6))
    assert set(load("ninapro_db10", "S010_ex1", root=tmp_path).labels["gesture"]) == {5}


def test_rows_that_are_channels_are_turned(tmp_path):
    write(tmp_path, "ninapro_db3", "S1_E1_A1", emg=signal(500, 10).T, restimulus=np.zeros(500))
    assert load("ninapro_db3", "S1_E1_A1", root=tmp_path).signal.shape == (10, 500)


@pytest.mark.parametrize("n", [499, 501])
def test_a_label_may_be_off_by_one_sample(tmp_path, n):
    write(tmp_path, "ninapro_db2", "S1_E1_A1", emg=signal(), restimulus=np.full(n, 2))
    assert load("ninapro_db2", "S1_E1_A1", root=tmp_path).labels["gesture"].tolist() == [2] * 500


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"emg": signal(), "restimulus": np.zeros(498)}, "498 values of 'restimulus' for 500 samples"),
        ({"restimulus": np.zeros(500)}, "none of the signals emg, EMG, emg_signals"),
        ({"emg": signal()}, "none of the labels restimulus"),
        ({"emg": signal(), "restimulus": np.full(500, 0.5)}, "not whole numbers"),
        ({"emg": np.zeros((3, 4, 5)), "restimulus": np.zeros(4)}, "samples by channels"),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, variables, says):
    write(tmp_path, "ninapro_db2", "S1_E1_A1", **variables)
    with pytest.raises(ValueError, match=says):
        load("ninapro_db2", "S1_E1_A1", root=tmp_path)


def test_a_damaged_file_is_refused(tmp_path):
    write(tmp_path, "ninapro_db2", "S1_E1_A1", emg=signal(), restimulus=np.zeros(500))
    file = tmp_path / "ninapro_db2" / "S1_E1_A1.mat"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"S1_E1_A1\.mat is not a readable MATLAB file"):
        load("ninapro_db2", "S1_E1_A1", root=tmp_path)


def test_what_is_missing_says_how_to_register(tmp_path):
    with pytest.raises(DataMissing, match=r"register at .*ninapro_db4"):
        fetch("ninapro_db4", root=tmp_path, records=["S1_E1_A1"])
    with pytest.raises(DataMissing, match="ask the authors"):
        load("machado", "01", root=tmp_path)


def test_the_split_of_qase_goes_by_subject():
    parts = {s: split_of("ninapro_db2", f"S{s}_E1_A1", scheme="qase") for s in (1, 24, 25, 32, 33, 40)}
    assert parts == {1: "train", 24: "train", 25: "validation", 32: "validation", 33: "test", 40: "test"}


@pytest.mark.parametrize("name", ["a", "artefact"])
def test_machado(tmp_path, name):
    write(tmp_path, "machado", "01", **{name: np.arange(10.0)[:, None]}, **({"b": np.ones(10)} if name == "a" else {}))
    found = load("machado", "01", root=tmp_path)
    assert found.signal.tolist() == [list(range(10))]
    assert (found.fs, found.units) == (2000, "arbitrary")


def test_machado_with_two_candidates_is_refused(tmp_path):
    write(tmp_path, "machado", "01", x=np.arange(10.0), y=np.ones(10))
    with pytest.raises(ValueError, match="needs the variable 'a' or one other signal, but it has x, y"):
        load("machado", "01", root=tmp_path)
