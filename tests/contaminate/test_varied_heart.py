"""A heart seen otherwise keeps what belongs to any heart and changes what belongs to this one."""

import numpy as np
import pytest

from emgtut.contaminate.heart import synthetic_ecg
from emgtut.contaminate.varied_heart import STRETCH, varied_heart

FS, N = 1000, 4000


@pytest.fixture
def leads():
    """Two leads of one heart: the second sees the derivative, as a lead across the first one does."""
    first = synthetic_ecg(5000, fs=FS, rng=np.random.default_rng(0), heart_rate_bpm=60, rr_sd=0.0)
    second = np.gradient(first)
    return np.stack([first, second / second.std()])


def views(leads, number=60, seed=1, n=N):
    rng = np.random.default_rng(seed)
    return np.array([varied_heart(leads, n, fs=FS, rng=rng) for _ in range(number)])


def period_ms(x):
    """Distance of beats: the first peak of the autocorrelation after 0.6 s."""
    x = x - x.mean()
    lags = np.fft.irfft(np.abs(np.fft.rfft(x, 2 * x.size)) ** 2)
    return 600 + int(np.argmax(lags[600:1500]))


def test_beats_come_faster_or_slower_and_stay_even(leads):
    periods = np.array([period_ms(x) for x in views(leads)])
    assert 1000 / STRETCH - 10 < periods.min() < 870
    assert 1150 < periods.max() < 1000 * STRETCH + 10


def test_two_leads_span_all_directions(leads):
    """A regression on both leads finds every quarter of the circle."""
    rng = np.random.default_rng(2)
    angles = []
    for _ in range(80):
        # as many samples as recorded: there is no room to slow down, and a tenth faster changes the end only
        x = varied_heart(leads[:, :1000], 1000, fs=FS, rng=rng)[:500]
        along, across = np.linalg.lstsq(leads[:, :500].T, x, rcond=None)[0]
        angles.append(np.arctan2(across, along))
    counts, _ = np.histogram(angles, bins=4, range=(-np.pi, np.pi))
    assert counts.min() >= 8


def test_one_lead_keeps_its_shape_up_to_sign_rate_and_tilt(leads):
    found = views(leads[:1], 20, n=5000)  # no room for slower beats, so all are at most as fast as recorded
    signs = {np.sign(x[np.argmax(np.abs(x - np.median(x)))] - np.median(x)) for x in found}
    assert signs == {-1.0, 1.0}


def test_the_tilt_moves_power_between_low_and_high_frequencies(leads):
    power = np.abs(np.fft.rfft(views(leads[:1]))) ** 2
    low = power[:, 2:20].sum(axis=1) / power[:, 2:400].sum(axis=1)  # 0.5-5 Hz of 0.5-100 Hz
    assert low.max() > 1.5 * low.min()


def test_the_same_generator_gives_the_same_view(leads):
    np.testing.assert_array_equal(views(leads, 2), views(leads, 2))


def test_too_few_samples_are_refused(leads):
    with pytest.raises(ValueError, match="6000 samples are wanted of a heart with 5000"):
        varied_heart(leads, 6000, fs=FS, rng=np.random.default_rng(0))
