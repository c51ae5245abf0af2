"""Pure steps of preparing a corpus, with values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.data.prepare import content_hash, published_id, segment_id, shape_signal, trials, windows, write_whole
from emgtut.data.splits import group_folds, guard, nested_folds, stratified_subjects

SETTINGS = {
    "dataset": "db2",
    "record": "S1_E1",
    "subject": "1",
    "exercise": "1",
    "trial": 0,
    "channel": 1,
    "segment": 0,
}


def test_a_tone_inside_the_band_passes_and_one_below_does_not():
    t = np.arange(8000) / 2000
    kept = shape_signal(np.sin(2 * np.pi * 100 * t), fs=2000)
    lost = shape_signal(np.sin(2 * np.pi * 4 * t), fs=2000)
    assert kept.size == 4000
    middle = slice(1000, 3000)
    expected = np.sin(2 * np.pi * 100 * np.arange(4000) / 1000)
    # Forwards and backwards: |H|^2 of order 4 at 100 Hz for a 20 Hz corner is 1 / (1 + 0.2^8).
    assert np.allclose(kept[middle], expected[middle], atol=2e-3)
    assert np.abs(lost[middle]).max() < 1e-4


def test_every_second_sample_needs_twice_the_rate():
    x = np.random.default_rng(0).standard_normal(3000)
    assert shape_signal(x, fs=2000, every_second=True).size == 1500
    with pytest.raises(ValueError, match="Every second sample of 1926 Hz"):
        shape_signal(x, fs=1926, every_second=True)


def test_the_rate_of_db10_gives_exactly_its_duration():
    assert shape_signal(np.random.default_rng(0).standard_normal(1926 * 3), fs=1926).size == 3000


def test_windows_drop_the_incomplete_end():
    assert windows(np.arange(5999.0), fs=1000, window_s=2).shape == (2, 2000)
    assert windows(np.arange(1999.0), fs=1000, window_s=2).shape == (0, 2000)


def test_trials_take_the_repetition_of_most_samples_and_skip_short_ones():
    gesture = np.array([0] * 10 + [3] * 100 + [0] * 10 + [4] * 15 + [0] * 10 + [5] * 50)
    repetition = np.array([0] * 12 + [1] * 98 + [0] * 35 + [2] * 50)
    found = trials(gesture, repetition)
    assert [(t.number, t.start, t.stop, t.gesture, t.repetition) for t in found] == [
        (0, 10, 110, "3", "1"), (1, 145, 195, "5", "2"),
    ]  # fmt: skip


@given(st.sampled_from(sorted(SETTINGS)), st.integers(1, 1000))
def test_a_name_changes_with_every_part(part, number):
    changed = {**SETTINGS, part: f"other{number}"}
    assert segment_id(**changed) != segment_id(**SETTINGS)


def test_names_never_collide_where_published_ones_do():
    made, published = set(), set()
    for exercise in "123":
        for trial in range(4):
            for segment in range(3):
                parts = {
                    **SETTINGS,
                    "exercise": exercise,
                    "record": f"S1_E{exercise}",
                    "trial": trial,
                    "segment": segment,
                }
                made.add(segment_id(**parts))
                published.add(published_id(**parts))
    assert len(made) == 36
    assert len(published) == 12  # three exercises write over one another


def test_a_name_cannot_be_forged_by_moving_a_boundary():
    assert segment_id(dataset="a_s1", subject="2") != segment_id(dataset="a", subject="1_s2")


def test_one_changed_bit_changes_the_content():
    x = np.random.default_rng(0).standard_normal(100)
    y = x.copy()
    y[50] = np.nextafter(y[50], 9)
    assert content_hash(x) != content_hash(y)
    assert content_hash(x) != content_hash(x.reshape(2, 50))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    write_whole(tmp_path / "a", b"old")
    with pytest.raises(TypeError):
        write_whole(tmp_path / "a", "not bytes")
    assert (tmp_path / "a").read_bytes() == b"old"


# ----------------------------------------------------------------------------------------------- splits


@pytest.mark.parametrize(("n", "validation"), [(11, 2), (10, 2), (22, 4), (12, 2), (45, 9)])
def test_the_published_counts_of_validation_subjects(n, validation):
    """CleanSEMG: DB3 2 of 11, DB4 2 of 10, DB7 4 of 22, DB8 2 of 12, DB10 9 of 45, extremes included."""
    sizes = {f"{i:02d}": i for i in range(n)}
    train, chosen = stratified_subjects(sizes, extremes=True)
    assert len(chosen) == validation
    assert chosen[0] == "00" and chosen[-1] == f"{n - 1:02d}"  # noqa: PT018
    assert sorted(train + chosen) == sorted(sizes)
    _, middle = stratified_subjects(sizes)
    assert len(middle) == validation
    assert not {"00", f"{n - 1:02d}"} & set(middle)


def test_strata_go_by_the_amount_of_data_and_not_by_the_name():
    sizes = {"f": 10, "e": 20, "d": 30, "c": 40, "b": 50, "a": 60}
    assert stratified_subjects(sizes) == (["f", "d", "c", "a"], ["e", "b"])


def test_one_subject_trains():
    assert stratified_subjects({"a": 3}) == (["a"], [])


@given(st.lists(st.integers(0, 9), min_size=12, max_size=60), st.integers(2, 3), st.integers(0, 5))
@settings(deadline=None)
def test_folds_keep_groups_whole(groups, folds, seed):
    if len(set(groups)) < folds:
        return
    dealt = group_folds(groups, folds, seed=seed)
    assert sorted(np.concatenate(dealt)) == list(range(len(groups)))
    for a in range(folds):
        for b in range(a):
            assert not {groups[i] for i in dealt[a]} & {groups[i] for i in dealt[b]}
    if min(len(set(groups) - {groups[i] for i in fold}) for fold in dealt) < 2:
        return  # too few groups are left for two inner folds
    for test, pairs in nested_folds(groups, outer=folds, inner=2, seed=seed):
        for train, validation in pairs:
            rows = [[{"subject": groups[i]} for i in part] for part in (train, validation, test)]
            guard(*rows, by=("subject",))
            assert len(train) + len(validation) + len(test) == len(groups)


@pytest.mark.parametrize("seed", range(5))
def test_folds_are_as_even_as_whole_groups_allow(seed):
    groups = ["big"] * 6 + list("abcdef")  # dealt in any order, the big one could meet others
    assert [len(fold) for fold in group_folds(groups, 2, seed=seed)] == [6, 6]


def test_too_many_folds():
    with pytest.raises(ValueError, match="2 groups for 3 folds"):
        group_folds(["a", "b", "b"], 3)


ROWS = {
    "train": [{"subject": "1", "recording": "r1", "gesture": "2", "repetition": "1", "noise": "mitdb/100|nstdb/0"}],
    "validation": [{"subject": "2", "recording": "r2", "gesture": "2", "repetition": "1", "noise": "mitdb/115"}],
    "test": [{"subject": "3", "recording": "r3", "gesture": "2", "repetition": "1", "noise": ["mitdb/122", "nstdb/3"]}],
}


def test_a_clean_split_passes_and_is_counted():
    by = ("subject", "recording", ("subject", "gesture", "repetition"), "noise")
    assert guard(**ROWS, by=by) == {
        "subject": (1, 1, 1), "recording": (1, 1, 1), ("subject", "gesture", "repetition"): (1, 1, 1),
        "noise": (2, 1, 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("side", "column", "value", "says"),
    [
        ("test", "subject", "1", "The subject 1 is in train and in test"),
        ("validation", "subject", "3", "The subject 3 is in validation and in test"),
        ("test", "recording", "r1", "The recording r1 is in train and in test"),
        ("test", "noise", "mitdb/122|nstdb/0", "The noise nstdb/0 is in train and in test"),
        ("validation", "noise", {"mitdb/100", "mitdb/9"}, "The noise mitdb/100 is in train and in validation"),
    ],
)
def test_the_guard_names_the_offender(side, column, value, says):
    spoilt = {**ROWS, side: [{**ROWS[side][0], column: value}]}
    with pytest.raises(ValueError, match=says.replace("|", r"\|")):
        guard(**spoilt)


def test_the_guard_names_a_repetition_on_two_sides():
    again = {**ROWS["test"][0], "subject": "1", "recording": "r9", "noise": "x"}
    with pytest.raises(ValueError, match="The subject, gesture, repetition 1, 2, 1 is in train and in test"):
        guard(ROWS["train"], [], [again], by=[("subject", "gesture", "repetition")])
    guard(ROWS["train"], [], [{**again, "repetition": "2"}], by=[("subject", "gesture", "repetition")])


def test_the_guard_does_not_pass_over_a_missing_column():
    with pytest.raises(ValueError, match="test items have no column 'noise'"):
        guard(ROWS["train"], ROWS["validation"], [{"subject": "3", "recording": "r3"}])


def test_the_guard_does_not_pass_over_one_row_without_the_column():
    rows = [*ROWS["test"], {"subject": "4", "recording": "r4"}]
    with pytest.raises(ValueError, match="test items have no column 'noise'"):
        guard(ROWS["train"], ROWS["validation"], rows)


@pytest.mark.parametrize("empty", [None, float("nan"), "", ()])
def test_empty_cells_are_on_no_side(empty):
    sides = [[{"noise": empty}], [{"noise": empty}], [{"noise": "mitdb/122"}]]
    assert guard(*sides, by="noise") == {"noise": (0, 0, 1)}


def test_the_guard_takes_tables():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(ROWS["train"])
    with pytest.raises(ValueError, match="subject 1 is in train and in test"):
        guard(table, [], {"subject": ["1"]}, by="subject")
