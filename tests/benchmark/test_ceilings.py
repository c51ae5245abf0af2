"""The two who cheat: what knowing the spectra is worth where theory says, and what a heart is beyond its usual beat."""

import pathlib

import numpy as np
import pytest

import emgtut
from emgtut.assess import snr_db
from emgtut.benchmark import Case, suite
from emgtut.benchmark.ceilings import beyond_the_beat, known_heart, known_spectra
from emgtut.benchmark.tables import read_pairs
from emgtut.data import DataMissing
from emgtut.denoise import get
from emgtut.signals import butterworth, filter_zero_phase

STORED = pathlib.Path(emgtut.__file__).parents[1] / "results" / "ceilings.parquet"


def white_pair(n_samples=200_000):
    return np.random.default_rng(1).standard_normal((2, n_samples))


@pytest.mark.parametrize("snr", [-10.0, 0.0, 10.0])
def test_two_white_signals_gain_what_wiener_says(snr):
    """The filter is a constant S/(S+N); what it leaves is S·N/(S+N), so the SNR becomes 1 + S/N."""
    clean, noise = white_pair()
    noise = noise * 10 ** (-snr / 20)
    estimate = known_spectra(clean, noise, fs=1000, resolution_hz=10)
    assert snr_db(clean, estimate) == pytest.approx(10 * np.log10(1 + 10 ** (snr / 10)), abs=0.1)


def test_nothing_is_changed_where_there_is_no_noise_and_all_goes_where_there_is_no_muscle():
    clean, noise = white_pair(4000)
    np.testing.assert_allclose(known_spectra(clean, 0 * noise, fs=1000), clean, atol=1e-9)
    np.testing.assert_allclose(known_spectra(0 * clean, noise, fs=1000), 0, atol=1e-9)


def test_the_two_estimates_share_the_mixture():
    clean, noise = white_pair(3000)
    both = known_spectra(clean, noise, fs=1000) + known_spectra(noise, clean, fs=1000)
    np.testing.assert_allclose(both, clean + noise, atol=1e-9)


def test_who_knows_more_gains_more():
    """A tone is a line: it goes the more cleanly, the more finely its place is known."""
    clean = white_pair(4000)[0]
    tone = 3 * np.sin(2 * np.pi * 50 * np.arange(4000) / 1000)
    gains = [snr_db(clean, known_spectra(clean, tone, fs=1000, resolution_hz=hz)) for hz in (50, 10, 4)]
    assert gains[0] + 3 < gains[1] < gains[2] - 1


def test_what_cannot_be_asked():
    with pytest.raises(ValueError, match="ask for 2 Hz or more"):
        known_spectra(np.ones(500), np.ones(500), fs=1000, resolution_hz=1.0)
    with pytest.raises(ValueError, match="neither muscle nor noise"):
        known_spectra(np.zeros(2000), np.zeros(2000), fs=1000)


def beating(rng, level):
    """Twenty-five beats of changing size, at odd distances, in white noise of a level; peak 1."""
    places = np.cumsum(rng.integers(700, 900, size=25))
    heart = np.zeros(places[-1] + 800)
    lag = np.arange(-60, 61)
    for place, size in zip(places, rng.uniform(0.85, 1.15, 25)):
        heart[place + lag] += size * (1 - 2 * (lag / 12) ** 2) * np.exp(-((lag / 12) ** 2))
    return heart, level * rng.standard_normal(heart.size)


def test_the_usual_beat_goes_and_the_noise_of_the_recording_stays(rng):
    heart, noise = beating(rng, level=0.03)
    found = beyond_the_beat(heart + noise, fs=1000)
    in_band = filter_zero_phase(butterworth(4, (20, 450), "bandpass", fs=1000), np.stack([heart, noise]))
    assert np.std(in_band[0]) > 3 * np.std(in_band[1])
    assert np.std(found) == pytest.approx(np.std(in_band[1]), rel=0.1)
    assert np.corrcoef(found, in_band[1])[0, 1] > 0.95


def test_a_case_without_a_recorded_heart_is_refused():
    case = suite("synthetic", "ecg", windows=1).blocks[0].draw()[0]
    with pytest.raises(ValueError, match="not a recorded heart"):
        known_heart(case)


def test_a_real_heart_is_found_again(data_root):
    cases = suite("real", "ecg", windows=2, root=data_root).blocks[5].draw()
    highpass = get("highpass")
    for case in cases:
        estimate = known_heart(case, root=data_root)
        assert snr_db(case.clean, estimate) > snr_db(case.clean, highpass(case.noisy, fs=case.fs))
    other = Case(cases[0].about, cases[0].clean, cases[0].clean + cases[0].noisy[::-1], cases[0].fs)
    with pytest.raises(ValueError, match="is not what"):
        known_heart(other, root=data_root)


def test_without_the_recording_nothing_takes_its_place(tmp_path):
    about = {"kinds": "ecg", "sources": "mitdb/122/MLII/10.000000"}
    with pytest.raises(DataMissing):
        known_heart(Case(about, np.ones(2000), np.ones(2000), 1000.0), root=tmp_path)


def test_the_stored_table_is_what_the_code_gives():
    table, told = read_pairs(STORED)
    assert told["command"] == "python benchmarks/ceilings.py"
    assert len(told["data"]) == 64
    stored = table[(table["data"] == "synthetic") & (table["protocol"] == "mixtures")]
    stored = stored.set_index(["case", "method"])["snr_imp"]
    for case in suite("synthetic", "mixtures").blocks[3].draw()[:5]:
        noise = case.noisy - case.clean
        for method, hz in (("known_spectra", 1.0), ("known_spectra_4hz", 4.0)):
            found = snr_db(case.clean, known_spectra(case.clean, noise, fs=case.fs, resolution_hz=hz))
            was = stored.loc[(case.about["case"], method)]
            assert found - snr_db(case.clean, case.noisy) == pytest.approx(was, abs=0.002)
