"""The contaminants: what all share, and what each is made of."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from emgtut.contaminate import coloured_noise, power_line, synthetic_ecg
from emgtut.signals import psd

SOURCES = {
    "ecg": lambda n, rng, fs=1000.0: synthetic_ecg(n, fs=fs, rng=rng),
    "ecg on a floor": lambda n, rng, fs=1000.0: synthetic_ecg(n, fs=fs, rng=rng, floor_snr_db=20),
    "hum": lambda n, rng, fs=1000.0: power_line(n, fs=fs, rng=rng),
    "hum with harmonics": lambda n, rng, fs=1000.0: power_line(n, fs=fs, rng=rng, harmonics=(1, 0.2, 0.5)),
    "white": lambda n, rng, fs=1000.0: coloured_noise(n, rng=rng),
    "pink": lambda n, rng, fs=1000.0: coloured_noise(n, rng=rng, exponent=1),
    "brown": lambda n, rng, fs=1000.0: coloured_noise(n, rng=rng, exponent=2),
}
every_source = pytest.mark.parametrize("draw", SOURCES.values(), ids=SOURCES)


@every_source
@pytest.mark.parametrize("n_samples", [2, 3, 250, 2001])
@pytest.mark.parametrize("fs", [250.0, 1000.0, 1926.0])
def test_zero_mean_unit_power_finite_one_dimensional(draw, n_samples, fs):
    x = draw(n_samples, np.random.default_rng(1), fs)
    assert x.shape == (n_samples,)
    assert x.dtype == np.float64
    assert abs(x.mean()) < 1e-9
    assert np.mean(x**2) == pytest.approx(1.0, abs=1e-12)


@every_source
def test_the_generator_decides_and_nothing_else(draw):
    first, again, other = (draw(500, np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


@every_source
def test_a_seed_is_no_generator_and_lengths_are_whole(draw):
    with pytest.raises(ValueError, match=r"default_rng\(0\)"):
        draw(500, 0)
    for wrong in (0, 1, -5, 10.5, True):
        with pytest.raises(ValueError, match="n_samples is"):
            draw(wrong, np.random.default_rng(0))


# ------------------------------------------------------------------------------------------------ heart


def beats(ecg, fs):
    """R waves by height: they stand three standard deviations out."""
    return find_peaks(ecg, height=3.0, distance=int(0.3 * fs))[0]


@pytest.mark.parametrize("heart_rate_bpm", [45, 70, 120])
def test_the_heart_beats_at_the_asked_rate(heart_rate_bpm):
    ecg = synthetic_ecg(120_000, fs=1000, rng=np.random.default_rng(0), heart_rate_bpm=heart_rate_bpm)
    intervals = np.diff(beats(ecg, 1000)) / 1000
    assert 60 / intervals.mean() == pytest.approx(heart_rate_bpm, rel=0.01)


@pytest.mark.parametrize("rr_sd", [0.02, 0.04, 0.1])
def test_the_intervals_vary_by_the_asked_fraction(rr_sd):
    ecg = synthetic_ecg(300_000, fs=1000, rng=np.random.default_rng(0), rr_sd=rr_sd)
    intervals = np.diff(beats(ecg, 1000)) / 1000
    assert intervals.std() / intervals.mean() == pytest.approx(rr_sd, rel=0.1)


def test_without_variability_every_beat_is_the_same():
    ecg = synthetic_ecg(5000, fs=1000, rng=np.random.default_rng(0), heart_rate_bpm=60, rr_sd=0)
    np.testing.assert_allclose(ecg[1000:], ecg[:-1000], rtol=0, atol=1e-9)


def test_waves_have_the_heights_and_places_of_the_model():
    """One beat a second: the angle of a wave is its distance from R in 1/360 s, its height is a·b²."""
    ecg = synthetic_ecg(20_000, fs=10_000, rng=np.random.default_rng(0), heart_rate_bpm=60, rr_sd=0)
    r = int(np.argmax(ecg[5000:15_000])) + 5000

    def model(angle_deg):  # independent sum over the five waves and their neighbours one beat away
        total = 0.0
        for at, a, b in ((-70, 1.2, 0.25), (-15, -5, 0.1), (0, 30, 0.1), (15, -7.5, 0.1), (100, 0.75, 0.4)):
            distance = min(abs(angle_deg - at + turn) for turn in (-360, 0, 360))
            total += a * b * b * np.exp(-(np.deg2rad(distance) ** 2) / (2 * b * b))
        return total

    at = np.array([-70, -15, 0, 15, 60, 100, 170])
    heights = ecg[r + np.round(at / 360 * 10_000).astype(int)]
    expected = np.array([model(angle) for angle in at])
    slope, _ = np.polyfit(expected, heights, 1)
    np.testing.assert_allclose(heights - heights[2], slope * (expected - expected[2]), rtol=0, atol=0.01 * slope * 0.3)


def test_the_floor_lies_the_asked_amount_below_the_ecg():
    for floor_snr_db in (16.0, 40.0):
        ecg = synthetic_ecg(60_000, fs=1000, rng=np.random.default_rng(0), floor_snr_db=floor_snr_db)
        freqs, density = psd(ecg, fs=1000)
        ratio = 10 ** (-floor_snr_db / 10)
        expected = ratio / (1 + ratio) / 500  # white: its power spread over 0 to 500 Hz
        assert np.mean(density[freqs > 200]) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"heart_rate_bpm": 0}, "heart_rate_bpm is 0"),
        ({"heart_rate_bpm": np.nan}, "heart_rate_bpm is nan"),
        ({"rr_sd": 0.5}, "rr_sd is 0.5"),
        ({"floor_snr_db": np.nan}, "floor_snr_db is nan"),
        ({"fs": -1}, "fs is -1"),
    ],
)
def test_impossible_hearts_are_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        synthetic_ecg(1000, **{"fs": 1000, "rng": np.random.default_rng(0)} | settings)


# ------------------------------------------------------------------------------------------------ mains


@pytest.mark.parametrize("frequency_hz", [50, 60])
def test_hum_is_one_line_at_its_frequency(frequency_hz):
    x = power_line(2000, fs=1000, rng=np.random.default_rng(0), frequency_hz=frequency_hz)
    carrier = np.exp(-2j * np.pi * frequency_hz * np.arange(2000) / 1000)
    assert 2 * abs(np.mean(x * carrier)) == pytest.approx(np.sqrt(2), rel=1e-9)


def test_harmonics_have_their_relative_amplitudes():
    x = power_line(2000, fs=1000, rng=np.random.default_rng(0), harmonics=(1.0, 0.0, 0.3))
    found = [abs(np.mean(x * np.exp(-2j * np.pi * h * 50 * np.arange(2000) / 1000))) for h in (1, 2, 3)]
    np.testing.assert_allclose(np.array(found) / found[0], [1.0, 0.0, 0.3], atol=1e-9)


def test_harmonics_above_half_the_rate_are_left_out_not_folded():
    x = power_line(2500, fs=250, rng=np.random.default_rng(0), harmonics=(1.0, 0.5, 0.5))
    folded = abs(np.mean(x * np.exp(-2j * np.pi * 100 * np.arange(2500) / 250)))  # 150 Hz would fold onto 100 Hz
    alone = power_line(2500, fs=250, rng=np.random.default_rng(0), harmonics=(1.0, 0.5, 0.0))
    assert folded == pytest.approx(abs(np.mean(alone * np.exp(-2j * np.pi * 100 * np.arange(2500) / 250))), rel=1e-9)
    np.testing.assert_allclose(x, alone, atol=1e-12)


@pytest.mark.parametrize("settings", [{"frequency_hz": 500}, {"frequency_hz": -50}, {"harmonics": (0, 0)}])
def test_impossible_hum_is_refused(settings):
    with pytest.raises(ValueError, match=f"{next(iter(settings))} is"):
        power_line(1000, fs=1000, rng=np.random.default_rng(0), **settings)


# -------------------------------------------------------------------------------------------- broadband


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 1.5, -1.0])
def test_density_falls_with_the_asked_exponent(exponent):
    x = coloured_noise(400_000, rng=np.random.default_rng(0), exponent=exponent)
    freqs, density = psd(x, fs=1000)
    middle = (freqs >= 10) & (freqs <= 400)
    slope = np.polyfit(np.log10(freqs[middle]), np.log10(density[middle]), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.05)


def test_the_end_of_brown_noise_does_not_meet_its_beginning():
    rng = np.random.default_rng(0)
    gaps = [x[-1] - x[0] for x in (coloured_noise(1000, rng=rng, exponent=2) for _ in range(200))]
    steps = [np.diff(x).std() for x in (coloured_noise(1000, rng=rng, exponent=2) for _ in range(20))]
    assert np.std(gaps) > 5 * np.mean(steps)


def test_white_noise_is_gaussian_and_uncorrelated():
    x = coloured_noise(200_000, rng=np.random.default_rng(0))
    assert np.mean(x**4) == pytest.approx(3.0, abs=0.05)
    assert abs(np.mean(x[1:] * x[:-1])) < 0.01


def test_impossible_exponents_are_refused():
    for exponent in (np.nan, 9):
        with pytest.raises(ValueError, match="exponent is"):
            coloured_noise(1000, rng=np.random.default_rng(0), exponent=exponent)
