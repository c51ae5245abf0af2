"""The motion model is held to the percentiles of the noise stress database's electrode-motion record."""

import numpy as np
import pytest
from scipy import signal, stats

from emgtut.contaminate import motion_artefact

FS = 360


def describe(x):
    """Frequencies below which 90, 95 and 99 % of the power lie, slope over 1-40 Hz, excess kurtosis above 2 Hz."""
    freq, power = signal.welch(x - x.mean(), FS, nperseg=20 * FS)
    share = np.cumsum(power) / power.sum()
    edges = [freq[np.searchsorted(share, q)] for q in (0.90, 0.95, 0.99)]
    freq, power = signal.welch(x, FS, nperseg=4 * FS)
    grid = np.geomspace(1, 40, 60)
    slope = np.polyfit(np.log10(grid), 10 * np.log10(np.interp(grid, freq, power)), 1)[0]
    fast = signal.sosfiltfilt(signal.butter(4, 2, "highpass", fs=FS, output="sos"), x)
    return np.array([*edges, slope, stats.kurtosis(fast)])


@pytest.fixture(scope="module")
def model():
    """Median over recordings as long as a segment of the database."""
    runs = [describe(motion_artefact(42_480, fs=FS, rng=np.random.default_rng(seed))) for seed in range(20)]
    return np.median(runs, axis=0)


def test_acceptance_percentiles(model):
    low, high = np.array([3.5, 5.5, 11.0, -27.0, 2.0]), np.array([5.0, 7.5, 18.0, -21.0, 5.0])
    assert np.all((low < model) & (model < high)), dict(zip(("90 %", "95 %", "99 %", "slope", "kurtosis"), model))


def test_model_lies_near_the_held_out_real_segments(model, data_root):
    from emgtut.data import load

    segments = [load("nstdb_excerpts", f"em/{i}", root=data_root).signal[0] for i in (2, 3)]
    real = np.array([describe(x) for x in segments])
    assert np.all(model[:3] < 2.0 * real[:, :3].max(axis=0))
    assert np.all(model[:3] > 0.5 * real[:, :3].min(axis=0))


def test_unit_power_zero_mean_and_seeded():
    x = motion_artefact(5000, fs=1000, rng=np.random.default_rng(1))
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert np.mean(x**2) == pytest.approx(1)
    assert np.array_equal(x, motion_artefact(5000, fs=1000, rng=np.random.default_rng(1)))


def test_share_of_wander_moves_the_median_frequency():
    def median(share):
        x = motion_artefact(60_000, fs=FS, rng=np.random.default_rng(3), wander_share=share)
        freq, power = signal.welch(x, FS, nperseg=20 * FS)
        return freq[np.searchsorted(np.cumsum(power), power.sum() / 2)]

    assert median(0.9) < median(0.1)


@pytest.mark.parametrize("bad", [{"events_per_s": 0}, {"wander_share": 1.5}, {"fs": 0}, {"n_samples": 1}])
def test_bad_settings_are_refused(bad):
    settings = {"n_samples": 100, "fs": 1000, "rng": np.random.default_rng(0)} | bad
    with pytest.raises(ValueError):
        motion_artefact(settings.pop("n_samples"), **settings)
