"""What is written reads back: exactly, or within the rounding that is stated."""

import json
import os

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emgtut.data import Recording, load, read, write

SUFFIXES = [".npz", ".csv", ".hea", ".edf"]
ROUNDING = {".npz": 0.0, ".csv": 0.0, ".hea": 1 / 2**24, ".edf": 1.01 / 65535 / 2}  # of each channel's range


@pytest.fixture
def arm(rng):
    return Recording(
        rng.normal(size=(2, 1003)) * np.array([[0.3], [4.0]]) + np.array([[0.0], [150.0]]),
        fs=1000,
        channels=["biceps", "ch 2 µV-like"[:4]],
        units="mV",
        labels={"gesture": np.arange(1003) % 5, "beat_sample": np.array([3, 9]), "beat_symbol": np.array(["N", "V"])},
        subject="17",
        meta={"dataset": "none", "gain": 3},
    )


def same(ours, theirs, suffix):
    assert (ours.units, ours.channels) == (theirs.units, theirs.channels)
    assert ours.fs == pytest.approx(theirs.fs, rel=1e-12 if suffix == ".edf" else 0)
    assert ours.signal.shape == theirs.signal.shape
    span = np.ptp(ours.signal, axis=-1, keepdims=True)
    span = np.where(span > 0, span, np.maximum(np.abs(ours.signal).max(-1, keepdims=True), 1.0))
    bound = ROUNDING[suffix] * span + 1e-12 * np.abs(ours.signal)
    if suffix == ".hea":
        middle = np.abs(ours.signal.max(-1, keepdims=True) + ours.signal.min(-1, keepdims=True)) / 2
        bound = np.maximum(bound, middle / 2**31)
    assert np.all(np.abs(ours.signal - theirs.signal) <= bound * (1 + 1e-9))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("units", ["mV", "arbitrary"])
def test_round_trip(arm, tmp_path, suffix, units):
    arm = Recording(arm.signal, arm.fs, arm.channels, units, subject="17")
    path = write(arm, tmp_path / f"arm{suffix}")
    back = read(path)
    same(arm, back, suffix)
    assert back.subject == (None if suffix == ".hea" else "17")
    assert sorted(p.name for p in tmp_path.iterdir()) == (["arm.dat", "arm.hea"] if suffix == ".hea" else [path.name])


def test_npz_keeps_everything(arm, tmp_path):
    back = read(write(arm, tmp_path / "arm.npz"))
    np.testing.assert_array_equal(back.signal, arm.signal)
    assert back.labels.keys() == arm.labels.keys()
    for name, values in arm.labels.items():
        np.testing.assert_array_equal(back.labels[name], values)
    assert (back.meta["dataset"], back.meta["gain"]) == ("none", 3)


names = st.lists(
    st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters=',"#'), min_size=1, max_size=12),
    min_size=1,
    max_size=3,
    unique=True,
)
ascii_names = st.lists(st.from_regex(r"[A-Za-z0-9_.\-()]{1,16}", fullmatch=True), min_size=1, max_size=3, unique=True)


@st.composite
def recordings(draw, channels):
    labels = draw(channels)
    n = draw(st.integers(1, 40))
    unit = draw(hnp.arrays(np.float64, (len(labels), n), elements=st.floats(-1, 1, width=32)))
    scale = 10.0 ** draw(st.integers(-9, 6))
    offset = scale * draw(st.sampled_from([0.0, -0.5, 7.0, 3000.0]))
    fs = draw(st.sampled_from([1.0, 128.0, 360.0, 1000.0, 1925.925925925926, 2048.0, 148.5]))
    return Recording(unit * scale + offset, fs, labels, draw(st.sampled_from(["mV", "arbitrary"])))


relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(recording=recordings(names))
@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_round_trip_is_exact(recording, suffix, tmp_path):
    back = read(write(recording, tmp_path / f"x{suffix}"))
    assert (back.fs, back.units, back.channels) == (recording.fs, recording.units, recording.channels)
    np.testing.assert_array_equal(back.signal, recording.signal)


@relaxed
@given(recording=recordings(ascii_names))
def test_round_trip_of_wfdb(recording, tmp_path):
    back = read(write(recording, tmp_path / "x.hea"))
    same(recording, back, ".hea")


@relaxed
@given(recording=recordings(ascii_names))
def test_round_trip_of_edf_or_a_refusal(recording, tmp_path):
    """EDF's eight characters cannot hold every range; where they cannot, nothing is written."""
    path = tmp_path / "x.edf"
    path.unlink(missing_ok=True)
    refusal = refusal_of(lambda: write(recording, path))
    if refusal is None:
        same(recording, read(path), ".edf")
        return
    assert "EDF cannot hold channel" in refusal
    assert not path.exists()
    in_file = recording.signal * (1000 if recording.units == "mV" else 1)
    span, limit = np.ptp(in_file, axis=-1), np.abs(in_file).max(-1)
    assert np.any((span < 0.2 * limit) | (limit < 0.1) | (limit > 9e6))  # an ordinary EMG is never refused


def refusal_of(action):
    """The sentence with which an action is refused, or None."""
    try:
        action()
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_channel_that_does_not_move(tmp_path, suffix):
    flat = Recording(np.full((1, 50), 0.75), 1000, ["flat"], "mV")
    np.testing.assert_allclose(read(write(flat, tmp_path / f"x{suffix}")).signal, 0.75, atol=1e-3 / 65535)


def test_wfdb_under_a_large_offset(tmp_path, rng):
    """150 mV of electrode offset under 1 µV of signal: 24 bits follow the signal, not the offset."""
    x = Recording(150 + 1e-3 * rng.normal(size=(1, 500)), 1000, ["a"], "mV")
    back = read(write(x, tmp_path / "x.hea"))
    assert np.abs(back.signal - x.signal).max() < 0.02 * np.std(x.signal)


def test_real_recordings_round_trip(data_root, tmp_path):
    leg = load("elderly_lower_limb", "1/VL", root=data_root)
    for suffix in SUFFIXES:
        same(leg, read(write(leg, tmp_path / f"leg{suffix}")), suffix)


def test_other_programs_read_what_we_write(arm, tmp_path):
    """Each format's own library, not ours."""
    import edfio
    import pandas as pd
    import wfdb

    frame = pd.read_csv(write(arm, tmp_path / "arm.csv"), comment="#")
    assert list(frame.columns) == arm.channels
    np.testing.assert_allclose(frame.to_numpy().T, arm.signal, rtol=1e-12)
    write(arm, tmp_path / "arm.hea")
    record = wfdb.rdrecord(str(tmp_path / "arm"))
    assert (record.fs, record.units) == (1000, ["mV", "mV"])
    np.testing.assert_allclose(record.p_signal.T, arm.signal, atol=1e-5)
    edf = edfio.read_edf(write(arm, tmp_path / "arm.edf"))
    assert [signal.physical_dimension for signal in edf.signals] == ["uV", "uV"]
    assert len(edf.signals[0].data) == 2000  # padded to whole seconds
    np.testing.assert_allclose(edf.signals[0].data[:1003] / 1e3, arm.signal[0], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("x.wav", {}, r"allowed are \.npz, \.csv, \.hea, \.dat, \.edf"),
        ("x", {}, "no format that can be written"),
        ("absent/x.npz", {}, "does not exist; make it first"),
        ("x y.hea", {}, "letters, digits, - and _"),
        ("x.csv", {"channels": ["a,b", "c"]}, "CSV cannot hold the name 'a,b'"),
        ("x.csv", {"channels": [" a", "c"]}, "CSV cannot hold the name ' a'"),
        ("x.edf", {"channels": ["a" * 17, "c"]}, "up to 16 ASCII characters"),
        ("x.edf", {"channels": ["µ", "c"]}, "up to 16 ASCII characters"),
        ("x.edf", {"fs": 1000 / 1.2345678}, "EDF cannot hold a sampling rate"),
        ("x.edf", {"signal": np.array([[0, 1e-9], [0, 1]])}, "EDF cannot hold channel 'a'"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_nothing_written(tmp_path, name, change, sentence):
    parts = {"signal": np.array([[0.0, 1], [2, 3]]), "fs": 1000, "channels": ["a", "b"], "units": "mV"}
    with pytest.raises(ValueError, match=sentence):
        write(Recording(**{**parts, **change}), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_write_that_fails_leaves_the_old_file(arm, tmp_path, suffix, monkeypatch):
    """The disk is full at the last moment: what was there before is still there, and nothing else."""
    path = write(arm, tmp_path / f"arm{suffix}")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    target = {
        ".npz": "numpy.savez_compressed", ".csv": "pandas.DataFrame.to_csv", ".hea": "wfdb.wrsamp",
        ".edf": "edfio.Edf.write",
    }[suffix]  # fmt: skip
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match="No space left"):
        write(arm, path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_an_existing_file_is_replaced(arm, tmp_path):
    path = tmp_path / "x.npz"
    path.write_text("old")
    write(arm, path)
    assert read(path).n_samples == arm.n_samples


def test_wfdb_replaces_the_header_last(arm, tmp_path, monkeypatch):
    """Between the two renames an old header never describes a new signal."""
    write(arm, tmp_path / "arm.hea")
    moved = []
    replace = os.replace
    monkeypatch.setattr(
        "emgtut.data.writing.os.replace",
        lambda source, target: (
            moved.append((target.suffix, (tmp_path / "arm.hea").exists())),
            replace(source, target),
        ),
    )
    write(arm, tmp_path / "arm.dat")
    assert moved == [(".dat", False), (".hea", False)]


def test_meta_that_is_no_json_becomes_text(tmp_path, arm):
    odd = Recording(arm.signal, 1000, arm.channels, "mV", meta={"path": tmp_path, "array": np.arange(2)})
    back = read(write(odd, tmp_path / "x.npz"))
    assert back.meta["path"] == str(tmp_path)
    json.dumps(back.meta)
