"""The analog chain against nodal analysis, the data sheet and its own time-domain simulation."""

import numpy as np
import pytest

from emgtut.acquire.amplifier import INA128
from emgtut.acquire.frontend import Chain
from emgtut.acquire.stages import gain_stage, multiple_feedback, sallen_key, wide_bandpass
from emgtut.acquire.twin_t import notch, twin_t_response

FREQ = np.geomspace(1, 20e3, 60)


def nodal_mfb(freq, r1, r2, r3, c):
    """Multiple-feedback stage by nodal analysis around an ideal amplifier: nodes are the junction and the output."""
    out = []
    for s in 2j * np.pi * freq:
        y = s * c
        # junction: r1 from the input, r2 to ground, c to the output, c to the virtual ground
        # virtual ground (0 V): current through c from the junction equals current through r3 from the output
        matrix = np.array([[1 / r1 + 1 / r2 + 2 * y, -y], [y, 1 / r3]])
        out.append(np.linalg.solve(matrix, np.array([1 / r1, 0]))[1])
    return np.array(out)


def nodal_sallen_key(freq, r1, r2, c1, c2, kind):
    """Unity-gain Sallen-Key by nodal analysis: nodes are the junction and the output (a perfect follower)."""
    out = []
    for s in 2j * np.pi * freq:
        series, cross, ground = (1 / r1, 1 / r2, s * c2) if kind == "lowpass" else (s * c1, s * c2, 1 / r2)
        to_output = s * c1 if kind == "lowpass" else 1 / r1
        matrix = np.array([[series + cross + to_output, -cross - to_output], [-cross, cross + ground]])
        out.append(np.linalg.solve(matrix, np.array([series, 0]))[1])
    return np.array(out)


def test_multiple_feedback_equals_nodal_analysis():
    parts = (12e3, 3.3e3, 91e3, 47e-9)
    np.testing.assert_allclose(multiple_feedback(*parts).response(FREQ), nodal_mfb(FREQ, *parts), rtol=1e-12)


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_sallen_key_equals_nodal_analysis(kind):
    parts = (10e3, 22e3, 47e-9, 15e-9)
    expected = nodal_sallen_key(FREQ, *parts, kind)
    np.testing.assert_allclose(sallen_key(*parts, kind=kind).response(FREQ), expected, rtol=1e-11)


def test_wide_bandpass_equals_its_impedances():
    r1, c1, r2, c2 = 8060, 1e-6, 80600, 3.9e-9
    s = 2j * np.pi * FREQ
    expected = -(1 / (1 / r2 + s * c2)) / (r1 + 1 / (s * c1))
    np.testing.assert_allclose(wide_bandpass(r1, c1, r2, c2).response(FREQ), expected, rtol=1e-12)


@pytest.mark.parametrize("k", [0.0, 0.5, 0.9, 0.975])
def test_ideal_twin_t_equals_the_notch_formula(k):
    r, c = 31.8e3, 100e-9
    f0 = 1 / (2 * np.pi * r * c)
    assert f0 == pytest.approx(50.05, abs=0.01)
    nodal = twin_t_response(FREQ, resistors=(r, r, r / 2), capacitors=(c, c, 2 * c), bootstrap=k)
    np.testing.assert_allclose(nodal, notch(f0, bootstrap=k).response(FREQ), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("k", "off_percent", "db"),
    [(0.0, 0.2, 60), (0.0, 1, 46), (0.0, 5, 32), (0.9, 1, 26), (0.9, 5, 12.5), (0.975, 0.2, 28), (0.975, 5, 3)],
)
def test_attenuation_of_a_mistuned_notch(k, off_percent, db):
    stage = notch(50 * (1 + off_percent / 100), bootstrap=k)
    assert -20 * np.log10(abs(stage.response(50.0))) == pytest.approx(db, abs=0.6)


def test_tolerances_leave_a_floor_that_sharpness_cannot_mend(rng):
    r, c, k = 31.83e3, 100e-9, 0.9
    depth = []
    for _ in range(50):
        spread = 1 + 0.01 * rng.uniform(-1, 1, 6)
        parts = np.array([r, r, r / 2, c, c, 2 * c]) * spread
        depth.append(abs(twin_t_response(50.0, resistors=parts[:3], capacitors=parts[3:], bootstrap=k)))
    assert 10 < -20 * np.log10(np.median(depth)) < 40


@pytest.mark.parametrize(("ohm", "gain"), [(50e3, 2), (5556, 10), (2700, 19.52), (1000, 51), (505, 100.01)])
def test_gain_resistor(ohm, gain):
    assert INA128(gain_ohm=ohm).gain == pytest.approx(gain, rel=1e-3)


def test_noise_budget_and_what_dominates():
    amplifier = INA128(gain_ohm=505)
    assert amplifier.noise_density(10.0, source_ohm=0) * 1e9 == pytest.approx(10)
    assert amplifier.noise_density(1e3, source_ohm=0) * 1e9 == pytest.approx(8, rel=0.01)
    assert amplifier.noise_volt(source_ohm=10e3, high_hz=160) * 1e6 == pytest.approx(0.24, abs=0.01)
    assert amplifier.noise_volt(source_ohm=50e3) > 5 * amplifier.noise_volt(source_ohm=0)


def test_rejection_rises_with_gain_and_falls_with_frequency():
    values = [INA128(gain_ohm=50e3 / (g - 1)).cmrr_db(0.0) for g in (1.001, 10, 100, 1000)]
    assert np.all(np.diff(values) > 0)
    amplifier = INA128(gain_ohm=505, cmrr_corner_hz=100)
    assert amplifier.cmrr_db(1e4) == pytest.approx(amplifier.cmrr_db(0.0) - 40, abs=0.01)


def chain():
    return Chain(
        INA128(gain_ohm=5556),
        (
            wide_bandpass(8060, 1e-6, 80600, 3.9e-9, limit_volt=(-3.6, 3.6)),
            notch(50.0, bootstrap=0.9),
            gain_stage(-5.0, offset_volt=1.5, limit_volt=(0, 3)),
        ),
    )


@pytest.mark.parametrize("freq", [30.0, 49.0, 120.0, 400.0])
def test_time_domain_chain_equals_its_transfer_function(freq, rng):
    fs, n = 60000, 120000
    t = np.arange(n) / fs
    out = chain().apply(0.5 * np.sin(2 * np.pi * freq * t), fs=fs, rng=rng, source_ohm=0)[n // 2 :]
    basis = np.column_stack([np.cos(2 * np.pi * freq * t), np.sin(2 * np.pi * freq * t), np.ones(n)])[n // 2 :]
    cosine, sine, level = np.linalg.lstsq(basis, out, rcond=None)[0]
    assert level == pytest.approx(1.5, abs=2e-3)
    expected = 0.5e-3 * chain().response(freq)
    assert abs((sine + 1j * cosine) - expected) < 5e-3 * abs(expected) + 2e-6


def test_probe_ends_where_apply_does_and_begins_at_the_electrodes():
    conditions = {"fs": 30000, "offset_volt": 0.2, "source_ohm": 0.0}
    muscle = np.sin(2 * np.pi * 80 * np.arange(3000) / 30000)
    found = chain().probe(muscle, rng=np.random.default_rng(3), **conditions)
    assert [name for name, _ in found] == ["input", "amplifier", "band-pass", "notch", "gain"]
    np.testing.assert_allclose(found[0][1], 1e-3 * muscle + 0.2, atol=6e-6)  # 1 µV of noise
    np.testing.assert_allclose(found[1][1], chain().amplifier.gain * found[0][1], rtol=1e-12)
    np.testing.assert_array_equal(found[-1][1], chain().apply(muscle, rng=np.random.default_rng(3), **conditions))


def test_a_constant_offset_makes_no_start_transient(rng):
    path = chain()
    out = path.apply(np.zeros((2, 3000)), fs=30000, rng=rng, offset_volt=0.2, source_ohm=0.0)
    assert out.shape == (2, 3000)
    assert np.abs(out - 1.5).max() < 1e-3  # a stage that starts empty would throw 1.5 V out of its range


def test_output_noise_counts_divided_by_the_gain():
    quiet, loud = (INA128(gain_ohm=5556, output_noise=v) for v in (0.0, 100e-9))
    extra = loud.noise_density(1e3, source_ohm=0) ** 2 - quiet.noise_density(1e3, source_ohm=0) ** 2
    assert np.sqrt(extra) * 1e9 == pytest.approx(10, rel=1e-3)


def test_twin_t_takes_many_parts_and_frequencies_at_once(rng):
    r, c = 31.83e3, 100e-9
    parts = np.array([r, r, r / 2, c, c, 2 * c])[:, None, None] * (1 + 0.01 * rng.uniform(-1, 1, (6, 5, 1)))
    freq = np.array([45.0, 50.0, 55.0])
    many = twin_t_response(freq, resistors=parts[:3], capacitors=parts[3:], bootstrap=0.9)
    assert many.shape == (5, 3)
    one = twin_t_response(55.0, resistors=parts[:3, 2, 0], capacitors=parts[3:, 2, 0], bootstrap=0.9)
    assert many[2, 2] == pytest.approx(complex(one), rel=1e-12)


def test_multiple_feedback_never_exceeds_twice_its_quality_squared(rng):
    for r1, r2, r3 in 10 ** rng.uniform(2, 6, (50, 3)):
        quality = 0.5 * np.sqrt(r3 * (1 / r1 + 1 / r2))
        centre = np.sqrt((1 / r1 + 1 / r2) / r3) / (2 * np.pi * 1e-8)
        gain = abs(multiple_feedback(r1, r2, r3, 1e-8).response(centre))
        assert gain == pytest.approx(r3 / (2 * r1), rel=1e-9)
        assert gain < 2 * quality**2


def test_second_stage_clips_where_the_converter_ends(rng):
    t = np.arange(30000) / 30000
    out = chain().apply(20 * np.sin(2 * np.pi * 100 * t), fs=30000, rng=rng)
    assert out.min() == 0
    assert out.max() == 3


def test_common_mode_leaks_by_the_amplifier_s_rejection(rng):
    t = np.arange(30000) / 30000
    one = Chain(INA128(gain_ohm=5556))
    hum = np.sin(2 * np.pi * 50 * t)
    silent = one.apply(np.zeros(30000), fs=30000, rng=np.random.default_rng(1))
    loud = one.apply(np.zeros(30000), fs=30000, rng=np.random.default_rng(1), common_mode_volt=hum)
    expected = one.amplifier.gain * 10 ** (-float(one.amplifier.cmrr_db(50.0)) / 20)
    assert np.abs(loud - silent).max() == pytest.approx(expected, rel=1e-6)


def test_noise_at_the_output_has_the_budgeted_power():
    one = Chain(INA128(gain_ohm=505))
    out = one.apply(np.zeros((8, 60000)), fs=10000, rng=np.random.default_rng(2), source_ohm=10e3) / one.amplifier.gain
    spectrum = np.abs(np.fft.rfft(out)) ** 2 / 60000 / 10000 * 2
    freq = np.fft.rfftfreq(60000, 1e-4)
    band = (freq >= 20) & (freq <= 500)
    measured = np.sqrt(spectrum[:, band].mean() * 480)
    assert measured == pytest.approx(one.amplifier.noise_volt(source_ohm=10e3), rel=0.03)


@pytest.mark.parametrize(
    "call",
    [
        lambda: INA128(gain_ohm=0),
        lambda: INA128(gain_ohm=500, supply_volt=1),
        lambda: INA128(gain_ohm=500, headroom_volt=6),
        lambda: INA128(gain_ohm=500).cmrr_db(50.0, grade="best"),
        lambda: INA128(gain_ohm=500, output_noise=-1e-9),
        lambda: INA128(gain_ohm=500, cmrr_corner_hz=0),
        lambda: twin_t_response(50.0, resistors=(1, 1, 0), capacitors=(1, 1, 2)),
        lambda: twin_t_response(0.0, resistors=(1, 1, 1), capacitors=(1, 1, 2)),
        lambda: INA128(gain_ohm=500).noise_density(0.0, source_ohm=1),
        lambda: INA128(gain_ohm=500).noise_volt(source_ohm=1, low_hz=10, high_hz=5),
        lambda: sallen_key(1, 1, 1, 1, kind="bandpass"),
        lambda: notch(50.0, bootstrap=1.0),
        lambda: chain().apply(np.array([np.nan]), fs=30000, rng=np.random.default_rng(0)),
    ],
)
def test_bad_values_are_refused(call):
    with pytest.raises(ValueError):
        call()
