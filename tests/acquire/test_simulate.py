"""The whole muscle: reproducibility, ground truth, crosstalk, fatigue, and how EMG changes with drive."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import kurtosis

from emgtut.acquire import (
    Electrode,
    Simulation,
    motor_unit_pool,
    muap_bank,
    random_electrode,
    random_pool,
    simulate,
    slowing,
)
from emgtut.signals import psd

FS = 1000


@pytest.fixture(scope="module")
def pool():
    return motor_unit_pool(np.random.default_rng(5), n_units=80, sub_fibres=12)


def median_frequency(x, fs=FS):
    freqs, density = psd(x, fs=fs)
    inside = (freqs >= 20) & (freqs <= 450)
    return np.interp(0.5, np.cumsum(density[inside]) / density[inside].sum(), freqs[inside])


def test_the_same_seed_gives_the_same_signal():
    drive = np.full(1500, 0.3)
    first, second = (simulate(drive, fs=FS, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.emg, second.emg)
    np.testing.assert_array_equal(first.emg, simulate(drive, fs=FS, rng=np.random.default_rng(7)).emg)
    assert not np.array_equal(first.emg, simulate(drive, fs=FS, seed=8).emg)


def test_the_emg_is_the_sum_of_its_ground_truth(pool):
    """Rebuild the signal from discharges and potentials, one by one."""
    result = simulate(np.full(3000, 0.4), fs=FS, seed=0, pool=pool, electrode=Electrode())
    rebuilt = np.zeros(3000 + 500)
    for times, wave in zip(result.discharges, result.muaps.waveforms[0, 0]):
        for time in times:
            start = min(round(time * FS), 2999) - result.muaps.lead + 100
            rebuilt[start : start + wave.size] += wave
    np.testing.assert_allclose(result.emg, rebuilt[100:3100], atol=1e-12)
    assert result.units == "mV"
    assert result.drive.shape == result.force.shape == result.emg.shape


def test_all_methods_and_prebuilt_potentials_give_the_same_signal(pool):
    drive, electrode = np.linspace(0, 0.8, 4000), Electrode()
    bank = muap_bank(pool, [electrode], fs=FS)
    direct = simulate(drive, fs=FS, seed=3, pool=pool, electrode=electrode).emg
    for method in ("loop", "numba", "fft"):
        mine = simulate(drive, fs=FS, seed=3, pool=pool, muaps=bank, method=method).emg
        np.testing.assert_allclose(mine, direct, atol=1e-12)


def test_rest_is_silent(pool):
    result = simulate(np.zeros(500), fs=FS, seed=0, pool=pool)
    assert not result.emg.any()
    assert not result.force.any()


def test_loudness_rises_with_drive(pool):
    bank = muap_bank(pool, [Electrode()], fs=FS)
    levels = [simulate(np.full(8000, d), fs=FS, seed=0, pool=pool, muaps=bank).emg.std() for d in (0.05, 0.2, 0.5, 1.0)]
    assert np.all(np.diff(levels) > 0)
    assert 0.01 < levels[-1] < 5.0  # millivolts: the order of a real recording


def test_amplitudes_become_more_gaussian_with_drive():
    """Nazarpour et al.: super-Gaussian at low force, towards Gaussian as force rises."""
    tails = {0.05: [], 0.2: [], 0.8: []}
    for seed in range(8):
        rng = np.random.default_rng(seed)
        pool, electrode = random_pool(rng, sub_fibres=12), random_electrode(rng)
        bank = muap_bank(pool, [electrode], fs=FS)
        for level, found in tails.items():
            x = simulate(np.full(6000, level), fs=FS, rng=rng, pool=pool, muaps=bank).emg
            found.append(np.median(kurtosis(x[500:-500].reshape(-1, 500), axis=-1)))
    means = [np.mean(found) for found in tails.values()]
    assert means[0] > means[1] > means[2] > -0.1
    assert means[0] > 1.0


def test_shapes_follow_what_was_given(pool):
    drive = np.full(400, 0.3)
    single = simulate(drive, fs=FS, seed=0, pool=pool, electrode=Electrode())
    listed = simulate(drive, fs=FS, seed=0, pool=pool, electrode=[Electrode(), Electrode(z_mm=10.0)])
    several = simulate(np.stack([drive, drive]), fs=FS, seed=0, pool=[pool, pool], electrode=[Electrode()])
    assert single.emg.shape == (400,)
    assert single.by_muscle.shape == (1, 1, 400)
    assert listed.emg.shape == (2, 400)
    np.testing.assert_array_equal(listed.emg[0], single.emg)
    assert several.emg.shape == (1, 400)
    assert several.by_muscle.shape == (2, 1, 400)
    assert several.force.shape == several.drive.shape == (2, 400)
    assert len(several.discharges) == len(several.muaps) == len(several.pool) == 2
    np.testing.assert_allclose(several.by_muscle.sum(axis=0), several.emg, atol=1e-15)
    assert isinstance(single, Simulation)


def test_crosstalk_falls_with_distance_and_with_each_muscle_its_own_electrode():
    pools = [motor_unit_pool(np.random.default_rng(k), n_units=60, sub_fibres=12, muscle_mm=(20.0, 15.0), x_mm=x)
             for k, x in enumerate((0.0, 40.0))]  # fmt: skip
    electrodes = [Electrode(x_mm=x) for x in (0.0, 20.0, 40.0)]
    drive = np.stack([np.full(4000, 0.5), np.zeros(4000)])
    level = simulate(drive, fs=FS, seed=0, pool=pools, electrode=electrodes).emg.std(axis=-1)
    assert level[0] > 2 * level[1] > 4 * level[2] > 0
    both = simulate(np.full((2, 4000), 0.5), fs=FS, seed=0, pool=pools, electrode=electrodes).by_muscle.std(axis=-1)
    assert both[0, 0] > 4 * both[1, 0]  # over its own muscle, the other is crosstalk
    assert both[1, 2] > 4 * both[0, 2]


def test_fatigue_lowers_the_median_frequency_as_much_as_the_velocity(pool):
    n, electrode = 60 * FS, Electrode()
    factor = slowing(n, fs=FS, final=0.7)
    result = simulate(np.full(n, 0.4), fs=FS, seed=0, pool=pool, electrode=electrode, velocity_factor=factor)
    begin, end = median_frequency(result.emg[: 6 * FS]), median_frequency(result.emg[-6 * FS :])
    expected = factor[-6 * FS :].mean() / factor[: 6 * FS].mean()
    assert end / begin == pytest.approx(expected, rel=0.06)
    assert len(result.muaps.speeds) == 16
    # The neural side is untouched: the same seed without fatigue has the same discharges.
    rested = simulate(np.full(n, 0.4), fs=FS, seed=0, pool=pool, electrode=electrode)
    np.testing.assert_array_equal(np.concatenate(rested.discharges), np.concatenate(result.discharges))


def test_random_people_differ_and_can_be_fixed(rng):
    pools = [random_pool(rng) for _ in range(6)]
    assert len({one.n_units for one in pools}) > 1
    assert len({one.tissue.fat_mm for one in pools}) == 6
    assert random_pool(rng, n_units=33).n_units == 33
    assert random_electrode(rng, kind="double").kind == "double"


@pytest.mark.parametrize("call", [
    lambda p: simulate(np.full(100, 0.1), fs=FS),
    lambda p: simulate(np.full(100, 0.1), fs=FS, seed=0, rng=np.random.default_rng(0)),
    lambda p: simulate(np.full(100, 1.1), fs=FS, seed=0, pool=p),
    lambda p: simulate(np.zeros((1, 1, 9)), fs=FS, seed=0, pool=p),
    lambda p: simulate(np.full((2, 100), 0.1), fs=FS, seed=0, pool=p),
    lambda p: simulate(np.full(100, 0.1), fs=FS, seed=0, pool=p, electrode=[]),
    lambda p: simulate(np.full(100, 0.1), fs=FS, seed=0, pool=p, velocity_factor=np.ones(99)),
    lambda p: simulate(np.full(100, 0.1), fs=FS, seed=0, pool=p, muaps=muap_bank(p, [Electrode()], fs=2000)),
    lambda p: simulate(np.full(100, 0.1), fs=FS, seed=0, pool=p, muaps=muap_bank(p, [Electrode()], fs=FS),
                       electrode=[Electrode(), Electrode()]),
    lambda p: simulate(np.full(100, 0.1), fs=FS, seed=0, pool=p, muaps=muap_bank(p, [Electrode()], fs=FS),
                       velocity_factor=np.linspace(1, 0.7, 100)),
    lambda p: simulate([1, 0], fs=FS, seed=0, pool=p),
])  # fmt: skip
def test_what_cannot_be_simulated_is_refused(pool, call):
    with pytest.raises(ValueError, match=r"\.$"):
        call(pool)


def test_importing_the_room_does_not_load_numba():
    code = "import sys, emgtut.acquire; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
