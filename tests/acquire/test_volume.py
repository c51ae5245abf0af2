"""The volume conductor against boundary conditions solved afresh, and against Bessel functions."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import k0

from emgtut.acquire import Electrode, Tissue, across_fibres, needle_gradient, transfer_function

K = st.floats(0.01, 3.0)
LAYER = st.floats(0.0, 12.0)
CONDUCTIVITY = st.floats(0.02, 2.0)


def solved_by_layers(kx, kz, depth, tissue):
    """Potential on the skin from the five boundary conditions, as a linear system.

    In 150 digits, because growing and falling waves differ hugely.
    """
    with mpmath.workdps(150):
        layer = mpmath.sqrt(kx**2 + kz**2)
        muscle = mpmath.sqrt(kx**2 + mpmath.mpf(tissue.muscle_along) / tissue.muscle_across * kz**2)
        fat, top = mpmath.mpf(tissue.fat_mm), mpmath.mpf(tissue.fat_mm) + tissue.skin_mm
        source = mpmath.exp(-muscle * depth) / (2 * tissue.muscle_across * muscle)
        e = mpmath.exp
        # Unknowns: returning wave in muscle, two waves in fat (up, down), two waves in skin.
        rows = [
            [1, -1, -1, 0, 0],
            [tissue.muscle_across * muscle, -tissue.fat * layer, tissue.fat * layer, 0, 0],
            [0, e(layer * fat), e(-layer * fat), -e(layer * fat), -e(-layer * fat)],
            [0, tissue.fat * e(layer * fat), -tissue.fat * e(-layer * fat), -tissue.skin * e(layer * fat),
             tissue.skin * e(-layer * fat)],
            [0, 0, 0, e(layer * top), -e(-layer * top)],
        ]  # fmt: skip
        right = [-source, tissue.muscle_across * muscle * source, 0, 0, 0]
        waves = mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix(right))
        return float(waves[3] * e(layer * top) + waves[4] * e(-layer * top))


@settings(max_examples=40, deadline=None)
@given(kx=K, kz=K, depth=LAYER, fat=LAYER, skin=LAYER, along=CONDUCTIVITY, across=CONDUCTIVITY, c_fat=CONDUCTIVITY,
       c_skin=CONDUCTIVITY)  # fmt: skip
def test_the_closed_form_solves_the_boundary_conditions(kx, kz, depth, fat, skin, along, across, c_fat, c_skin):
    tissue = Tissue(fat, skin, along, across, c_fat, c_skin)
    mine = transfer_function(kx, kz, depth_mm=depth, tissue=tissue)
    assert mine == pytest.approx(solved_by_layers(kx, kz, depth, tissue), rel=1e-9)


def test_muscle_alone_is_the_anisotropic_half_space():
    """No layers: a current below an insulating surface, far field and near field alike."""
    bare = Tissue(fat_mm=0.0, skin_mm=0.0)
    kx, kz = np.meshgrid([1e-4, 0.1, 1.0, 10.0], [1e-4, 0.1, 1.0, 10.0])
    k = np.sqrt(kx**2 + 5.0 * kz**2)
    np.testing.assert_allclose(
        transfer_function(kx, kz, depth_mm=2.0, tissue=bare), np.exp(-2.0 * k) / (0.1 * k), rtol=1e-12
    )


def test_thick_layers_do_not_overflow():
    tissue = Tissue(fat_mm=50.0, skin_mm=5.0)
    values = transfer_function(np.array([0.5, 50.0]), 1.0, depth_mm=5.0, tissue=tissue)
    assert np.all(np.isfinite(values))
    assert values[0] == pytest.approx(solved_by_layers(0.5, 1.0, 5.0, tissue), rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(kx=K, kz=K, depth=LAYER, deeper=st.floats(0.01, 5.0))
def test_it_is_positive_even_and_falls_with_depth(kx, kz, depth, deeper):
    tissue = Tissue()
    here = transfer_function(kx, kz, depth_mm=depth, tissue=tissue)
    assert here > 0
    assert here == transfer_function(-kx, -kz, depth_mm=depth, tissue=tissue)
    assert transfer_function(kx, kz, depth_mm=depth + deeper, tissue=tissue) < here


@pytest.mark.parametrize(("tissue", "stretch", "conductivity"), [
    (Tissue(2.0, 1.0, 0.3, 0.3, 0.3, 0.3), 1.0, 0.3),     # one medium: the layers only add distance
    (Tissue(0.0, 0.0, 0.5, 0.1), np.sqrt(5.0), 0.1),      # bare anisotropic muscle
])  # fmt: skip
def test_the_integral_across_is_a_bessel_function(tissue, stretch, conductivity):
    """The transform of 1 / (2 pi sigma r) along one axis is K0(k r) / (pi sigma)."""
    x, depth = np.array([0.0, 3.0, 10.0, 25.0]), np.array([4.0, 6.0, 9.0, 15.0])
    kz = np.array([0.02, 0.1, 0.3, 0.6])  # 0.02 is a wave of 31 cm: there, images 209 mm apart add a little
    distance = np.hypot(x, depth + tissue.fat_mm + tissue.skin_mm)[:, None]
    expected = k0(stretch * kz * distance) / (np.pi * conductivity)
    mine = across_fibres(kz, x_mm=x, depth_mm=depth, tissue=tissue)
    np.testing.assert_allclose(mine[:, 0], expected[:, 0], rtol=0.03)
    np.testing.assert_allclose(mine[:, 1:], expected[:, 1:], atol=1e-6 * expected[:, 1:2].max())


def test_the_depth_table_agrees_with_single_fibres(rng):
    x, depth, kz = rng.uniform(-20, 20, 30), rng.uniform(0.3, 25, 30), np.array([0.05, 0.3, 1.0, 2.0])
    together = across_fibres(kz, x_mm=x, depth_mm=depth, tissue=Tissue())
    for index in range(30):
        alone = across_fibres(kz, x_mm=x[index], depth_mm=depth[index], tissue=Tissue())[0]
        np.testing.assert_allclose(together[index], alone, atol=5e-4 * together[index, 0])


def test_the_needle_gradient_is_the_slope_of_the_point_source():
    tissue, step = Tissue(), 1e-5

    def potential(z):
        return 1 / (4 * np.pi * tissue.muscle_across * np.sqrt(5.0 * 0.7**2 + z**2))

    z = np.array([-3.0, -0.2, 0.4, 5.0])
    slope = (potential(z + step) - potential(z - step)) / (2 * step)
    np.testing.assert_allclose(needle_gradient(z, distance_mm=0.7, tissue=tissue), slope, rtol=1e-6)


@pytest.mark.parametrize("kind", ["monopolar", "bipolar", "double"])
def test_electrodes_average_and_subtract(kind):
    """A long bar of point electrodes, summed one by one, has the response in closed form."""
    kz = np.array([0.05, 0.3, 0.9])
    places = {"monopolar": [(0, 1)], "bipolar": [(5, 1), (-5, -1)], "double": [(10, 1), (0, -2), (-10, 1)]}[kind]
    points = (np.arange(4000) + 0.5) / 4000 * 6.0 - 3.0
    expected = sum(sign * np.exp(1j * kz[:, None] * (place + points)).mean(axis=-1) for place, sign in places)
    mine = Electrode(spacing_mm=10.0, length_mm=6.0, kind=kind).response(kz)
    np.testing.assert_allclose(mine, expected, atol=1e-6)


@pytest.mark.parametrize("call", [
    lambda: Tissue(fat_mm=-1.0), lambda: Tissue(fat=0.0), lambda: Electrode(spacing_mm=0.0),
    lambda: Electrode(kind="tripolar"), lambda: Electrode(z_mm=float("nan")),
    lambda: transfer_function(0.0, 0.0, depth_mm=1.0, tissue=Tissue()),
    lambda: transfer_function(0.1, 0.0, depth_mm=-1.0, tissue=Tissue()),
    lambda: across_fibres([0.0], x_mm=[0.0], depth_mm=[1.0], tissue=Tissue()),
    lambda: needle_gradient([1.0], distance_mm=0.0, tissue=Tissue()),
])  # fmt: skip
def test_impossible_settings_are_refused(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call()
