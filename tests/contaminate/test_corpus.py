"""The training corpus: nobody is in two parts, no test person is inside, every window has the SNR it should have."""

import dataclasses
import time

import numpy as np
import pytest
from scipy.signal import butter, periodogram, sosfiltfilt

from emgtut.contaminate import corpus as module
from emgtut.contaminate import library, material
from emgtut.contaminate.corpus import TASKS, Corpus, build
from emgtut.contaminate.material import Sizes
from emgtut.data import DataMissing, Recording, guard, load, records_in, subjects

FEW = Sizes(people=(3, 2), hearts=(3, 2), movements=(2, 2), grids=(2, 2), colours=(2, 2), seconds=8.0, excerpts=1)


def energy(x):
    return np.sum(np.square(x, dtype=np.float64), axis=-1)


def snr_db(noisy, clean):
    return 10 * np.log10(energy(clean) / energy(noisy.astype(np.float64) - clean))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "corpus.npz"
    build(path, seed=3, sizes=FEW, real="none")
    return path


@pytest.fixture(scope="module")
def synthetic(path):
    return Corpus.open(path)


@pytest.fixture(scope="module")
def with_real(tmp_path_factory):
    """A corpus with every real record that the builder asks for; what the records hold is made up, to save time."""
    rng = np.random.default_rng(0)

    def made_up(dataset, record, *, root=None):
        channels = ["VL", "BF", "TA", "LG"] if dataset == "elderly_lower_limb" else ["a", "b"]
        signal = rng.standard_normal((len(channels), 9000))
        return Recording(signal, 1000, channels, subject=record.split("/")[0].split("_")[0])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material, "load", made_up)
        return build(tmp_path_factory.mktemp("real") / "corpus.npz", seed=3, sizes=FEW, real="all")


# ------------------------------------------------------------------------------------------ who is inside


def test_nobody_is_in_both_parts(synthetic):
    for kind in ("emg", "ecg", "motion", "mains", "coloured"):
        train, validation = (synthetic.subjects(part, kind) for part in material.PARTS)
        assert train
        assert validation
        assert not set(train) & set(validation)


def test_no_test_person_record_or_seed_is_inside(with_real):
    """Compared with the manifests themselves, not with what the builder believes it has left out."""
    rows = {
        part: [{"subject": name} for kind in ("emg", *library.KINDS) for name in with_real.subjects(part, kind)]
        for part in material.PARTS
    }
    forbidden = [f"{d}/{s}" for d in ("elderly_lower_limb", "muscletracker") for s in subjects(d, "test")]
    forbidden += [f"{d}/{r}" for d in ("mitdb", "nsrdb_excerpts", "nstdb_excerpts") for r in records_in(d, "test")]
    assert len(forbidden) >= 10
    guard(rows["train"], rows["validation"], [{"subject": name} for name in forbidden], by=("subject",))
    assert set(with_real.names[:, 0]) == {"train", "validation"}
    assert not any("/test" in name for name in with_real.names[:, 3])


def test_the_real_people_are_those_of_the_fixed_split(with_real):
    found = with_real.subjects("train", "emg", dataset="elderly_lower_limb")
    assert set(found) == {f"elderly_lower_limb/{i}" for i in range(1, 15)}
    found = with_real.subjects("validation", "emg", dataset="muscletracker")
    assert set(found) == {"muscletracker/11", "muscletracker/12"}
    assert with_real.subjects("validation", "ecg", dataset="mitdb") == ["mitdb/115"]
    assert with_real.about["datasets"] == sorted([*material.CLEAN, *library.REAL["ecg"], "nstdb_excerpts", "simulated"])


def test_the_fingerprint_tells_whether_real_recordings_are_inside(synthetic, with_real):
    assert synthetic.about["datasets"] == ["simulated"]
    assert synthetic.about["sha256"] != with_real.about["sha256"]


def test_a_leak_is_refused(monkeypatch, tmp_path):
    leaky = {"train": "115", "validation": "115"}
    monkeypatch.setattr(material, "records_in", lambda d, part: [leaky[part]] if d == "mitdb" else [])
    monkeypatch.setattr(material, "available", lambda d, r, root=None: True)
    piece = material.Stretch(np.ones(4000, np.float32), "train", "ecg", "mitdb", "mitdb/115")
    monkeypatch.setattr(
        material, "_noise", lambda kind, d, r, part, *rest: [material.Stretch(piece.signal, part, kind, d, f"{d}/{r}")]
    )
    with pytest.raises(ValueError, match="mitdb/115"):
        build(tmp_path / "c.npz", sizes=FEW)


def test_missing_recordings_are_named_when_all_are_asked_for(tmp_path):
    with pytest.raises(DataMissing):
        build(tmp_path / "c.npz", sizes=FEW, root=tmp_path, real="all")
    assert not list(tmp_path.glob("*.npz"))


def test_recordings_that_are_there_are_taken_at_1_khz_and_resting_channels_are_not(data_root, monkeypatch, tmp_path):
    few = {
        "muscletracker": ["1_1_1", "2_2_3"],
        "mitdb": ["103"],
        "nstdb_excerpts": records_in("nstdb_excerpts", "train"),
    }
    monkeypatch.setattr(material, "records_in", lambda d, part: few.get(d, []) if part == "train" else [])
    made = build(tmp_path / "c.npz", seed=3, sizes=FEW, root=data_root)
    assert made.subjects("train", "emg", dataset="muscletracker") == ["muscletracker/2"]  # person 1 rests: 4 microvolts
    seconds = {d: made.lengths[made.names[:, 2] == d].sum() / 1000 for d in few}
    assert seconds["mitdb"] == 2 * FEW.excerpts * material.EXCERPT_S
    assert seconds["nstdb_excerpts"] == pytest.approx(2 * 2 * 118, rel=0.01)
    recording = load("muscletracker", "2_2_3", root=data_root)
    here = np.flatnonzero(made.names[:, 2] == "muscletracker")[0]
    kept = made.signal[made._first[here] :][: made.lengths[here]]
    sos = butter(4, (20, 450), "bandpass", fs=1000, output="sos")
    inside = slice(1000, -1000)  # at the ends two programs may begin a filter in two ways
    np.testing.assert_allclose(kept[inside], sosfiltfilt(sos, recording.signal[0])[inside], atol=1e-6)


def test_muscles_hold_nothing_below_20_hz_and_hearts_keep_what_they_have_there(synthetic):
    shares = {"emg": [], "ecg": []}
    for row, (_, kind, *_) in enumerate(synthetic.names):
        if kind in shares:
            freqs, power = periodogram(synthetic.signal[synthetic._first[row] :][: synthetic.lengths[row]], fs=1000)
            shares[kind].append(power[freqs < 15].sum() / power.sum())  # a filter needs some room up to 20 Hz
    assert max(shares["emg"]) < 0.01
    assert min(shares["ecg"]) > 0.2


def test_the_leads_of_a_heart_share_their_take_and_nobody_else_does(data_root, monkeypatch, tmp_path):
    few = {"mitdb": ["100", "103"], "nsrdb_excerpts": ["16272"]}
    monkeypatch.setattr(material, "records_in", lambda d, part: few.get(d, []) if part == "train" else [])
    sizes = dataclasses.replace(FEW, excerpts=3)
    made = build(tmp_path / "c.npz", seed=3, sizes=sizes, root=data_root)
    rows = np.flatnonzero((made.names[:, 1] == "ecg") & (made.names[:, 2] == "mitdb"))
    assert len(rows) == 2 * 2 * 3
    lead, other = (load("mitdb", "103", root=data_root).signal[i] for i in (0, 1))
    first, partner = (row for row in rows if tuple(made.names[row, 3:]) == ("mitdb/103", "2"))
    second = round(2 * material.GAP_EXCERPTS * material.EXCERPT_S * 360)  # the third excerpt, at the rate of the file
    for row, x in ((first, lead), (partner, other)):
        kept = made.signal[made._first[row] :][: made.lengths[row]]
        there = np.interp(np.arange(2000) / 1000, np.arange(9000) / 360, x[second : second + 9000])
        assert np.corrcoef(kept[:2000], there)[0, 1] > 0.99


# ----------------------------------------------------------------------------------------------- batches


@pytest.mark.parametrize("task", TASKS)
def test_the_snr_is_exact_and_fills_the_range_of_the_task(synthetic, task):
    low, high = TASKS[task]
    noisy, clean = synthetic.batch(np.random.default_rng(0), 200, "train", 1000, task)
    found = snr_db(noisy, clean)
    assert low - 1e-4 < found.min() < low + 0.05 * (high - low)
    assert high - 0.05 * (high - low) < found.max() < high + 1e-4
    assert np.mean(found) == pytest.approx((low + high) / 2, abs=4 * (high - low) / np.sqrt(12 * 200))


def test_an_asked_snr_is_realised_on_the_sum_of_the_noise(synthetic):
    noisy, clean = synthetic.batch(np.random.default_rng(1), 50, "validation", 2000, "mixture", snr_db=(-7.0, -7.0))
    np.testing.assert_allclose(snr_db(noisy, clean), -7.0, atol=1e-4)


def test_noisy_windows_have_zero_mean_and_unit_deviation_and_clean_ones_the_same_scale(synthetic):
    noisy, clean = synthetic.batch(np.random.default_rng(2), 100, "train", 2001, "both")
    assert noisy.shape == clean.shape == (100, 2001)
    assert noisy.dtype == clean.dtype == np.float32
    np.testing.assert_allclose(noisy.mean(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(noisy.std(axis=-1), 1, atol=1e-4)
    # Noise and muscle are unrelated, so their energies add up: a clean window with another scale would not fit.
    explained = energy(clean) + energy(noisy - clean)
    assert np.median(explained / energy(noisy)) == pytest.approx(1, abs=0.05)


def test_half_of_the_windows_carry_the_heart_alone(synthetic, monkeypatch):
    seen = []
    real_noise = Corpus._noise
    monkeypatch.setattr(
        Corpus,
        "_noise",
        lambda self, rng, part, n, task, *how: seen.append(task) or real_noise(self, rng, part, n, task, *how),
    )
    synthetic.batch(np.random.default_rng(3), 400, "train", 500)
    assert 150 < seen.count("ecg") < 250
    assert set(seen) == set(TASKS)


def test_the_same_generator_draws_the_same_batch_and_builds_the_same_file(synthetic, tmp_path):
    first, again = (synthetic.batch(np.random.default_rng(5), 8, "train", 700) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = synthetic.batch(np.random.default_rng(6), 8, "train", 700)
    assert np.abs(other[0] - first[0]).max() > 0.1
    assert build(tmp_path / "c.npz", seed=3, sizes=FEW, real="none").about == synthetic.about
    assert build(tmp_path / "d.npz", seed=4, sizes=FEW, real="none").about["sha256"] != synthetic.about["sha256"]


def test_clean_windows_are_windows_in_which_a_muscle_works(synthetic):
    """Bursts have rests of a second and more; a window of a quarter second must not fall into one."""
    rows = np.flatnonzero(synthetic.names[:, 1] == "emg")
    starts = synthetic._active_starts(250)
    for row in rows:
        x = synthetic.signal[synthetic._first[row] :][: synthetic.lengths[row]]
        level = [np.sqrt(np.mean(x[s : s + 250] ** 2)) for s in starts[row]]
        assert min(level) >= 0.29 * material.active_level(x)
        assert len(starts[row]) > 0.1 * x.size / module.GRID


def test_real_noise_comes_from_recordings_and_synthetic_noise_does_not(with_real):
    """The records that the draws may take, by source."""
    real = with_real._people("train", "ecg", None, 1000)
    made = with_real._people("train", "ecg", "simulated", 1000)
    assert {with_real.names[row, 2] for rows in real for row in rows} == {"mitdb", "nsrdb_excerpts"}
    assert {with_real.names[row, 2] for rows in made for row in rows} == {"simulated"}
    batches = [with_real.batch(np.random.default_rng(0), 4, "train", 1000, "ecg", noise=n)[0] for n in ("real", "any")]
    assert np.abs(batches[0] - batches[1]).max() > 0.1


def test_recorded_hearts_are_varied_where_that_is_asked_for_and_nothing_else_is(with_real):
    """Same draws, same windows, until the first recorded heart; synthetic hearts and other noise are never varied."""

    def drawn(task, noise, vary):
        return with_real.batch(np.random.default_rng(2), 6, "train", 1000, task, noise=noise, vary=vary)[0]

    np.testing.assert_array_equal(drawn("both", "synthetic", 1.0), drawn("both", "synthetic", 0.0))
    assert np.abs(drawn("ecg", "real", 1.0) - drawn("ecg", "real", 0.0)).max() > 0.1
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Corpus, "_varied_heart", lambda self, rng, row, n: seen.append(row) or np.sin(np.arange(n)))
        with_real.batch(np.random.default_rng(4), 300, "train", 1000, vary=0.7)
    assert {tuple(with_real.names[row, :2]) for row in seen} == {("train", "ecg")}
    assert "simulated" not in with_real.names[seen, 2]
    # half of 150 windows of the heart alone, and of 0.6 x 150 mixtures, times 0.7
    assert 60 < len(seen) < 110


def test_one_muscle_set_can_be_asked_for(with_real):
    noisy, _ = with_real.batch(np.random.default_rng(0), 4, "validation", 2000, "ecg", muscle="muscletracker")
    assert np.isfinite(noisy).all()
    with pytest.raises(ValueError, match="ninapro"):
        with_real.batch(np.random.default_rng(0), 4, "validation", 2000, muscle="ninapro")


def test_a_batch_costs_less_than_drawing_its_noise_from_the_models(synthetic):
    """Mixing a batch is cheaper than drawing its noise anew: that is what the material is kept for."""
    synthetic.batch(np.random.default_rng(0), 16, "train", 2000)
    start = time.process_time()
    for seed in range(20):
        synthetic.batch(np.random.default_rng(seed), 16, "train", 2000)
    mixing = (time.process_time() - start) / 20
    rng = np.random.default_rng(0)
    start = time.process_time()
    for _ in range(16):
        for kind in library.KINDS:
            library.draw(kind, "train", 2000, 1000, rng, source="synthetic")
    drawing = time.process_time() - start
    assert mixing < drawing


# ------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"part": "test"}, "part is 'test'"),
        ({"task": "hum"}, "task is 'hum'"),
        ({"noise": "loud"}, "noise is 'loud'"),
        ({"noise": "real"}, "no real noise"),
        ({"n_samples": 50}, "n_samples"),
        ({"n_samples": 9000}, "No active clean window"),
        ({"rng": 3}, "rng"),
    ],
)
def test_what_cannot_be_drawn_is_refused(synthetic, settings, says):
    given = {"rng": np.random.default_rng(0), "n": 2, "part": "train", "n_samples": 1000, **settings}
    with pytest.raises(ValueError, match=says):
        synthetic.batch(**given)


def test_a_damaged_an_old_and_a_missing_file_are_refused(path, tmp_path):
    with pytest.raises(ValueError, match="no corpus"):
        Corpus.open(tmp_path / "none.npz")
    with np.load(path) as file:
        parts = dict(file)
    parts["signal"][100] += 1
    np.savez(tmp_path / "changed.npz", **parts)
    with pytest.raises(ValueError, match="fingerprint"):
        Corpus.open(tmp_path / "changed.npz")
    parts["about"] = np.array(str(parts["about"]).replace(f'"version": {module.VERSION}', '"version": 0'))
    np.savez(tmp_path / "old.npz", **parts)
    with pytest.raises(ValueError, match="version 0"):
        Corpus.open(tmp_path / "old.npz")
    with pytest.raises(ValueError, match=r"\.npz"):
        build(tmp_path / "corpus.dat")
