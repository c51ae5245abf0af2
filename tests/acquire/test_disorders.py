"""Sick pools on the skin, and the needle's view."""

import functools

import numpy as np
import pytest

from emgtut.acquire import Electrode, Fibres, motor_unit_pool, muap_bank, myopathic, needle_bank, neurogenic, simulate

SKIN_HZ, NEEDLE_HZ = 4000, 10_000


def median_frequency(x, fs):
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    freqs = np.fft.rfftfreq(x.size, 1 / fs)
    inside = (freqs >= 20) & (freqs <= 0.45 * fs)
    return np.interp(0.5, np.cumsum(power[inside]) / power[inside].sum(), freqs[inside])


def turns(waveform):
    """Reversals larger than a tenth of the peak-to-peak amplitude."""
    limit, count, last, direction = 0.1 * np.ptp(waveform), 0, waveform[0], 0
    for value in waveform:
        if (direction >= 0 and value > last) or (direction <= 0 and value < last):
            last, direction = value, direction or (1 if value > waveform[0] else -1)
        elif abs(value - last) > limit:
            count, last, direction = count + 1, value, -direction
    return count


def looks(make, needle):
    """Over several people: RMS and median frequency of the signal, and the units' size, duration and turns.

    A needle hears a dozen units and which ones is chance, so it is put to four depths in each person.
    """
    signals, waves = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        pool = make(motor_unit_pool(rng), rng)
        if needle:
            fs, banks = NEEDLE_HZ, [needle_bank(pool, rng, fs=NEEDLE_HZ, depth_mm=d) for d in (4.0, 8.0, 12.0, 16.0)]
        else:
            fs, banks = SKIN_HZ, [muap_bank(pool, [Electrode()], fs=SKIN_HZ)]
        for bank in banks:
            signals.append(simulate(np.full(2 * fs, 0.3), fs=fs, rng=rng, pool=pool, muaps=bank).emg)
            waves += [w for w in bank.waveforms[0, 0] if np.ptp(w) > (0.05 if needle else 0.0)]
    loud = [x for x in signals if x.std() > 1e-3]
    return {
        "rms": np.sqrt(np.mean(np.square(signals))),
        "mdf": np.mean([median_frequency(x, fs) for x in loud]),
        "size": np.median([np.ptp(w) for w in waves]),
        "duration": np.median([np.ptp(np.flatnonzero(np.abs(w) > 0.05 * np.ptp(w))) / fs for w in waves]),
        "turns": np.mean([turns(w) for w in waves]),
    }


@functools.cache
def seen(needle):
    kinds = {"healthy": lambda pool, rng: pool, "neurogenic": neurogenic, "myopathic": myopathic}
    return {name: looks(make, needle) for name, make in kinds.items()}


@pytest.fixture(params=[False, True], ids=["skin", "needle"])
def views(request):
    return seen(request.param) | {"needle": request.param}


def test_nerve_damage_makes_large_long_potentials(views):
    healthy, sick = views["healthy"], views["neurogenic"]
    assert sick["size"] > 1.1 * healthy["size"]
    assert sick["duration"] > healthy["duration"]
    assert sick["mdf"] < healthy["mdf"]


def test_muscle_damage_makes_small_ragged_potentials(views):
    healthy, sick = views["healthy"], views["myopathic"]
    assert sick["rms"] < 0.6 * healthy["rms"]
    assert sick["size"] < 0.6 * healthy["size"]
    assert sick["mdf"] < healthy["mdf"]
    if views["needle"]:
        assert sick["turns"] > healthy["turns"]


def test_the_needle_hears_sharper_and_larger_potentials_than_the_skin():
    pool = motor_unit_pool(np.random.default_rng(0))
    skin, needle = seen(False)["healthy"], seen(True)["healthy"]
    assert needle["size"] > 10 * skin["size"]
    assert needle["duration"] < skin["duration"]
    assert needle["mdf"] > 1.5 * skin["mdf"]
    # And it hears few units: most are too far away.
    bank = needle_bank(pool, np.random.default_rng(0), fs=NEEDLE_HZ).waveforms[0, 0]
    assert np.mean(np.ptp(bank, axis=-1) > 0.05) < 0.4


def test_neurogenic_keeps_order_tendons_and_books(rng):
    healthy = motor_unit_pool(rng, n_units=50)
    sick = neurogenic(healthy, rng, lost=0.5, adopted=3.0)
    assert sick.n_units == 25
    assert set(sick.threshold) <= set(healthy.threshold)
    assert np.all(np.diff(sick.threshold) > 0)
    assert sick.fibres.unit.max() == 24
    ends = sick.fibres.endplate_mm + sick.fibres.right_mm
    assert np.all(np.isin(ends.round(9), (healthy.fibres.endplate_mm + healthy.fibres.right_mm).round(9)))
    owned = np.bincount(sick.fibres.unit, sick.fibres.weight)
    before = np.bincount(healthy.fibres.unit, healthy.fibres.weight)[np.isin(healthy.threshold, sick.threshold)]
    np.testing.assert_allclose(owned, 3 * before)
    assert sick.fibres.delay_ms.min() >= 0


def test_myopathic_keeps_units_and_books(rng):
    healthy = motor_unit_pool(rng, n_units=50, sub_fibres=20)
    sick = myopathic(healthy, rng, kept=0.25)
    assert sick.n_units == 50
    assert sick.fibres.unit.size == 50 * 5
    np.testing.assert_allclose(
        np.bincount(sick.fibres.unit, sick.fibres.weight),
        0.25 * np.bincount(healthy.fibres.unit, healthy.fibres.weight),
    )
    assert all(getattr(sick.fibres, name).shape == (250,) for name in Fibres.__dataclass_fields__)
    assert sick.max_excitation == healthy.max_excitation


@pytest.mark.parametrize("call", [
    lambda p, g: neurogenic(p, g, lost=1.0), lambda p, g: neurogenic(p, g, adopted=0.5),
    lambda p, g: myopathic(p, g, kept=0.0), lambda p, g: myopathic(p, g, velocity=-1.0),
    lambda p, g: needle_bank(p, g, fs=NEEDLE_HZ, depth_mm=-1.0), lambda p, g: needle_bank(p, g, fs=NEEDLE_HZ, tip_mm=9),
    lambda p, g: needle_bank(p, g, fs=NEEDLE_HZ, x_mm=500.0),
])  # fmt: skip
def test_impossible_settings_are_refused(call, rng):
    with pytest.raises(ValueError, match=r"\.$"):
        call(motor_unit_pool(rng, n_units=20), rng)
