"""The converter against its data sheet and against its own time-domain simulation."""

import numpy as np
import pytest

from emgtut.acquire.converter import ADS1256, DATA_RATES, GAINS, alias_of, decimate, uart_load


def quiet(**settings):
    """A converter and a generator that adds no noise, so that the filter can be seen alone."""

    class Silent:
        def standard_normal(self, shape):
            return np.zeros(shape)

    return ADS1256(**settings), Silent()


@pytest.mark.parametrize(
    ("rate", "corner_hz", "bandwidth_hz"),
    [(30000, 6116, 6457), (15000, 4815, 5052), (3750, 1618, 1721), (2000, 879, 956), (1000, 442, 489), (500, 221, 247)],
)
def test_corner_and_noise_bandwidth(rate, corner_hz, bandwidth_hz):
    adc = ADS1256(data_rate=rate)
    assert adc.response(corner_hz) == pytest.approx(np.sqrt(0.5), abs=2e-3)
    assert adc.noise_bandwidth_hz == pytest.approx(bandwidth_hz, rel=5e-3)


@pytest.mark.parametrize(("rate", "db"), [(2000, -0.75), (1000, -3.13), (3750, -0.22)])
def test_what_the_filter_takes_at_450_hz(rate, db):
    assert 20 * np.log10(ADS1256(data_rate=rate).response(450.0)) == pytest.approx(db, abs=0.02)


def test_near_the_data_rate_only_19_db_protect_the_band():
    adc = ADS1256(data_rate=1000)
    assert 20 * np.log10(adc.response(500.0)) == pytest.approx(-3.9, abs=0.05)
    assert 20 * np.log10(adc.response(900.0)) == pytest.approx(-19, abs=0.5)


def test_ranges_and_counts():
    assert [ADS1256(gain=g).full_scale_volt for g in GAINS] == [5, 2.5, 1.25, 0.625, 0.3125, 0.15625, 0.078125]
    assert ADS1256(gain=64).lsb_volt * 1e9 == pytest.approx(9.31, abs=0.01)


def test_effective_bits_meet_the_checked_anchor():
    assert ADS1256(gain=1, data_rate=2000).effective_bits == pytest.approx(21.3, abs=0.1)


@pytest.mark.parametrize("rate", [15000, 2000, 1000])
@pytest.mark.parametrize("freq", [40.0, 310.0, 700.0])
def test_time_domain_equals_the_transfer_function_at_the_modulator_rate(rate, freq):
    adc, silent = quiet(data_rate=rate)
    t = np.arange(int(1.92e6 * 0.15)) / 1.92e6
    volt = adc.to_volt(adc.sample(np.sin(2 * np.pi * freq * t), fs=1.92e6, rng=silent))[5:]
    n = np.arange(len(volt)) / rate
    basis = np.column_stack([np.cos(2 * np.pi * freq * n), np.sin(2 * np.pi * freq * n)])
    amplitude = np.hypot(*np.linalg.lstsq(basis, volt, rcond=None)[0])
    assert amplitude == pytest.approx(float(adc.response(freq)), rel=1e-4)


def test_a_tone_above_half_the_rate_comes_back_as_its_alias():
    adc, silent = quiet(data_rate=1000)
    t = np.arange(60000) / 30000
    volt = adc.to_volt(adc.sample(np.sin(2 * np.pi * 900 * t), fs=30000, rng=silent))[10:]
    spectrum = np.abs(np.fft.rfft(volt * np.hanning(len(volt))))
    peak = np.fft.rfftfreq(len(volt), 1e-3)[spectrum.argmax()]
    assert peak == pytest.approx(alias_of(900.0, fs=1000), abs=1)


@pytest.mark.parametrize(
    ("rate", "data_sheet_ms"),
    [(30000, 0.21), (15000, 0.25), (7500, 0.31), (3750, 0.44), (2000, 0.68), (1000, 1.18), (500, 2.18), (100, 10.18)],
)
def test_settling_times_are_those_of_the_data_sheet(rate, data_sheet_ms):
    assert 1e3 * ADS1256(data_rate=rate).settling_s == pytest.approx(data_sheet_ms, abs=0.008)


def test_visiting_channels_in_turn():
    adc = ADS1256(data_rate=2000)
    assert adc.multiplexed_rate() == pytest.approx(1450, rel=0.02)  # what the data sheet quotes
    assert adc.multiplexed_rate(3, overhead_s=20e-6) == pytest.approx(1 / (3 * 0.7e-3))


@pytest.mark.parametrize("call", [{"channels": 0}, {"channels": 1.5}, {"overhead_s": -1e-6}, {"overhead_s": np.nan}])
def test_impossible_visits_are_refused(call):
    with pytest.raises(ValueError, match="channels must be"):
        ADS1256().multiplexed_rate(**call)


def test_the_old_input_is_forgotten_within_the_settling_time():
    """Switch from 1 V to 0 V in the time-domain model: what is left after the settling time is nothing."""
    for rate in (30000, 2000, 1000):
        adc, silent = quiet(data_rate=rate)
        period, settling = round(1.92e6 / rate), round(1.92e6 * adc.settling_s)
        for early in (0, settling // 2):  # the reading ends this much before the filter has settled
            ends = 8 * period
            volt = np.zeros(ends)
            volt[: ends - settling + early] = 1.0
            left = abs(adc.to_volt(adc.sample(volt, fs=1.92e6, rng=silent))[-1])
            assert (left < 1e-3) == (early == 0)


def test_noise_and_rounding(rng):
    adc = ADS1256(gain=1, data_rate=1000)
    volt = adc.to_volt(adc.sample(np.zeros(30000 * 8), fs=30000, rng=rng))
    assert volt.std() == pytest.approx(adc.noise_volt, rel=0.05)
    assert np.array_equal(volt / adc.lsb_volt, np.round(volt / adc.lsb_volt))


def test_too_large_a_voltage_clips_at_the_range():
    adc, silent = quiet(gain=4)
    counts = adc.sample(np.full(30000, 3.0), fs=30000, rng=silent)
    assert counts[-1] == 2**23 - 1
    assert adc.to_volt(counts[-1]) == pytest.approx(1.25, rel=1e-6)


def test_decimation_after_a_fast_converter_protects_the_band():
    t = np.arange(4000) / 4000
    kept = decimate(np.sin(2 * np.pi * 900 * t), fs=4000, factor=4)
    assert np.abs(kept[100:-100]).max() < 0.01


def test_uart_budget():
    assert uart_load(data_rate=1000, bytes_per_sample=10) == pytest.approx(10000 / 11520)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ADS1256(gain=3),
        lambda: ADS1256(data_rate=1234),
        lambda: ADS1256(reference_volt=5),
        lambda: ADS1256().sample(np.zeros(10), fs=1000, rng=np.random.default_rng(0)),
        lambda: ADS1256().sample(np.zeros(10, dtype=int), fs=30000, rng=np.random.default_rng(0)),
        lambda: decimate(np.ones(10), fs=1000, factor=0),
        lambda: alias_of(10.0, fs=-1),
        lambda: uart_load(data_rate=0, bytes_per_sample=1),
    ],
)
def test_bad_settings_are_refused(call):
    with pytest.raises(ValueError):
        call()


def test_every_rate_has_a_unit_gain_at_zero():
    assert all(ADS1256(data_rate=rate).response(0.0) == pytest.approx(1) for rate in DATA_RATES)
