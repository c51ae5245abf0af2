"""Recorded hearts as they would look elsewhere: pulse, direction and recorder change, and nothing else."""

import numpy as np
import pytest

from emgtut.contaminate import material, variation
from emgtut.contaminate.corpus import Corpus
from emgtut.contaminate.variation import vary_heart

N = 4000


def beats(n_samples, *, shift=0):
    """Short beats, one a second."""
    return np.exp(-(((np.arange(n_samples) - shift) % 1000 - 500) ** 2) / 200.0)


@pytest.fixture
def always(monkeypatch):
    """Every change that is not switched off happens to every window."""

    def switch(**off):
        monkeypatch.setattr(variation, "SHARE", 1.0)
        for name, value in off.items():
            monkeypatch.setattr(variation, name, value)

    return switch


def test_the_pulse_changes_by_at_most_a_third(always):
    always(TILT=0.0)
    rng = np.random.default_rng(0)
    periods = []
    for _ in range(200):
        x = vary_heart([beats(20_000)], N, rng)
        peaks = np.flatnonzero((x[1:-1] > x[:-2]) & (x[1:-1] >= x[2:]) & (x[1:-1] > 0.5))
        periods.append(np.median(np.diff(peaks)))
    assert 745 <= min(periods) < 800
    assert 1250 < max(periods) <= 1340


def test_another_direction_is_a_weighted_sum_of_both_leads(always):
    always(TILT=0.0, FASTEST=1.0)
    leads = np.stack([beats(N + 2), beats(N + 2, shift=300)])  # as long as is needed: there is one place to cut
    basis = (leads[:, :N] - leads[:, :N].mean(axis=1, keepdims=True)).T
    rng, weights = np.random.default_rng(0), []
    for _ in range(50):
        x = vary_heart(leads, N, rng)
        found, rest = np.linalg.lstsq(basis, x, rcond=None)[:2]
        assert rest[0] < 1e-20 * np.dot(x, x) + 1e-20
        weights.append(found)
    assert np.linalg.norm(weights, axis=1) == pytest.approx(1.0)
    assert np.min(weights) < -0.9
    assert np.max(weights) > 0.9


@pytest.mark.parametrize(("freq", "most"), [(10.0, 1.0), (40.0, 2.0), (2.5, 2.0)])
def test_a_recorder_tilts_by_three_decibels_an_octave_at_most_around_ten_hertz(always, freq, most):
    always(FASTEST=1.0)
    tone = np.sin(2 * np.pi * freq * np.arange(20_000) / 1000)
    rng = np.random.default_rng(0)
    gains = [np.std(vary_heart([tone], N, rng)[200:-200]) * np.sqrt(2) for _ in range(100)]
    assert max(gains) == pytest.approx(most, rel=0.06)
    assert min(gains) == pytest.approx(1 / most, rel=0.06)


def test_leads_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="at least 5336"):
        vary_heart(np.ones((1, 5335)), N, np.random.default_rng(0))


# --------------------------------------------------------------------------------------- in the corpus


@pytest.fixture(scope="module")
def corpus():
    """One muscle; one recorded heart whose two leads are a spike and a step per second; one simulated heart."""
    n_samples = 20_000
    spike = beats(n_samples)
    step = (np.arange(n_samples) % 1000 < 500).astype(float)
    rows = [
        (np.random.default_rng(0).standard_normal(n_samples), "emg", "simulated", "someone"),
        *[(lead / lead.std(), "ecg", "mitdb", "mitdb/100") for lead in (spike, -spike, step, -step)],
        (spike, "ecg", "simulated", "a heart"),
    ]
    names = np.array([[part, *row[1:]] for part in material.PARTS for row in rows])
    signal = np.concatenate([row[0] for _ in material.PARTS for row in rows]).astype(np.float32)
    return Corpus(signal, np.full(len(names), n_samples), names, {})


def test_both_leads_are_those_of_the_same_time(corpus):
    rows = [1, 2, 3, 4]  # lead after lead, two excerpts each
    for place, (one, other) in enumerate([(1, 3), (2, 4), (3, 1), (4, 2)]):
        leads = corpus._leads(rows, place)
        assert np.array_equal(leads[0], corpus.signal[20_000 * one :][:20_000])
        assert np.array_equal(leads[1], corpus.signal[20_000 * other :][:20_000])
    assert corpus._leads([1], 0).shape == (1, 20_000)


def test_only_recorded_hearts_are_varied_and_only_when_asked(corpus):
    def draw(**how):
        return corpus.batch(np.random.default_rng(0), 8, "train", 2000, "ecg", **how)[0]

    assert np.array_equal(draw(noise="synthetic"), draw(noise="synthetic", varied=True))
    assert np.array_equal(draw(noise="real"), draw(noise="real", varied=False))
    assert not np.array_equal(draw(noise="real"), draw(noise="real", varied=True))


def test_the_snr_is_exact_with_varied_hearts_too(corpus):
    noisy, clean = corpus.batch(np.random.default_rng(0), 20, "train", 2000, "ecg", snr_db=(-7, -7), varied=True)
    clean, noise = clean.astype(float), noisy.astype(float) - clean
    assert 10 * np.log10(np.sum(clean**2, axis=1) / np.sum(noise**2, axis=1)) == pytest.approx(-7.0, abs=1e-3)
