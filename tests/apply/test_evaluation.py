"""How tasks are judged: folds keep people apart, choices look at inner folds only, rows tell enough to pool them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.apply import inputs
from emgtut.apply.evaluation import choose, confusion_matrix, folds, scores, subject_rows, table
from emgtut.contaminate import KINDS, Condition

PEOPLE = [who for who, count in (("ann", 3), ("ben", 2), ("cat", 4), ("dan", 1), ("eve", 2)) for _ in range(count)]
KNOWN = {"task": "demo", "data": "synthetic", "scheme": "subject", "input": "clean", "model": "svm", "seed": 0}


def test_each_person_is_left_out_once_and_stands_on_one_side_only():
    who = np.array(PEOPLE)
    dealt = folds({"subject": PEOPLE}, inner=3)
    assert [fold.name for fold in dealt] == ["ann", "ben", "cat", "dan", "eve"]
    for fold in dealt:
        assert set(who[fold.test]) == {fold.name}
        assert sorted([*fold.train, *fold.test]) == list(range(len(who)))
        assert len(fold.pairs) == 3
        for train, validation in fold.pairs:
            assert not {fold.name} & {*who[train], *who[validation]}
            assert not set(who[train]) & set(who[validation])
            assert sorted([*train, *validation]) == fold.train.tolist()
        assert sorted(np.concatenate([pair[1] for pair in fold.pairs])) == fold.train.tolist()


def test_folds_are_numbered_where_they_hold_several_people():
    dealt = folds({"subject": PEOPLE}, outer=2, inner=2)
    assert [fold.name for fold in dealt] == ["0", "1"]


def test_a_leak_is_refused_and_must_be_asked_for():
    items = {"subject": PEOPLE, "trial": [str(at) for at in range(len(PEOPLE))]}
    with pytest.raises(ValueError, match="move all of it to one side"):
        folds(items, by="trial", outer=3, apart=["subject"])
    leaky = folds(items, by=None, outer=3)  # single items: nothing is promised, nothing is guarded
    assert any(set(np.array(PEOPLE)[fold.train]) & set(np.array(PEOPLE)[fold.test]) for fold in leaky)


def test_a_pair_of_columns_is_one_key():
    items = {"subject": ["ann"] * 4 + ["ben"] * 4, "repetition": ["1", "2", "3", "4"] * 2}
    dealt = folds(items, by=("subject", "repetition"), apart=[("subject", "repetition")], inner=2)
    assert len(dealt) == 8
    assert dealt[0].name == "ann-1"


@pytest.mark.parametrize(("people", "how", "says"), [("ab", {}, "3 or more"), ("abc", {"outer": 4}, "folds")])
def test_too_few_people(people, how, says):
    with pytest.raises(ValueError, match=says):
        folds({"subject": list(people)}, **how)


def test_a_choice_asks_for_inner_folds_only_and_takes_the_plainer_of_equals():
    fold = folds({"subject": PEOPLE})[0]
    asked = []

    def judge(setting, train, validation):
        asked.append((train, validation))
        return {"plain": 0.5, "good": 0.7, "same": 0.7}[setting]

    best, means = choose(["plain", "good", "same"], fold.pairs, judge)
    assert best == "good"
    assert means == pytest.approx([0.5, 0.7, 0.7])
    assert not {int(at) for pair in asked for part in pair for at in part} & set(fold.test.tolist())
    with pytest.raises(ValueError, match="finite"):
        choose(["plain"], fold.pairs, lambda *_: np.nan)
    with pytest.raises(ValueError, match="one or more"):
        choose([], fold.pairs, judge)


def test_scores_by_hand():
    found = scores(["a", "a", "a", "b"], ["a", "a", "c", "b"])
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["macro_f1"] == pytest.approx((0.8 + 1) / 2)  # of the classes that occur in the truth
    with pytest.raises(ValueError, match="two equal lists"):
        scores(["a"], ["a", "b"])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_rows_tell_every_count(items):
    truth, said, who = zip(*items, strict=True)
    rows = subject_rows(truth, said, who, **KNOWN)
    assert sum(row.items for row in rows) == len(items)
    classes, counts = confusion_matrix([row.confusion for row in rows])
    for one, other in zip(truth, said, strict=True):
        assert one in classes
        assert counts[classes.index(one), classes.index(other)] == sum(pair[:2] == (one, other) for pair in items)
    assert counts.trace() / len(items) == pytest.approx(scores(truth, said)["accuracy"])


def test_a_class_that_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="cannot be written"):
        subject_rows(["very tired"], ["fresh"], ["ann"], **KNOWN)


def test_the_table_has_the_columns_of_a_row():
    rows = subject_rows(["a", "b"], ["a", "b"], ["ann", "ben"], **KNOWN, chosen="C=1")
    made = table(rows)
    assert made["subject"].tolist() == ["ann", "ben"]
    assert made["accuracy"].tolist() == [1.0, 1.0]
    assert set(made["chosen"]) == {"C=1"}


# ----------------------------------------------------------------------------------------------- inputs


def test_every_input_is_made_once_and_noise_is_at_its_level():
    clean = np.random.default_rng(0).standard_normal((2, 4000))
    condition = inputs.draw_condition("ann/1", seed=3)
    names = inputs.check_inputs(["highpass", "identity"])
    made = inputs.versions(clean, names, fs=1000, item="ann/1", seed=3, source="synthetic")
    assert tuple(made) == ("clean", "noisy", "highpass", "identity")
    assert np.array_equal(made["clean"], clean)
    assert np.array_equal(made["identity"], made["noisy"])
    noise = made["noisy"] - clean
    levels = 10 * np.log10(np.sum(clean**2, axis=1) / np.sum(noise**2, axis=1))
    assert levels == pytest.approx([condition.snr_db] * 2, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_one_heart_and_one_mains_act_on_all_channels_and_the_rest_on_each(kind):
    clean = np.random.default_rng(0).standard_normal((3, 4000)) * np.array([[1.0], [2.0], [3.0]])
    how = {"fs": 1000, "item": "a", "seed": 0, "source": "synthetic", "condition": Condition(-5.0, (kind,))}
    noise = inputs.versions(clean, ["noisy"], **how)["noisy"] - clean
    alike = np.abs(np.corrcoef(noise))[np.triu_indices(3, 1)]
    assert np.all(alike > 0.999) if kind in inputs.SHARED else np.all(alike < 0.9)
    one = inputs.versions(clean[:1], ["noisy"], **how)["noisy"] - clean[:1]
    assert np.array_equal(one[0], noise[0]), "further channels do not change the first"


def test_noise_follows_from_seed_and_name_alone():
    clean = np.random.default_rng(0).standard_normal((1, 3000))
    how = {"fs": 1000, "source": "synthetic"}
    first, again, other, later = (
        inputs.versions(clean, ["noisy"], item=item, seed=seed, **how)["noisy"]
        for item, seed in (("a", 0), ("a", 0), ("b", 0), ("a", 1))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, later)


def test_one_channel_needs_an_axis():
    with pytest.raises(ValueError, match="x\\[None\\]"):
        inputs.versions(np.ones(3000), ["noisy"], fs=1000, item="a", seed=0)
