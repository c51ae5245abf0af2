"""Recordings that were still growing when their head was written: WFDB and CSV without a number of samples."""

import numpy as np
import pytest

from emgtut.data import Recording, read, write
from emgtut.data.writing import csv_head


def wfdb_record(folder, *, first="arm 2 1000", form="16", data=None):
    (folder / "arm.hea").write_text(
        f"{first}\narm.dat {form} 100/mV 16 0 0 0 0 VL\narm.dat {form} 100/mV 16 0 0 0 0 BF\n"
    )
    data = np.arange(12, dtype="<i2").tobytes() if data is None else data
    (folder / "arm.dat").write_bytes(data)
    return folder / "arm.hea"


def test_a_wfdb_record_without_length_is_as_long_as_its_file(tmp_path):
    arm = read(wfdb_record(tmp_path))
    np.testing.assert_allclose(arm.signal, [[0, 0.02, 0.04, 0.06, 0.08, 0.1], [0.01, 0.03, 0.05, 0.07, 0.09, 0.11]])
    assert (arm.fs, arm.channels, arm.units) == (1000, ["VL", "BF"], "mV")


@pytest.mark.parametrize("cut", range(1, 12))
def test_half_a_sample_frame_at_the_end_is_left_out(tmp_path, cut):
    data = np.arange(12, dtype="<i2").tobytes()
    arm = read(wfdb_record(tmp_path, data=data[:-cut]))
    assert arm.n_samples == (24 - cut) // 4
    np.testing.assert_allclose(arm.signal[0], 0.02 * np.arange(arm.n_samples))


def test_a_packed_format_counts_three_bytes_for_two_samples(tmp_path):
    arm = read(wfdb_record(tmp_path, form="212", data=bytes([1, 0, 2]) * 5 + b"\1"))
    np.testing.assert_allclose(arm.signal, [[0.01] * 5, [0.02] * 5])


def test_a_record_that_holds_no_whole_frame_says_so(tmp_path):
    for data in (b"", b"\1\2\3"):
        with pytest.raises(ValueError, match=r"arm\.dat holds no samples"):
            read(wfdb_record(tmp_path, data=data))


@pytest.mark.parametrize("first", ["arm 2", "arm 2 1000 0"])
def test_a_length_may_be_missing_but_neither_zero_nor_without_a_rate(tmp_path, first):
    with pytest.raises(ValueError, match="no signal of known length"):
        read(wfdb_record(tmp_path, first=first))


def test_a_length_that_is_given_is_still_insisted_on(tmp_path):
    with pytest.raises(ValueError, match="cut off or too long"):
        read(wfdb_record(tmp_path, first="arm 2 1000 7"))


def test_several_signal_files_need_a_length(tmp_path):
    path = wfdb_record(tmp_path)
    path.write_text("arm 2 1000\narm.dat 16 100/mV\nother.dat 16 100/mV\n")
    (tmp_path / "other.dat").write_bytes(bytes(10))
    with pytest.raises(ValueError, match="no signal of known length"):
        read(path)


def test_a_streamed_csv_needs_no_number_of_samples(tmp_path):
    path = tmp_path / "arm.csv"
    path.write_text(csv_head(["VL", "BF"], fs=1000.0, units="mV") + "0.1,-2.0\n0.25,3e-07\n")
    arm = read(path)
    assert arm.signal.tolist() == [[0.1, 0.25], [-2.0, 3e-07]]
    assert (arm.fs, arm.channels, arm.units) == (1000, ["VL", "BF"], "mV")


@pytest.mark.parametrize("end", ["0.3", "0.3,", "0.3,4", "0.3,-", "0.3,4e"])
def test_a_line_cut_in_two_is_left_out(tmp_path, end):
    path = tmp_path / "arm.csv"
    path.write_text(csv_head(["VL", "BF"], fs=1000.0, units="mV") + "0.1,-2.0\n0.25,3.0\n" + end)
    assert read(path).signal.tolist() == [[0.1, 0.25], [-2.0, 3.0]]


def test_a_csv_without_a_whole_line_says_so(tmp_path):
    path = tmp_path / "arm.csv"
    head = csv_head(["VL", "BF"], fs=1000.0, units="mV")
    for text in (head, head + "0.1", head[:-3]):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"no samples|no numbers"):
            read(path)


def test_a_csv_written_at_once_still_knows_its_length(tmp_path):
    path = write(Recording([[1.0, 2.0, 3.0]], 1000, ["VL"], "mV"), tmp_path / "arm.csv")
    assert path.read_text() == csv_head(["VL"], fs=1000.0, units="mV", samples=3) + "1.0\n2.0\n3.0\n"
    path.write_text(path.read_text()[:-4])
    with pytest.raises(ValueError, match="cut off"):
        read(path)
