"""Every dataset's reader on the real recordings: rate, channels, length, and a number known from elsewhere."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from emgtut.data import DataMissing, available, data_root, load, read, records, records_in, split_of


def loader(root):
    return lambda dataset, record: load(dataset, record, root=root)


@pytest.fixture(scope="module")
def real(data_root):
    return loader(data_root)


def rms(x):
    return np.sqrt(np.mean(x**2, axis=-1))


# Beats per record as the MIT-BIH directory counts them; first samples as PhysioNet's own tools print them.
MITDB_BEATS = {"100": 2273, "101": 1865, "103": 2084, "112": 2539, "113": 1795, "115": 1953, "122": 2476}


@pytest.mark.parametrize("record", MITDB_BEATS)
def test_mitdb(real, record):
    ecg = real("mitdb", record)
    assert (ecg.fs, ecg.units, ecg.signal.shape, ecg.subject) == (360.0, "mV", (2, 650_000), record)
    assert ecg.channels[0] == "MLII"
    beats, symbols = ecg.labels["beat_sample"], ecg.labels["beat_symbol"]
    assert len(beats) == len(symbols) == MITDB_BEATS[record]
    assert np.all(np.diff(beats) > 0)
    assert ecg.meta["marks_beyond_the_end"] == 0
    # a beat is where the ECG is steep
    steep = np.abs(np.gradient(ecg.channel("MLII")))
    at_beats = np.median([steep[max(b - 18, 0) : b + 18].max() for b in beats])
    assert at_beats > 5 * np.median(steep)


def test_mitdb_values(real):
    ecg = real("mitdb", "100")
    assert ecg.channels == ["MLII", "V5"]
    np.testing.assert_allclose(ecg.signal[:, :9].T, [[-0.145, -0.065]] * 8 + [[-0.12, -0.08]], atol=1e-12)
    assert ecg.labels["beat_sample"][:3].tolist() == [77, 370, 662]
    assert ecg.labels["beat_symbol"][0] == "N"
    assert ecg.labels["mark_symbol"].tolist() == ["+"]


def test_mitdb_headers_with_dos_line_ends_read_the_same(data_root, tmp_path, real):
    folder = tmp_path / "mitdb"
    folder.mkdir()
    for suffix in ("dat", "atr", "hea"):
        content = (data_root / "mitdb" / f"100.{suffix}").read_bytes()
        (folder / f"100.{suffix}").write_bytes(content.replace(b"\n", b"\r\n") if suffix == "hea" else content)
    upstream = load("mitdb", "100", root=tmp_path)
    np.testing.assert_array_equal(upstream.signal, real("mitdb", "100").signal)
    assert upstream.channels == ["MLII", "V5"]


@pytest.mark.parametrize("subject", ["16265", "16272", "16273", "16483", "16773", "16795", "17052", "17453", "18177"])
def test_nsrdb_excerpts(real, subject):
    ecg = real("nsrdb_excerpts", subject)
    assert (ecg.fs, ecg.units, ecg.signal.shape) == (128.0, "mV", (1, 7680))
    assert (ecg.channels, ecg.subject) == (["ECG1"], subject)
    assert 0.05 < np.std(ecg.signal) < 2  # millivolts of a heart, not counts


def test_nsrdb_long_excerpt_begins_with_the_short_one(real):
    long, short = real("nsrdb_excerpts", "16265_130min"), real("nsrdb_excerpts", "16265")
    assert (long.fs, long.units, long.signal.shape, long.subject) == (128.0, "mV", (2, 1_000_000), "16265")
    assert short.channel(0)[0] == pytest.approx(-33 / 200)
    np.testing.assert_array_equal(long.channel("ECG1")[:7680], short.channel("ECG1"))


def share_below(x, fs, limit_hz):
    power = np.abs(np.fft.rfft(x - x.mean(-1, keepdims=True))) ** 2
    return power[..., np.fft.rfftfreq(x.shape[-1], 1 / fs) < limit_hz].sum(-1) / power.sum(-1)


@pytest.mark.parametrize("segment", range(4))
def test_nstdb_segments(real, segment):
    motion = real("nstdb_excerpts", f"em/{segment}")
    assert (motion.fs, motion.units, motion.signal.shape) == (360.0, "arbitrary", (2, 118 * 360))
    assert np.all(share_below(motion.signal, 360, 20) > 0.955)


@pytest.mark.parametrize("kind", ["em", "ma", "bw"])
def test_nstdb_snippets(real, kind):
    noise = real("nstdb_excerpts", f"{kind}_10s")
    assert (noise.fs, noise.units, noise.signal.shape) == (360.0, "arbitrary", (1, 3600))
    # of the three, only muscle noise has more than a tenth of its power at muscle frequencies
    assert (share_below(noise.signal, 360, 20)[0] < 0.9) == (kind == "ma")


@pytest.mark.parametrize(
    ("record", "n_samples"), [("17/VL", 20_001), ("6/BF", 10_001), ("6/TA", 20_001), ("5/VL", 10_001)]
)
def test_elderly_lower_limb(real, record, n_samples):
    leg = real("elderly_lower_limb", record)
    assert (leg.fs, leg.units, leg.channels) == (2000.0, "mV", ["VL", "BF", "TA", "LG"])
    assert leg.n_samples == n_samples
    assert (leg.subject, leg.meta["task"]) == tuple(record.split("/"))
    assert leg.labels["dynamometer"].shape == (n_samples,)
    assert np.isfinite(leg.labels["dynamometer"]).all()


def test_elderly_task_and_muscle_are_not_mixed_up(real):
    """The tibialis works most in its own task; the sheet's first number is -52.307... µV."""
    by_task = {task: rms(real("elderly_lower_limb", f"17/{task}").channel("TA")) for task in ("VL", "BF", "TA")}
    assert max(by_task, key=by_task.get) == "TA"
    tibialis = real("elderly_lower_limb", "17/TA")
    assert tibialis.signal[0, 0] == pytest.approx(-52.3070818070815e-3, rel=1e-12)
    assert tibialis.labels["dynamometer"][0] == pytest.approx(12.1906295, rel=1e-6)
    assert tibialis.meta["sheet"] == "EMG_TA"
    assert real("elderly_lower_limb", "6/TA").meta["sheet"] == "EMB_TA"


@pytest.mark.parametrize("record", ["1/VL", "12/BF", "20/LG"])
def test_elderly_dead_channel_is_the_instrument_noise(real, record):
    """About 2.3 µV of white noise above the drift, in a muscle that was told to work."""
    leg = real("elderly_lower_limb", record)
    above = sosfiltfilt(butter(4, 20, "highpass", fs=2000, output="sos"), leg.channel("LG"))
    assert 1.8e-3 < rms(above) < 2.8e-3
    assert rms(leg.signal[:3]).max() > 10 * rms(above)


def test_muscletracker(real):
    arm = real("muscletracker", "13_2_4")
    assert (arm.fs, arm.units, arm.signal.shape[0], arm.subject) == (1000.0, "mV", 2, "13")
    assert (arm.meta["repetition"], arm.meta["movement"]) == ("2", "4")
    first = real("muscletracker", "1_1_1")
    np.testing.assert_array_equal(first.signal[:, 0], [-0.00030517578125, -0.00457763671875])
    assert first.n_samples == 5689


def test_muscletracker_is_complete(real, data_root):
    assert len(records("muscletracker")) == 225
    lengths = [real("muscletracker", name).duration_s for name in records("muscletracker")]
    assert 4 < min(lengths) < np.median(lengths) < max(lengths) < 7
    assert sum(lengths) == pytest.approx(1145.850)  # lines of all files


def test_emgdb(real):
    needle = real("emgdb", "emg_healthy")
    assert (needle.fs, needle.units, needle.signal.shape) == (4000.0, "mV", (1, 50_860))
    assert needle.channel(0)[0] == pytest.approx(-333 / 10_000)
    assert "tibialis anterior" in " ".join(needle.meta["comments"])


@pytest.mark.parametrize(
    ("record", "fs", "n_samples", "bits", "channel"),
    [
        ("emg_fatigue", 1000, 126_900, 12, "EMG"),
        ("emg_bursts", 1000, 28_519, 16, "EMG"),
        ("ecg_5_min", 1000, 300_000, 16, "ECG"),
        ("ecg_4000_Hz", 4000, 41_400, 16, "ECG"),
        ("ecg_20_sec_1000_Hz", 1000, 20_400, 16, "ECG"),
    ],
)
def test_biosignalsnotebooks(real, record, fs, n_samples, bits, channel):
    recording = real("biosignalsnotebooks", record)
    assert (recording.fs, recording.units, recording.signal.shape) == (fs, "arbitrary", (1, n_samples))
    assert (recording.meta["bits"], recording.channels) == ([bits], [channel])
    assert recording.signal.min() >= 0
    assert 2 ** (bits - 1) < recording.signal.max() < 2**bits


def test_biosignalsnotebooks_fatigue_is_clipped(real):
    counts = real("biosignalsnotebooks", "emg_fatigue").channel(0)
    assert (np.count_nonzero(counts == 4095), np.count_nonzero(counts == 0)) == (26, 12)


def test_biosignalsnotebooks_gestures(real):
    trial = real("biosignalsnotebooks", "gesture_game/2_3")
    assert (trial.fs, trial.units) == (1000.0, "arbitrary")
    assert trial.channels == ["flexor digitorum superficialis", "adductor pollicis"]
    assert (trial.meta["gesture"], trial.meta["trial"]) == ("stone", "3")
    assert trial.labels["acceleration_z"].shape == (trial.n_samples,)
    first = real("biosignalsnotebooks", "gesture_game/0_1")
    assert first.signal[:, 0].tolist() == [32816, 32647]
    assert first.labels["acceleration_z"][0] == 35932


def test_flexemg(real):
    arm = real("flexemg", "S002_Session1Test_002-003")
    assert (arm.fs, arm.units, arm.signal.shape, arm.subject) == (1000.0, "mV", (64, 28_000), "S002")
    assert (arm.meta["session"], arm.meta["phase"]) == ("1", "Test")
    assert set(np.unique(arm.labels["gesture"])) == {0, 1, 2, 3, 4}
    assert arm.meta["gestures"] == ["Fist", "Raise", "Lower", "Open"]
    assert sorted(np.ravel(arm.meta["grid"])) == list(range(1, 65))
    counts = arm.signal / 0.0030517578125
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-6)


def test_diaphragm_emg(real):
    chest = real("diaphragm_emg", "1ch_example")
    assert (chest.fs, chest.units, chest.channels) == (2000.0, "arbitrary", ["ECG", "diaphragm"])
    assert chest.n_samples == 75_027
    assert chest.signal[:, 0].tolist() == [0.675, -0.0146875]


@pytest.mark.parametrize(
    ("dataset", "record"),
    [("mitdb", "100"), ("elderly_lower_limb", "17/VL"), ("nstdb_excerpts", "em/0"), ("flexemg", records("flexemg")[0])],
)
def test_a_recording_says_where_it_comes_from(real, dataset, record):
    meta = real(dataset, record).meta
    assert (meta["dataset"], meta["record"]) == (dataset, record)
    assert meta["file"]


def test_a_workbook_can_be_read_as_a_plain_file(data_root):
    path = data_root / "elderly_lower_limb" / "ID 6.xlsx"
    tibialis = read(path, fs=2000, units="uV", channel="EMB_TA/2")
    np.testing.assert_array_equal(
        tibialis.signal[0], load("elderly_lower_limb", "6/TA", root=data_root).channel("TA")
    )  # the sheet has no header line: columns are numbered


def test_what_is_not_there_is_never_replaced(data_root, tmp_path):
    assert available("mitdb", root=data_root)
    assert available("mitdb", "100", root=data_root)
    assert not available("mitdb", "200", root=data_root)
    assert not available("nsrdb", root=data_root)
    with pytest.raises(DataMissing, match=r"lacks 200\.hea, 200\.dat, 200\.atr .*`emgtut data fetch mitdb`") as missing:
        load("mitdb", "200", root=data_root)
    assert isinstance(missing.value, FileNotFoundError)
    assert missing.value.missing == ["200.hea", "200.dat", "200.atr"]
    with pytest.raises(DataMissing, match="use the dataset nstdb"):
        load("nstdb_excerpts", "em/0", root=tmp_path)


def test_the_data_root_is_the_one_the_variable_names(data_root, monkeypatch, tmp_path):
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path))
    assert data_root != tmp_path
    assert not available("mitdb")
    monkeypatch.setenv("EMGTUT_DATA", str(data_root))
    assert load("emgdb", "emg_healthy").n_samples == 50_860


def test_data_root_without_the_variable(monkeypatch):
    monkeypatch.delenv("EMGTUT_DATA", raising=False)
    assert data_root().name == "emgtut"
    assert data_root().is_absolute()


def test_the_fixed_split_is_disjoint_and_what_the_readme_says():
    expected = {
        ("elderly_lower_limb", "subject"): (14 * 4, 2 * 4, 4 * 4),
        ("muscletracker", "subject"): (150, 30, 45),
        ("mitdb", "record"): (5, 1, 1),
        ("nsrdb_excerpts", "subject"): (6, 1, 3),  # 16265 has two records
        ("nstdb_excerpts", "segment"): (2, 1, 1),
        ("flexemg", "subject"): (10, 0, 10),
        ("flexemg", "day"): (18, 0, 2),
    }
    for (dataset, scheme), sizes in expected.items():
        parts = [set(records_in(dataset, part, scheme=scheme)) for part in ("train", "validation", "test")]
        assert tuple(map(len, parts)) == sizes, (dataset, scheme)
        assert len(set.union(*parts)) == sum(sizes)
        for part, names in zip(("train", "validation", "test"), parts, strict=True):
            assert all(split_of(dataset, name, scheme=scheme) == part for name in names)


def test_records_outside_the_split_are_refused():
    with pytest.raises(ValueError, match="in no part of the split 'record'; leave it out"):
        split_of("mitdb", "200")
    with pytest.raises(ValueError, match="has no fixed split"):
        records_in("diaphragm_emg", "train")
    with pytest.raises(ValueError, match="There is no part 'dev'"):
        records_in("mitdb", "dev")
    with pytest.raises(ValueError, match="has no split 'day'; it has record"):
        records_in("mitdb", "train", scheme="day")
