"""The body as a circuit, against Ohm's law, nodal analysis and the worked cases of the literature."""

import numpy as np
import pytest

from emgtut.acquire import body, driven


def solve_divider(v_cm, z1, z2, zc):
    """Nodal analysis of the two input dividers, as an independent check: difference of the two input nodes."""
    admittance = np.array([[1 / z1 + 1 / zc, 0], [0, 1 / z2 + 1 / zc]])
    nodes = np.linalg.solve(admittance, np.array([v_cm / z1, v_cm / z2]))
    return abs(nodes[0] - nodes[1])


@pytest.mark.parametrize(("z1", "z2"), [(25e3, 20e3), (1e6, 10e3), (50e3 - 2e4j, 20e3 - 1e4j)])
def test_interference_equals_nodal_analysis(z1, z2):
    zc = body.input_impedance(50.0, farad=100e-12)
    ours = body.interference(1e-3, first_ohm=z1, second_ohm=z2, input_ohm=zc)
    assert ours == pytest.approx(solve_divider(1e-3, z1, z2, zc), rel=1e-12)


def test_equal_electrodes_leave_only_the_amplifier():
    zc = body.input_impedance(50.0, farad=100e-12)
    assert body.interference(1.0, first_ohm=3e4, second_ohm=3e4, input_ohm=zc, cmrr_db=120) == pytest.approx(1e-6)


@pytest.mark.parametrize(
    ("imbalance", "farad", "microvolt"),
    [(5e3, 9e-12, 0.014), (20e3, 100e-12, 0.628), (50e3, 200e-12, 3.14), (20e3, 200e-12, 1.257)],
)
def test_interference_per_millivolt_matches_the_published_table(imbalance, farad, microvolt):
    zc = body.input_impedance(50.0, farad=farad)
    v = body.interference(1e-3, first_ohm=imbalance + 1, second_ohm=1, input_ohm=zc, exact=False)
    assert v * 1e6 == pytest.approx(microvolt, rel=0.02)


def test_imbalance_not_cmrr_sets_the_hum():
    zc = body.input_impedance(50.0, farad=100e-12)
    poor_skin = body.interference(1e-3, first_ohm=30e3, second_ohm=10e3, input_ohm=zc)
    amplifier = body.interference(1e-3, first_ohm=1e3, second_ohm=1e3, input_ohm=zc, cmrr_db=120)
    assert poor_skin > 100 * amplifier


def test_electrode_impedance_limits_and_corner():
    kwargs = {"series_ohm": 300.0, "skin_ohm": 40e3, "skin_farad": 40e-9}
    corner = 1 / (2 * np.pi * 40e3 * 40e-9)
    assert body.electrode_impedance(0.0, **kwargs) == pytest.approx(40.3e3)
    assert abs(body.electrode_impedance(1e7, **kwargs)) == pytest.approx(300, rel=1e-3)
    assert body.electrode_impedance(corner, **kwargs) == pytest.approx(300 + 40e3 / (1 + 1j))


@pytest.mark.parametrize(("ohm", "millivolt"), [(10e3, 2.1), (50e3, 10.4), (100e3, 20.7)])
def test_passive_ground_electrode(ohm, millivolt):
    current = body.displacement_current(220, freq_hz=50, coupling_farad=3e-12)
    assert driven.common_mode_voltage(current, electrode_ohm=ohm) * 1e3 == pytest.approx(millivolt, abs=0.05)


def test_feedback_capacitor_costs_gain_at_mains():
    corner = 1 / (2 * np.pi * 5e6 * 1e-9)
    with_c = driven.driven_electrode_gain(corner, feedback_ohm=5e6, averaging_ohm=25e3, feedback_farad=1e-9)
    assert abs(with_c) == pytest.approx(400 / np.sqrt(2))


def solve_loop(current, *, electrode, protective, feedback, averaging, tap, open_loop=1e9):
    """Driven electrode by nodal analysis: body, electrode side of the resistor, inverting input, output."""
    matrix, source = np.zeros((4, 4)), np.zeros(4)
    body_node, electrode_node, inverting, output = range(4)

    def conductance(one, two, ohm):
        for a, b in ((one, two), (two, one)):
            matrix[a, a] += 1 / ohm
            matrix[a, b] -= 1 / ohm

    conductance(body_node, electrode_node, electrode)
    conductance(electrode_node, output, protective)
    conductance(inverting, electrode_node if tap == "electrode" else output, feedback)
    source[body_node] = current
    # The averaging resistors hang on buffers that repeat the body's voltage: they load the inverting input only.
    matrix[inverting, inverting] += 2 / averaging
    matrix[inverting, body_node] -= 2 / averaging
    matrix[output] = 0  # the amplifier sets its output: v_out = -open_loop * v_inverting
    matrix[output, output], matrix[output, inverting] = 1, open_loop
    return np.linalg.solve(matrix, source)


@pytest.mark.parametrize(("tap", "volt"), [("electrode", 49.9e-6), ("amplifier", 2.54e-3)])
def test_where_the_feedback_taps_equals_nodal_analysis(tap, volt):
    parts = {"electrode": 100e3, "protective": 5e6, "feedback": 5e6, "averaging": 25e3, "tap": tap}
    nodes = solve_loop(0.2e-6, **parts)
    gain = driven.driven_electrode_gain(50.0, feedback_ohm=5e6, averaging_ohm=25e3)
    ours = driven.common_mode_voltage(0.2e-6, electrode_ohm=100e3, loop_gain=gain, protective_ohm=5e6, tap=tap)
    assert ours == pytest.approx(volt, rel=2e-3)
    assert ours == pytest.approx(abs(nodes[0]), rel=1e-4)
    assert abs(nodes[3]) == pytest.approx(1.0, rel=0.05)  # either way the amplifier delivers about a volt


@pytest.mark.parametrize(("freq", "share"), [(50.0, 1.0), (150.0, 3.0)])
def test_waveform_of_the_hum_equals_the_key_equation_at_every_frequency(freq, share):
    t = np.arange(3000) / 3000
    common = 1e-3 * np.sqrt(2) * np.sin(2 * np.pi * freq * t + 0.4)
    hum = body.differential_hum(common, fs=3000, first_ohm=30e3, second_ohm=10e3, farad=100e-12)
    zc = body.input_impedance(freq, farad=100e-12)
    expected = body.interference(1e-3, first_ohm=30e3, second_ohm=10e3, input_ohm=zc)
    middle = hum[600:2400]  # whole periods, away from the ends
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(expected, rel=1e-3)
    assert expected == pytest.approx(0.628e-6 * share, rel=0.01)
    assert abs(np.corrcoef(middle, common[600:2400])[0, 1]) < 0.01  # a quarter of a period apart: a capacitor did it


def test_hum_begins_and_ends_without_a_spike():
    t = np.arange(3017) / 3000  # no whole number of periods
    common = np.sin(2 * np.pi * 50 * t)
    hum = body.differential_hum(common, fs=3000, first_ohm=30e3, second_ohm=10e3, farad=100e-12)
    derivative = 20e3 * 100e-12 * 2 * np.pi * 50 * np.cos(2 * np.pi * 50 * t)  # dZ C dv/dt, electrodes being small
    np.testing.assert_allclose(hum, derivative, atol=0.03 * derivative.max())


def test_hum_takes_electrodes_that_depend_on_frequency():
    def skin(freq):
        return body.electrode_impedance(freq, series_ohm=300, skin_ohm=80e3, skin_farad=40e-9)

    t = np.arange(4000) / 2000
    common = np.sin(2 * np.pi * 50 * t)
    kwargs = {"fs": 2000, "second_ohm": 0.0, "farad": 100e-12}
    by_function = body.differential_hum(common, first_ohm=skin, **kwargs)
    size = np.sqrt(2 * np.mean(by_function[1000:3000] ** 2))
    assert size == pytest.approx(abs(skin(50.0)) * 2 * np.pi * 50 * 100e-12, rel=1e-2)
    equal = body.differential_hum(common, fs=2000, first_ohm=skin, second_ohm=skin, farad=100e-12)
    assert np.abs(equal).max() < 1e-15
    constant = body.differential_hum(np.full((2, 50), 0.3), fs=2000, first_ohm=1e5, second_ohm=1e3, farad=1e-10)
    assert np.abs(constant).max() < 1e-15
    assert constant.shape == (2, 50)


def test_loop_pickup_is_faraday_s_law():
    area, flux = 0.02, 0.5e-6
    t = np.linspace(0, 0.02, 20001)
    voltage = np.gradient(area * flux * np.sin(2 * np.pi * 50 * t), t)
    assert body.loop_pickup(flux, area_m2=area, freq_hz=50) == pytest.approx(voltage.max(), rel=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: body.electrode_impedance(50.0, series_ohm=-1, skin_ohm=1, skin_farad=1),
        lambda: body.displacement_current(220, freq_hz=0, coupling_farad=3e-12),
        lambda: driven.common_mode_voltage(1e-6, electrode_ohm=1e4, tap="ground"),
        lambda: body.interference(1.0, first_ohm=1, second_ohm=1, input_ohm=0),
        lambda: body.input_impedance(np.nan, farad=1e-12),
        lambda: body.loop_pickup(1e-6, area_m2=0, freq_hz=50),
        lambda: body.differential_hum(np.ones(3), fs=1000, first_ohm=1, second_ohm=1, farad=1e-12),
    ],
)
def test_bad_values_are_refused_in_one_sentence(call):
    with pytest.raises(ValueError, match=r"\."):
        call()
