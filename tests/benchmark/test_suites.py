"""What is scored: the same cases whenever and wherever they are drawn, test parts only, and the frozen hashes."""

import pickle

import numpy as np
import pytest

from emgtut.assess import snr_db
from emgtut.benchmark import check_frozen, draw_all, frozen, suite
from emgtut.benchmark.freezing import frozen_suites, same_environment
from emgtut.benchmark.muscles import Clean, working
from emgtut.data import DataMissing, Recording, write


def block(made, name):
    return next(one for one in made.blocks if one.name == name)


def test_every_block_has_every_condition_of_its_level():
    made = suite("synthetic", "mixtures")
    assert len(made.blocks) == 7 * 7
    cases = block(made, "simulated-1_-5dB").draw()
    assert len({case.about["kinds"] for case in cases}) == len(cases) == 31
    assert {case.about["snr_db"] for case in cases} == {-5.0}
    assert sorted({case.about["k"] for case in cases}) == [1, 2, 3, 4, 5]


def test_the_realised_level_is_the_one_that_was_asked():
    for case in block(suite("synthetic", "ecg", windows=2), "simulated-2_-8dB").draw():
        assert snr_db(case.clean, case.noisy) == pytest.approx(-8, abs=1e-9)


def test_a_block_alone_equals_the_block_in_its_turn():
    alone = block(suite("synthetic", "ecg", windows=3), "simulated-3_-4dB").draw()
    made = suite("synthetic", "ecg", windows=3)
    block(made, "simulated-3_0dB").draw()
    again = block(made, "simulated-3_-4dB").draw()
    assert [case.exact() for case in alone] == [case.exact() for case in again]
    assert [case.about for case in alone] == [case.about for case in again]


def test_another_seed_gives_other_cases():
    first, second = (block(suite("synthetic", "ecg", windows=1, seed=s), "simulated-1_0dB").draw()[0] for s in (1, 2))
    assert first.fingerprint() != second.fingerprint()


def test_levels_meet_the_same_windows_with_other_noise():
    made = suite("synthetic", "ecg", windows=4)
    loud, quiet = (block(made, f"simulated-1_{level}dB").draw() for level in ("0", "-14"))
    for one, other in zip(loud, quiet, strict=True):
        assert np.array_equal(one.clean, other.clean)
        assert one.about["sources"] != other.about["sources"]


def test_a_window_that_is_met_again_gets_other_noise():
    cases = block(suite("synthetic", "ecg", windows=40), "simulated-1_0dB").draw()
    assert len({case.about["case"] for case in cases}) == 40
    assert len({case.fingerprint() for case in cases}) == 40
    assert len({case.clean.tobytes() for case in cases}) < 40


def test_long_windows_of_simulated_people():
    (case,) = block(suite("synthetic", "ecg", windows=1, window_s=12.0), "simulated-1_0dB").draw()
    assert case.clean.shape == (12000,)


def test_a_fingerprint_sees_a_small_change_and_no_rounding():
    case = block(suite("synthetic", "ecg", windows=1), "simulated-1_0dB").draw()[0]
    before = case.fingerprint(), case.exact()
    case.noisy[7] *= 1 + 1e-15
    assert (case.fingerprint(), case.exact() == before[1]) == (before[0], False)
    case.noisy[7] += 0.01 * np.std(case.clean)
    assert case.fingerprint() != before[0]


def test_quiet_windows_are_no_work():
    cuts = [Clean("r", "a", float(n), np.full(4, level), "mV") for n, level in enumerate([1.0, 1.0, 0.51, 0.49, 0.0])]
    assert [one.start_s for one in working(cuts)] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"protocol": "hum"}, "no protocol 'hum'"),
        ({"window_s": 0.5}, "too short"),
        ({"windows": 0}, "windows"),
        ({"data": "no such folder"}, "There is no 'no such folder'"),
    ],
)
def test_bad_choices_are_told(arguments, says):
    with pytest.raises(ValueError, match=says):
        suite(**{"data": "synthetic", **arguments})


def test_missing_data_are_never_replaced(tmp_path):
    with pytest.raises(DataMissing):
        suite("real", "ecg", root=tmp_path)
    with pytest.raises(DataMissing):
        suite("cleansemg", root=tmp_path)


def test_own_recordings_are_screened_and_each_file_is_a_subject(tmp_path, rng):
    time = np.arange(12000) / 1000
    work = np.where((time // 2).astype(int) % 2 == 1, 1.0, 0.02)
    from emgtut.acquire import shaped_gaussian

    good = shaped_gaussian(12000, fs=1000, rng=rng) * work
    write(Recording(np.stack([good, np.zeros(12000)]), 1000, ["VL", "off"], units="mV"), tmp_path / "ann.npz")
    write(Recording(good[None] * 2, 1000, ["VL"], units="mV"), tmp_path / "ben.npz")
    made = suite(str(tmp_path), "ecg", windows=1, root=tmp_path / "no data")
    assert made.about["subjects"] == ["ann.npz", "ben.npz"]
    assert made.about["noise"] == "synthetic"
    assert any("models" in note for note in made.notes)
    cases = made.blocks[0].draw()
    assert [case.about["channel"] for case in cases] == ["VL"]
    assert str(tmp_path) not in repr(cases[0].about)


def test_a_dead_recording_of_the_readers_is_refused(tmp_path):
    write(Recording(np.zeros((1, 9000)), 1000, ["off"]), tmp_path / "off.npz")
    with pytest.raises(ValueError, match="screening kept no channel"):
        suite(str(tmp_path), "ecg")


def package(folder, n=3):
    """An evaluation package in the published layout, with pairs of known content."""
    rng = np.random.default_rng(5)
    entries = np.empty(n, dtype=object)
    for number in range(n):
        clean = rng.standard_normal(2000).astype(np.float32)
        noise = rng.standard_normal(2000).astype(np.float32)
        entries[number] = {
            "segment_id": f"DB2_{number + 1}_ch3_t0_seg0", "dataset": "DB2", "clean": clean, "noisy": clean + noise,
            "scale": 2e-5, "snr": 0, "k": 2, "noise_types": "PLI+Color", "noise_paths": "a.npy|b.npy",
            "wgn_capped": False,
        }  # fmt: skip
    (folder / "cleansemg").mkdir()
    with open(folder / "cleansemg" / "test_combined.npz", "wb") as stream:
        np.savez(stream, data=entries)
    return entries


def test_the_published_package(tmp_path):
    entries = package(tmp_path)
    made = suite("cleansemg", windows=2, root=tmp_path)
    first, second = made.cases()
    assert first.about["kinds"] == "mains+coloured"
    assert (first.about["subject"], second.about["subject"]) == ("cleansemg/DB2_1", "cleansemg/DB2_2")
    assert np.allclose(first.clean, 2e-5 * entries[0]["clean"], rtol=1e-6)
    assert np.allclose(second.noisy, 2e-5 * entries[1]["noisy"], rtol=1e-6)
    assert pickle.loads(pickle.dumps(first)).exact() == first.exact()  # noqa: S301 - our own bytes, as a worker gets them


def test_an_unknown_noise_of_the_package_is_told(tmp_path):
    entries = package(tmp_path, n=1)
    entries[0]["noise_types"] = "PLI+Train"
    np.savez(tmp_path / "cleansemg" / "test_combined.npz", data=entries)
    with pytest.raises(ValueError, match="noise 'Train'"):
        list(suite("cleansemg", root=tmp_path).cases())


# ------------------------------------------------------------------------------------- the frozen version


def confirm(data, protocol):
    table = draw_all(suite(data, protocol))
    assert len(table) == frozen(data, protocol)["cases"]
    assert table["case"].is_unique
    verdict = check_frozen(data, protocol, table)
    assert verdict == "exact" or (verdict == "equal" and not same_environment()), verdict


def test_all_four_benchmarks_are_frozen():
    assert frozen_suites() == [(d, p) for d in ("real", "synthetic") for p in ("ecg", "mixtures")]


@pytest.mark.parametrize("protocol", ["ecg", "mixtures"])
def test_the_synthetic_side_is_as_frozen(protocol):
    confirm("synthetic", protocol)


@pytest.mark.parametrize("protocol", ["ecg", "mixtures"])
def test_the_real_side_is_as_frozen(data_root, protocol):
    confirm("real", protocol)


def test_only_test_records_are_used(data_root):
    made = suite("real", "mixtures")
    assert made.about["subjects"] == [
        *(f"elderly_lower_limb/{n}" for n in (17, 18, 19, 20)), *(f"muscletracker/{n}" for n in (13, 14, 15)),
    ]  # fmt: skip
    cases = [case for one in made.blocks[:2] for case in one.draw()]
    real = {source.rsplit("/", 2)[0] for case in cases for source in case.about["sources"].split("|")}
    real = {source for source in real if not source.startswith("seed/")}
    hearts = {"mitdb/122", "nsrdb_excerpts/16265", "nsrdb_excerpts/16265_130min", "nsrdb_excerpts/18177"}
    assert real <= {*hearts, "nstdb_excerpts/em/3"}
    assert any(source.startswith("nstdb") for source in real)
    assert not any(case.about["channel"] == "LG" for case in cases)
