"""Readers and units on small files made here: what a file says counts, what it does not say must be given."""

import json

import edfio
import h5py
import numpy as np
import openpyxl
import pytest
import scipy.io
import wfdb

from emgtut.data import Recording, read
from emgtut.data.units import parse_units


@pytest.fixture
def make(tmp_path):
    """Write text to a file of this name and return its path."""

    def write_text(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_text


# ---- text


def test_csv_with_time_units_and_names(make):
    arm = read(make("arm.csv", "time (ms),biceps (uV),triceps (mV)\n0,10,0.5\n0.5,-20,-1\n1.0,30,0\n"))
    assert (arm.fs, arm.units, arm.channels) == (2000.0, "mV", ["biceps", "triceps"])
    np.testing.assert_allclose(arm.signal, [[0.01, -0.02, 0.03], [0.5, -1, 0]], rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "1,2\n3,4\n5,6\n"),
        ("a.csv", "1, 2\n3, 4\n\n5, 6"),
        ("a.csv", "1;2\r\n3;4\r\n5;6\r\n"),
        ("a.csv", "1,2,\n3,4,\n5,6,\n"),
        ("a.tsv", "1\t2\n3\t4\n5\t6\n"),
        ("a.txt", "1\t2\t\n3\t4\t\n5\t6\t\n"),
        ("a.txt", "  1   2\n  3   4\n 5 6\n"),
        ("a.txt", "# a comment\n1 2\n3 4\n5 6\n"),
        ("a.txt", "left right\n1 2\n3 4\n5 6\n"),
        ("A.CSV", "\ufeffleft,right\n1,2\n3,4\n5,6\n"),
    ],
)
def test_columns_in_every_common_dress(make, name, text):
    arm = read(make(name, text), fs=1000)
    np.testing.assert_array_equal(arm.signal, [[1, 3, 5], [2, 4, 6]])
    assert arm.units == "arbitrary"
    assert arm.channels == (["left", "right"] if "left" in text else ["channel 0", "channel 1"])


def test_statements_in_comments(make):
    arm = read(make("a.csv", "# fs: 1926 Hz\n# units: uV\n# subject: 7\nbiceps\n1\n2\n"))
    assert (arm.fs, arm.units, arm.subject, arm.channels) == (1926.0, "mV", "7", ["biceps"])
    np.testing.assert_allclose(arm.signal, [[1e-3, 2e-3]])


def test_printed_times_hide_a_whole_rate(make):
    times = "\n".join(f"{i / 2000:.4f},{i}" for i in range(5000))
    assert read(make("a.csv", "time,emg\n" + times)).fs == 2000.0
    coarse = "\n".join(f"{i / 1024:.6f},{i}" for i in range(5000))
    assert read(make("b.csv", "time,emg\n" + coarse)).fs == 1024.0


def test_a_rate_that_is_no_whole_number_stays_one(make):
    times = "\n".join(f"{i / 148.148!r},{i}" for i in range(500))
    assert read(make("a.csv", "time,emg\n" + times)).fs == pytest.approx(148.148, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time,emg\n0,1\n0.001,2\n0.005,3\n0.006,1\n", "uneven steps"),
        ("time,emg\n0,1\n", "needs two"),
        ("time (h),emg\n0,1\n1,2\n", "unknown unit; use s, ms or us"),
        ("time,emg\n3,1\n2,2\n1,2\n", "uneven steps"),
        ("emg\n1\ntwo\n3\n", r"line 3: 'two' is not a number"),
        ("emg,ecg\n1,2\n3\n", r"line 3: 1 columns where the first line has 2"),
        ("emg,ecg\n1,2\n3,\n", "line 3"),
        ("emg,ecg\n1,2\n3,4,5\n", "line 3: 3 columns"),
        ("1,2\n3,True\n", "'True' is not a number"),
        ("emg,ecg\n1\n2\n", "columns"),
        ("emg\n", "header line but no samples"),
        ("# nothing\n\n", "holds no numbers"),
        ("emg\n1\nnan\n3\n", "1 values that are not finite"),
        ("emg\n1\ninf\n3\n", "1 values that are not finite"),
        ("emg,emg\n1,2\n", "the same name"),
        ("# fs: fast\n1\n2\n", "'fast'; write it as a number of hertz"),
        ("emg (mmHg)\n1\n2\n", "'mmHg', which is not a known voltage; pass units"),
        ("emg (mV),grip (a.u.)\n1,2\n", "mixes voltages with other quantities"),
    ],
)
def test_text_that_is_not_a_recording(make, text, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        read(make("arm.csv", text), fs=None if "time" in text or "fs" in text else 1000)
    assert "arm.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_line_number_counts_comments_and_blank_lines(make):
    with pytest.raises(ValueError, match="line 5: 'x'"):
        read(make("a.csv", "# one\n\nemg\n1\nx\n"), fs=1000)


def test_bytes_are_not_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xfe1\0,\0" * 5)
    with pytest.raises(ValueError, match="is not a text file"):
        read(path, fs=1000)


def test_opensignals_text(make):
    device = {
        "sampling rate": 100, "column": ["nSeq", "DI", "CH1", "CH2"], "label": ["CH1", "CH2"], "sensor": ["EMG", "XYZ"],
        "resolution": [16, 12], "device": "biosignalsplux", "date": "2019-1-23", "comments": "stone",
    }  # fmt: skip
    head = "# OpenSignals Text File Format\n# " + json.dumps({"00:07": device}) + "\n# EndOfHeader\n"
    hand = read(make("a.txt", head + "0\t0\t32816\t10\t\n1\t0\t32740\t11\t\n"))
    assert (hand.fs, hand.units, hand.channels) == (100.0, "arbitrary", ["CH1 EMG", "CH2 XYZ"])
    assert hand.signal.tolist() == [[32816, 32740], [10, 11]]
    assert (hand.meta["bits"], hand.meta["comments"]) == ([16, 12], "stone")
    with pytest.raises(ValueError, match="header but no samples"):
        read(make("b.txt", head))
    with pytest.raises(ValueError, match="damaged OpenSignals header"):
        read(make("c.txt", head.replace("sampling rate", "sampling")))
    with pytest.raises(ValueError, match="names 4 columns and has 3"):
        read(make("d.txt", head + "0\t0\t32816\n"))


# ---- rates, units and channels, whatever the format


def test_a_rate_must_come_from_somewhere_and_from_one_place(make):
    silent, speaking = make("a.csv", "1\n2\n"), make("b.csv", "# fs: 1000\n1\n2\n")
    with pytest.raises(ValueError, match=r"a\.csv does not say its sampling rate; pass fs=\.\.\. \(--fs\)"):
        read(silent)
    with pytest.raises(ValueError, match=r"b\.csv says 1000 Hz but fs=500 was given"):
        read(speaking, fs=500)
    assert read(speaking, fs=1000).fs == 1000.0
    for wrong in (0, -1000, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="positive number in hertz"):
            read(silent, fs=wrong)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("V", 1000.0), ("mV", 1.0), ("uV", 1e-3), ("µV", 1e-3), ("μV", 1e-3), ("nV", 1e-6), (" Volts ", 1e3)],
)
def test_voltages_become_millivolts(make, word, expected):
    arm = read(make("a.csv", "2\n4\n"), fs=1000, units=word)
    assert arm.units == "mV"
    np.testing.assert_allclose(arm.signal, [[2 * expected, 4 * expected]], rtol=1e-15)
    assert parse_units(word) == ("mV", expected)


def test_units_are_never_guessed(make):
    silent, speaking = make("a.csv", "2\n4\n"), make("b.csv", "# units: uV\n2\n4\n")
    assert read(silent, fs=1000).units == "arbitrary"
    with pytest.raises(ValueError, match="The unit 'parsec' is unknown; use V, mV, uV"):
        read(silent, fs=1000, units="parsec")
    with pytest.raises(ValueError, match="says uV but units='mV' was given"):
        read(speaking, fs=1000, units="mV")
    assert read(speaking, fs=1000, units="µV").units == "mV"
    strange = make("c.csv", "emg (parsec)\n2\n4\n")
    assert read(strange, fs=1000, units="arbitrary").signal.tolist() == [[2, 4]]
    assert read(make("d.csv", "emg (a.u.)\n2\n4\n"), fs=1000, units="mV").units == "mV"


def test_channels_by_name_and_number(make):
    path = make("a.csv", "7,biceps,triceps\n1,2,3\n4,5,6\n".replace("7", "seven"))
    assert read(path, fs=1000, channel="biceps").signal.tolist() == [[2, 5]]
    assert read(path, fs=1000, channel=2).channels == ["triceps"]
    assert read(path, fs=1000, channel="0").channels == ["seven"]
    with pytest.raises(
        ValueError, match=r"There is no channel 'deltoid' in a\.csv; its channels are 'seven', 'biceps'"
    ):
        read(path, fs=1000, channel="deltoid")
    with pytest.raises(ValueError, match=r"There is no channel number 3 in a\.csv; give 0 to 2"):
        read(path, fs=1000, channel=3)
    with pytest.raises(ValueError, match="no channel number -1"):
        read(path, fs=1000, channel=-1)


# ---- .npz and .mat


def test_plain_npz_with_one_array(tmp_path):
    x = np.arange(12.0).reshape(6, 2)
    np.savez(tmp_path / "a.npz", emg=x, fs=500)
    arm = read(tmp_path / "a.npz")
    assert (arm.fs, arm.channels) == (500.0, ["emg 0", "emg 1"])
    np.testing.assert_array_equal(arm.signal, x.T)
    np.savez(tmp_path / "b.npz", emg=x[:, 0])
    assert read(tmp_path / "b.npz", fs=500).channels == ["emg"]


@pytest.mark.parametrize("write", ["npz", "mat"])
def test_arrays_that_leave_questions_open(tmp_path, write):
    path = tmp_path / f"a.{write}"
    save = (lambda **arrays: np.savez(path, **arrays)) if write == "npz" else (lambda **a: scipy.io.savemat(path, a))
    save(emg=np.zeros(5), ecg=np.zeros(5))
    with pytest.raises(ValueError, match="exactly one array of samples"):
        read(path, fs=500)
    save(emg=np.zeros((4, 4)))
    with pytest.raises(ValueError, match="leaves open which axis is time"):
        read(path, fs=500)
    save(words=np.array(["a", "b"]))
    with pytest.raises(ValueError, match="found none"):
        read(path, fs=500)
    save(emg=np.arange(5) * 1j)
    with pytest.raises(ValueError, match="found none"):
        read(path, fs=500)


class Bomb:
    """Unpickling it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_pickled_objects_are_refused_and_never_run(tmp_path):
    np.savez(tmp_path / "a.npz", signal=np.array([Bomb(tmp_path / "boom")], dtype=object), fs=1000)
    with pytest.raises(ValueError, match="holds Python objects, which are refused"):
        read(tmp_path / "a.npz")
    assert not (tmp_path / "boom").exists()


def test_mat_with_rate(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"emg": np.arange(6.0), "Fs": 2000})
    arm = read(tmp_path / "a.mat")
    assert (arm.fs, arm.units, arm.channels) == (2000.0, "arbitrary", ["emg"])
    assert arm.signal.tolist() == [[0, 1, 2, 3, 4, 5]]


def test_physionet_mat_with_info(tmp_path):
    scipy.io.savemat(tmp_path / "16265m.mat", {"val": np.array([[100, -100], [60, 40]], dtype=np.int16)})
    (tmp_path / "16265m.info").write_text(
        "Source: record nsrdb/16265  Start: [08:04:00.000]\nval has 2 rows\nSampling frequency: 128 Hz  Sampling "
        "interval: 0.0078125 sec\nRow\tSignal\tGain\tBase\tUnits\n1\tECG1\t200\t0\tmV\n2\tECG2\t10\t50\tmV\n"
    )
    heart = read(tmp_path / "16265m.mat")
    assert (heart.fs, heart.units, heart.channels) == (128.0, "mV", ["ECG1", "ECG2"])
    assert heart.signal.tolist() == [[0.5, -0.5], [1.0, -1.0]]
    (tmp_path / "16265m.info").write_text("Sampling frequency: 128 Hz\n1\tECG1\t200\t0\tmV\n")
    with pytest.raises(ValueError, match="does not describe the 2 signals"):
        read(tmp_path / "16265m.mat")


def test_matlab_7_3_is_named(tmp_path):
    (tmp_path / "a.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\0" * 400)
    with pytest.raises(ValueError, match=r"MATLAB 7\.3 file; save it with -v7"):
        read(tmp_path / "a.mat", fs=1000)


# ---- workbooks


def book(path, **sheets):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def test_workbook_of_one_sheet(tmp_path):
    leg = read(book(tmp_path / "a.xlsx", EMG=[("VL (uV)", "BF (uV)"), (1, 2.5), (3, -4)]), fs=2000)
    assert (leg.channels, leg.units) == (["VL", "BF"], "mV")
    np.testing.assert_allclose(leg.signal, [[1e-3, 3e-3], [2.5e-3, -4e-3]])


def test_workbook_of_several_sheets(tmp_path):
    path = book(tmp_path / "a.xlsx", EMG=[(1, 2), (3, 4)], DNM=[(5, 6), (7, 8)], empty=[])
    leg = read(path, fs=2000)
    assert leg.channels == ["EMG/0", "EMG/1", "DNM/0", "DNM/1"]
    assert read(path, fs=2000, channel="DNM/1").signal.tolist() == [[6, 8]]
    uneven = book(tmp_path / "b.xlsx", EMG=[(1,), (3,)], DNM=[(5,)])
    assert read(uneven, fs=2000, channel="DNM/0").signal.tolist() == [[5]]
    with pytest.raises(ValueError, match=r"channels of different lengths \(EMG/0: 2, DNM/0: 1\)"):
        read(uneven, fs=2000)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(1, 2), (3, "x")], "row 2: 'x' is not a number"),
        ([("a", "b")], "header line but no samples"),
        ([(1, 2), (None, 3), (4, 5)], "empty cells between numbers"),
        ([("a",), (True,)], "row 2: True is not a number"),
        ([], "holds no channel"),
    ],
)
def test_workbooks_that_are_not_recordings(tmp_path, rows, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(book(tmp_path / "a.xlsx", EMG=rows), fs=1000)


# ---- OpenSignals .h5


def opensignals(path, *, nsamples=3, devices=1, drop=None, sensors=("EMG",)):
    with h5py.File(path, "w") as file:
        for number in range(devices):
            device = file.create_group(f"00:0{number}")
            device.attrs.update({"sampling rate": 1000, "nsamples": nsamples, "resolution": np.array([16])})
            if drop:
                del device.attrs[drop]
            device.create_dataset("raw/nSeq", data=np.arange(3)[:, None])
            for at, sensor in enumerate(sensors):
                data = device.create_dataset(f"raw/channel_{at}", data=np.array([[5], [6], [7]], dtype=np.uint16) + at)
                data.attrs["sensor"] = sensor
    return path


def test_opensignals_h5(tmp_path):
    arm = read(opensignals(tmp_path / "a.h5"))
    assert (arm.fs, arm.units, arm.channels) == (1000.0, "arbitrary", ["EMG"])
    assert arm.signal.tolist() == [[5, 6, 7]]
    assert read(opensignals(tmp_path / "b.h5", sensors=("EMG", "EMG"))).channels == ["EMG 0", "EMG 1"]


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"nsamples": 4}, "3 samples where 4 are promised"),
        ({"devices": 2}, "holds 2 OpenSignals devices"),
        ({"devices": 0}, "holds 0 OpenSignals devices"),
        ({"drop": "sampling rate"}, "lacks the attribute 'sampling rate'"),
    ],
)
def test_opensignals_h5_that_is_incomplete(tmp_path, how, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(opensignals(tmp_path / "a.h5", **how))


# ---- WFDB and EDF written by their own libraries


def test_wfdb_in_volts_and_without_gain(tmp_path):
    wfdb.wrsamp(
        "arm", fs=500, units=["V", "uV"], sig_name=["a", "b"], d_signal=np.array([[100, 7], [-100, 8]]),
        fmt=["16", "16"], adc_gain=[1000.0, 2.0], baseline=[0, 1], write_dir=str(tmp_path),
    )  # fmt: skip
    for name in ("arm.hea", "arm.dat", "arm"):
        arm = read(tmp_path / name)
        assert (arm.fs, arm.units, arm.channels) == (500.0, "mV", ["a", "b"])
        np.testing.assert_allclose(arm.signal, [[100, -100], [3e-3, 3.5e-3]], rtol=1e-12)
    for gain in ("", " 0", " 0(0)/mV"):  # WFDB: without a gain, or with gain 0, a signal is not calibrated
        (tmp_path / "arm.hea").write_text(f"arm 1 500 4\narm.dat 16{gain}\n")
        arm = read(tmp_path / "arm.hea")
        assert (arm.units, arm.channels) == ("arbitrary", ["channel 0"])
    (tmp_path / "arm.hea").write_text("arm 1 500 4\narm.dat 16 100/mV\n")
    assert read(tmp_path / "arm.hea").signal.tolist() == [[1, 0.07, -1, 0.08]]


def test_wfdb_without_a_rate_is_refused(tmp_path):
    (tmp_path / "a.dat").write_bytes(np.arange(4, dtype="<i2").tobytes())
    (tmp_path / "a.hea").write_text("a 1\na.dat 16 200/mV 16 0 0 0 0 x\n")
    with pytest.raises(ValueError, match=r"a\.hea describes no signal of known length"):
        read(tmp_path / "a.hea")


def test_wfdb_cannot_point_outside_its_folder(tmp_path):
    (tmp_path / "secret.dat").write_bytes(np.arange(4, dtype="<i2").tobytes())
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.hea").write_text("a 1 500 4\n../secret.dat 16 200/mV 16 0 0 0 0 x\n")
    with pytest.raises(ValueError, match=r"not a plain file name|not a readable WFDB header"):
        read(tmp_path / "sub" / "a.hea")


def test_edf_with_channels_of_two_rates(tmp_path):
    slow, fast = np.linspace(-1, 1, 20), np.linspace(-1, 1, 200)
    edfio.Edf(
        [
            edfio.EdfSignal(fast, 100, label="EMG", physical_dimension="mV"),
            edfio.EdfSignal(slow, 10, label="ACC", physical_dimension="g"),
        ]
    ).write(tmp_path / "a.edf")
    with pytest.raises(ValueError, match="pick one with channel"):
        read(tmp_path / "a.edf")
    emg = read(tmp_path / "a.edf", channel="EMG")
    assert (emg.fs, emg.units, emg.n_samples) == (100.0, "mV", 200)
    np.testing.assert_allclose(emg.signal[0], fast, atol=2 / 65535)
    with pytest.raises(ValueError, match="'g', which is not a known voltage"):
        read(tmp_path / "a.edf", channel="ACC")
    assert read(tmp_path / "a.edf", channel="ACC", units="arbitrary").fs == 10.0


# ---- names of files


def test_unknown_formats_folders_and_absent_files(tmp_path, make):
    with pytest.raises(ValueError, match=r"a\.pkl has no format that can be read; allowed are \.hea, \.dat"):
        read(make("a.pkl", "x"))
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        read(tmp_path / "folder.csv")


# ---- Recording


def test_a_recording_checks_itself():
    good = {"signal": np.zeros((2, 3)), "fs": 1000, "channels": ["a", "b"], "units": "mV"}
    assert Recording(**good).duration_s == 0.003
    for change, sentence in [
        ({"signal": np.zeros(3)}, r"shape \(channels, samples\)"),
        ({"signal": np.zeros((2, 0))}, "at least one sample"),
        ({"signal": np.zeros((2, 3), complex)}, "real numbers, not complex128"),
        ({"signal": np.array([[1, np.nan], [np.inf, 0]])}, "2 values that are not finite"),
        ({"fs": 0}, "positive number in hertz, not 0"),
        ({"fs": "1000"}, "positive number in hertz"),
        ({"fs": True}, "positive number in hertz"),
        ({"channels": ["a"]}, "2 channels but 1 names"),
        ({"channels": ["a", "a"]}, "the same name"),
        ({"channels": ["a", ""]}, "printable and not empty"),
        ({"units": "uV"}, "'mV' or 'arbitrary', not 'uV'"),
        ({"labels": {"x": [object()]}}, "plain numbers or text"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            Recording(**{**good, **change})


def test_a_recording_is_float64_whatever_comes():
    assert Recording(np.ones((1, 3), np.int16), 1000, ["a"]).signal.dtype == np.float64
    assert Recording(np.ones((1, 3), np.float32), 1000, ["a"]).signal.dtype == np.float64


# ---- the layout of .mat files, against files that SciPy writes


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("version", ["5", "4"])
def test_mat_files_of_every_kind_of_number(tmp_path, compressed, version):
    for kind in ("f8", "f4", "i4", "i2", "u1", "u2") + (("i8", "u4", "i1", "u8") if version == "5" else ()):
        x = np.arange(14).reshape(2, 7).astype(kind)
        path = tmp_path / f"{kind}.mat"
        if version == "5":
            scipy.io.savemat(path, {"emg": x, "fs": 100}, do_compression=compressed)
        else:
            scipy.io.savemat(path, {"emg": x, "fs": 100}, format="4")
        arm = read(path)
        assert arm.fs == 100.0
        np.testing.assert_array_equal(arm.signal, x)


def test_mat_things_that_are_no_numbers_are_passed_over(tmp_path):
    things = {"note": "text", "nested": {"a": 1}, "cells": np.array([1, "a"], dtype=object), "z": np.arange(3) * 1j}
    scipy.io.savemat(tmp_path / "a.mat", {**things, "emg": np.arange(9.0), "fs": 50.0})
    assert read(tmp_path / "a.mat").signal.tolist() == [list(range(9))]
