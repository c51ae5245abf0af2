"""A heart seen otherwise keeps what belongs to any heart and changes what belongs to this one."""

import numpy as np
import pytest

from emgtut.contaminate import varied_heart as varied_heart_module
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


def test_two_leads_span_all_directions(leads, monkeypatch):
    """Without tilt and stretch a view is a sum of the leads, and every quarter of the circle is drawn."""
    monkeypatch.setattr(varied_heart_module, "TILT", (0.0, 0.0))
    monkeypatch.setattr(varied_heart_module, "STRETCH", 1.0)
    weights, left = zip(*(np.linalg.lstsq(leads[:, :N].T, x)[:2] for x in views(leads, 80)), strict=True)
    np.testing.assert_allclose(left, 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=1), 1)
    counts, _ = np.histogram([np.arctan2(across, along) for along, across in weights], 4, range=(-np.pi, np.pi))
    assert counts.min() >= 8


def test_one_lead_keeps_its_shape_up_to_sign_and_rate(leads, monkeypatch):
    monkeypatch.setattr(varied_heart_module, "TILT", (0.0, 0.0))
    at, signs = np.arange(N), set()
    for x in views(leads[:1], 12):
        likeness = [
            np.corrcoef(x, np.interp(pace * at, np.arange(5000), leads[0]))[0, 1]
            for pace in np.geomspace(1 / STRETCH, STRETCH, 1500)
        ]
        best = max(likeness, key=abs)
        assert abs(best) > 0.99
        signs.add(np.sign(best))
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
