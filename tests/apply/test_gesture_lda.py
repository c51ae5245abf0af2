"""Hudgins' features against their definitions, and the discriminant against its closed form."""

import itertools

import numpy as np
import pytest

from emgtut.apply.gesture_lda import WindowLDA, hudgins


def slow_features(x, fs, dead):
    step = [b - a for a, b in itertools.pairwise(x)]
    crossings = sum(a * b < 0 and abs(b - a) > dead for a, b in itertools.pairwise(x))
    turns = sum(a * b < 0 and max(abs(a), abs(b)) > dead for a, b in itertools.pairwise(step))
    mean_step = sum(map(abs, step)) / len(step)
    return [sum(map(abs, x)) / len(x), fs * mean_step, fs * crossings / len(step), fs * turns / (len(step) - 1)]


@pytest.mark.parametrize("dead", [0.0, 0.8])
def test_features_are_their_definitions(rng, dead):
    x = rng.standard_normal((2, 450))
    found = hudgins(x, fs=1000, dead_zone=dead)
    assert found.shape == (2, 3, 4)
    for channel in range(2):
        for window in range(3):
            piece = x[channel, 100 * window : 100 * window + 200]
            assert found[channel, window] == pytest.approx(slow_features(piece, 1000, dead))


def test_a_sine_has_its_known_features():
    t = np.arange(2000) / 2000
    level, length, crossings, turns = hudgins(np.sin(2 * np.pi * 50 * t + 0.1), fs=2000)[2]
    assert level == pytest.approx(2 / np.pi, rel=0.01)
    assert length == pytest.approx(4 * 50, rel=0.01)  # up and down twice the amplitude, 50 times a second
    assert crossings == pytest.approx(100, abs=6)  # one more or less in a window of ten periods makes five
    assert turns == pytest.approx(100, abs=6)


def test_the_dead_zone_may_differ_between_channels_and_scales_with_the_signal(rng):
    x = rng.standard_normal((3, 2, 400))
    dead = np.array([0.0, 1.0])
    found = hudgins(x, fs=1000, dead_zone=dead)
    assert np.array_equal(found[1, 1], hudgins(x[1, 1], fs=1000, dead_zone=1.0))
    louder = hudgins(1000 * x, fs=1000, dead_zone=1000 * dead)
    assert np.allclose(louder, found * [1000, 1000, 1, 1])


def closed_form(z, labels, test):
    """LDA with the within-class covariance shrunk by Ledoit and Wolf, class by class, weighted by class size."""
    from sklearn.covariance import ledoit_wolf

    classes, counts = np.unique(labels, return_counts=True)
    means = np.stack([z[labels == c].mean(axis=0) for c in classes])
    covariance = np.zeros((z.shape[1], z.shape[1]))
    for c, n in zip(classes, counts):
        one = z[labels == c]
        spread = one.std(axis=0)
        spread[spread == 0] = 1
        covariance += n / len(z) * spread[:, None] * ledoit_wolf((one - one.mean(axis=0)) / spread)[0] * spread
    weights = np.linalg.solve(covariance, means.T)
    score = test @ weights - 0.5 * np.sum(means.T * weights, axis=0) + np.log(counts / len(z))
    chance = np.exp(score - score.max(axis=1, keepdims=True))
    return classes, chance / chance.sum(axis=1, keepdims=True)


def trials(rng, n=24):
    x = rng.standard_normal((n, 3, 500))
    gesture = np.array(["a", "b", "c", "a"] * (n // 4))
    for row, name in enumerate(gesture):
        x[row, "abc".index(name)] *= 1.5
    return x, gesture


def test_the_discriminant_is_the_closed_form(rng):
    x, gesture = trials(rng)
    model = WindowLDA().fit(x[:16], gesture[:16])
    train = model.features(x[:16]).reshape(16 * 4, -1)
    test = model.features(x[16:]).reshape(8 * 4, -1)
    mean, sd = train.mean(axis=0), train.std(axis=0)
    classes, chance = closed_form((train - mean) / sd, np.repeat(gesture[:16], 4), (test - mean) / sd)
    assert np.allclose(model.model.predict_proba(test), chance)
    by_hand = classes[chance.reshape(8, 4, 3).mean(axis=1).argmax(axis=1)]
    assert model.predict(x[16:]).tolist() == by_hand.tolist()


def test_the_unit_does_not_matter_and_test_trials_teach_nothing(rng):
    x, gesture = trials(rng)
    plain = WindowLDA().fit(x[:16], gesture[:16])
    in_volts = WindowLDA().fit(1e-3 * x[:16], gesture[:16])
    assert plain.predict(x[16:]).tolist() == in_volts.predict(1e-3 * x[16:]).tolist()
    alone = [plain.predict(x[at : at + 1])[0] for at in range(16, 24)]
    assert alone == plain.predict(x[16:]).tolist()
