"""The noise library: zero mean, unit power, disjoint parts, and a true record of what was drawn."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.contaminate import KINDS, check_disjoint, draw, draw_with_source, library, real_records
from emgtut.data import DataMissing, load
from emgtut.signals import psd, resample

SPLITS = library.SPLITS


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    split=st.sampled_from(SPLITS),
    n_samples=st.integers(100, 4000),
    fs=st.sampled_from([250.0, 1000.0, 1926.0, 2000.0]),
    seed=st.integers(0, 2**32),
)
def test_every_synthetic_draw_has_zero_mean_and_unit_power(kind, split, n_samples, fs, seed):
    x = draw(kind, split, n_samples, fs, np.random.default_rng(seed), source="synthetic")
    assert x.shape == (n_samples,)
    assert np.all(np.isfinite(x))
    assert abs(x.mean()) < 1e-9
    assert np.mean(x**2) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_one_generator_gives_each_part_a_stream_of_its_own(kind):
    drawn = {s: draw_with_source(kind, s, 2000, 1000, np.random.default_rng(7), source="synthetic") for s in SPLITS}
    for one, other in itertools.combinations(SPLITS, 2):
        assert drawn[one][1].origin != drawn[other][1].origin
        assert np.abs(drawn[one][0] - drawn[other][0]).max() > 0.1
    check_disjoint([d for _, d in drawn.values()])
    again = draw(kind, "test", 2000, 1000, np.random.default_rng(7), source="synthetic")
    np.testing.assert_array_equal(again, drawn["test"][0])


def test_white_streams_of_two_parts_are_unrelated():
    """A correlation of two unrelated white noises of n samples has the standard deviation 1/sqrt(n)."""
    n = 20_000
    parts = [draw("white", s, n, 1000, np.random.default_rng(i), source="synthetic") for s in SPLITS for i in range(10)]
    rho = np.corrcoef(parts)[np.triu_indices(len(parts), 1)]
    assert np.abs(rho).max() < 5 / np.sqrt(n)
    assert rho.std() == pytest.approx(1 / np.sqrt(n), rel=0.15)


def test_two_draws_from_one_generator_differ():
    rng = np.random.default_rng(0)
    first, second = (draw_with_source("ecg", "train", 500, 1000, rng, source="synthetic") for _ in range(2))
    assert first[1].origin != second[1].origin
    assert first[1].settings != second[1].settings


def test_a_source_on_two_sides_is_refused():
    with pytest.raises(ValueError, match=r"mitdb/115 is in validation and in test"):
        check_disjoint({"train": ["mitdb/100"], "validation": ["mitdb/115"], "test": ["mitdb/115"]})
    one = draw_with_source("white", "train", 100, 1000, np.random.default_rng(0))[1]
    stolen = library.Draw("white", "test", "synthetic", one.origin)
    with pytest.raises(ValueError, match="is in train and in test"):
        check_disjoint([one, stolen])


def test_a_leaking_split_stops_the_library(monkeypatch):
    """If the manifest put one record into two parts, no draw would come out."""
    monkeypatch.setattr(library, "records_in", lambda dataset, split: ["100"])
    with pytest.raises(ValueError, match="mitdb/100 is in train and in validation"):
        real_records("ecg", "train")


def test_real_where_there_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no real recording of the kind 'white'"):
        draw("white", "train", 100, 1000, np.random.default_rng(0), source="real")
    with pytest.raises(DataMissing, match="mitdb"):
        draw("ecg", "train", 100, 1000, np.random.default_rng(0), source="real", root=tmp_path)


def test_auto_without_data_says_that_it_is_synthetic(tmp_path):
    _, origin = draw_with_source("motion", "train", 100, 1000, np.random.default_rng(0), root=tmp_path)
    assert origin.source == "synthetic"


@pytest.mark.parametrize(
    "wrong", [{"kind": "hum"}, {"split": "val"}, {"source": "maybe"}, {"fs": 0}, {"n_samples": 1}, {"rng": 3}]
)
def test_unknown_choices_are_refused(wrong):
    asked = {"kind": "mains", "split": "train", "n_samples": 100, "fs": 1000, "rng": np.random.default_rng(0)} | wrong
    with pytest.raises(ValueError):
        draw(**asked)


# ------------------------------------------------------------------------------------------------ real


@pytest.mark.parametrize("kind", ["ecg", "motion"])
def test_real_records_are_disjoint_and_in_the_documented_split(kind, data_root):
    parts = {s: set(real_records(kind, s, root=data_root)) for s in SPLITS}
    assert all(parts.values())
    assert not any(parts[a] & parts[b] for a, b in itertools.combinations(SPLITS, 2))
    if kind == "ecg":
        assert ("mitdb", "122") in parts["test"]
        assert ("nsrdb_excerpts", "17453") in parts["validation"]
    else:
        assert parts["test"] == {("nstdb_excerpts", "em/3")}


@pytest.mark.parametrize("kind", ["ecg", "motion"])
def test_a_real_draw_is_the_segment_that_it_names(kind, data_root):
    rng = np.random.default_rng(1)
    for _ in range(8):
        x, origin = draw_with_source(kind, "train", 2000, 1000, rng, source="real", root=data_root)
        assert abs(x.mean()) < 1e-9
        assert np.mean(x**2) == pytest.approx(1.0, abs=1e-12)
        dataset, record = origin.origin.split("/", 1)
        recording = load(dataset, record, root=data_root)
        first = round(origin.start_s * recording.fs)
        raw = recording.channel(origin.channel)[first : first + round(2.0 * recording.fs)]
        mine = resample(raw, fs=recording.fs, fs_out=1000)[:2000]
        assert np.corrcoef(x[100:-100], mine[100:-100])[0, 1] > 0.99


def test_nothing_real_lies_above_its_documented_top(data_root):
    """Half the sampling rate is exact; the 100 Hz of mitdb are a recorder's corner and leak a little."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        x, origin = draw_with_source("ecg", "train", 4000, 1000, rng, source="real", root=data_root)
        freqs, density = psd(x, fs=1000)
        above = density[freqs > 1.1 * origin.top_hz].sum() / density.sum()
        assert above < (1e-4 if origin.top_hz == 64.0 else 0.02), origin


def test_too_long_a_segment_is_refused(data_root):
    with pytest.raises(ValueError, match="No recording of motion"):
        draw("motion", "test", 200_000, 1000, np.random.default_rng(0), source="real", root=data_root)
