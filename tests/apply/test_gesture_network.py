"""STCNet, its loss and its training: counts of the published network, closed forms, and no look at the test."""

import numpy as np
import pytest
import torch

from emgtut.apply.gesture_data import Trials
from emgtut.apply.gesture_learning import Plan, Scale, augment, contrastive_loss, envelope, sac_loss, train_stcnet
from emgtut.apply.gesture_stcnet import STCNet, STCNetContrastive, roll
from emgtut.learn import count_parameters

SMALL = {"n_segments": 2, "width": 4, "hidden": 4, "head": 8}


def toy(n_each=6, seed=0, people=("x", "y")):
    """Trials in which the loud channel is the gesture."""
    rng = np.random.default_rng(seed)
    gesture = np.tile(["a", "b", "c"], n_each * len(people))
    x = 0.1 * rng.standard_normal((gesture.size, 3, 400)).astype("float32")
    for row, name in enumerate(gesture):
        x[row, "abc".index(name)] *= 10
    repetition = np.tile(np.repeat(np.arange(1, n_each + 1).astype(str), 3), len(people))
    subject = np.repeat(people, 3 * n_each)
    return Trials(x, gesture, subject, np.full(gesture.size, "1"), repetition)


# -------------------------------------------------------------------------------------------- the network


@pytest.mark.parametrize(
    ("channels", "classes", "temporal", "spatial", "head", "total"),
    [
        (10, 52, 89_680, 29_232, 5_148_212, 6_707_124),
        (12, 49, 89_808, 36_416, 5_146_673, 6_712_897),
        (12, 52, 89_808, 36_416, 5_148_212, 6_714_436),
    ],
)
@pytest.mark.parametrize("faithful", [False, True])
def test_the_published_networks_have_their_published_sizes(channels, classes, temporal, spatial, head, total, faithful):
    net = STCNet(channels, classes, faithful=faithful)
    assert count_parameters(net.encoder.temporal) == temporal
    assert count_parameters(net.encoder.spatial) == spatial
    assert count_parameters(net.encoder.recurrent) == 1_440_000
    assert count_parameters(net.head) == head
    assert count_parameters(net) == total
    assert net.encoder.size == 10_000


@pytest.mark.parametrize(("channels", "total"), [(10, 11_931_264), (12, 11_938_576)])
def test_the_contrastive_network_has_its_published_size(channels, total):
    assert count_parameters(STCNetContrastive(STCNet(channels, 2).encoder)) == total


def test_the_closed_ring_makes_a_convolution_circular():
    x, kernel = torch.randn(1, 1, 7), torch.randn(1, 1, 3)
    circular = torch.nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    with torch.no_grad():
        circular.weight[:] = kernel
        assert torch.allclose(torch.nn.functional.conv1d(roll(x), kernel), circular(x))
        one_sided = torch.nn.functional.conv1d(roll(x, faithful=True), kernel)
        assert torch.allclose(one_sided[..., :-1], circular(x)[..., 1:])
        assert one_sided.shape == x.shape  # as long, but shifted by one place


def test_in_the_published_network_the_first_electrode_does_not_see_the_last():
    """Of the values that a first convolution of three taps computes at the places of the electrodes."""
    kernel = torch.ones(1, 1, 3)

    def at_first_electrode(last, faithful):
        x = torch.zeros(1, 1, 6)
        x[..., -1] = last
        made = torch.nn.functional.conv1d(roll(x, faithful=faithful), kernel, padding=1)
        return made[0, 0, 0 if faithful else 1].item()

    assert at_first_electrode(1.0, faithful=False) == 1
    assert at_first_electrode(1.0, faithful=True) == 0


@pytest.mark.parametrize("channels", [2, 5, 16])
def test_any_number_of_electrodes_and_no_influence_of_neighbours_in_the_batch(channels):
    net = STCNet(channels, 3, **SMALL).eval()
    x = torch.randn(4, 2, 20, channels)
    assert torch.allclose(net(x)[1], net(x[1:2])[0], atol=1e-6)


def test_a_trial_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="was made for"):
        STCNet(3, 2, **SMALL)(torch.zeros(1, 3, 20, 3))
    with pytest.raises(ValueError, match="n_channels"):
        STCNet(1, 2)


# ------------------------------------------------------------------------------------------------ the loss


def slow_contrast(z, labels, temperature):
    total = 0.0
    for i in range(len(z)):
        partners = [p for p in range(len(z)) if p != i and labels[p] == labels[i]]
        others = sum(np.exp(z[i] @ z[a] / temperature) for a in range(len(z)) if a != i)
        total -= sum(z[i] @ z[p] / temperature - np.log(others) for p in partners) / max(len(partners), 1)
    return total / len(z)


def test_the_contrastive_loss_is_its_formula(rng):
    z = rng.standard_normal((9, 4))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    labels = [0, 0, 1, 1, 1, 2, 0, 3, 2]  # 3 has no partner
    for temperature in (0.07, 1.0):
        found = contrastive_loss(torch.tensor(z), torch.tensor(labels), temperature=temperature).item()
        assert found == pytest.approx(slow_contrast(z, labels, temperature), rel=1e-9)


def test_no_partner_no_loss_and_all_in_one_place_gives_the_logarithm():
    places = torch.nn.functional.normalize(torch.randn(5, 3), dim=1)
    assert contrastive_loss(places, torch.arange(5)).item() == 0
    same = torch.ones(5, 3) / 3**0.5
    assert contrastive_loss(same, torch.zeros(5, dtype=int)).item() == pytest.approx(np.log(4), rel=1e-5)


def test_the_gradient_is_finite_where_labels_have_no_partner():
    places = torch.randn(4, 3, requires_grad=True)
    contrastive_loss(torch.nn.functional.normalize(places, dim=1), torch.tensor([0, 0, 1, 2])).backward()
    assert torch.isfinite(places.grad).all()


def test_sac_weighs_gestures_and_people():
    net = STCNetContrastive(STCNet(3, 2, **SMALL).encoder, head=8, out=4).eval()
    x, gesture, person = torch.rand(6, 2, 20, 3), torch.tensor([0, 1, 0, 1, 0, 1]), torch.tensor([0, 0, 0, 1, 1, 1])
    by_gesture, by_person = net(x)
    assert torch.allclose(by_gesture.norm(dim=1), torch.ones(6))
    parts = contrastive_loss(by_gesture, gesture), contrastive_loss(by_person, person)
    assert sac_loss(net, x, gesture, person).item() == pytest.approx((0.3 * parts[0] + 0.7 * parts[1]).item(), rel=1e-6)
    assert sac_loss(net, x, gesture, person, gesture_share=1.0).item() == pytest.approx(parts[0].item(), rel=1e-6)


# ----------------------------------------------------------------------------------- what the network reads


def test_the_envelope_is_rectified_and_keeps_negative_peaks(rng):
    x = rng.standard_normal((2, 3, 405))
    expected = [[[np.abs(row[i : i + 10]).max() for i in range(0, 400, 10)] for row in trial] for trial in x]
    assert np.array_equal(envelope(x, fs=1000), expected)
    assert envelope(np.array([-3.0] + [1.0] * 9), fs=1000) == [3.0]
    with pytest.raises(ValueError, match="multiple of 100"):
        envelope(x, fs=1111)


def test_the_scale_comes_from_training_alone_and_does_not_know_units(rng):
    train, test = rng.standard_normal((2, 5, 3, 420)).astype("float32")
    scale = Scale.of(train)
    assert scale(train).min() == 0
    assert scale(train).max() == 1
    assert scale(train).shape == (5, 2, 20, 3)
    louder = scale(10 * test)
    assert louder.max() > 2  # a loud test trial leaves the range instead of moving it
    assert np.allclose(Scale.of(1000 * train)(1000 * test), scale(test), atol=1e-5)
    # time runs through the segments, channels stay apart
    assert np.allclose(
        scale(test)[1, :, :, 2].ravel(), ((envelope(test) - scale.low) / (scale.high - scale.low))[1, 2, :40]
    )


def test_a_dead_channel_has_no_range():
    x = np.ones((2, 2, 400), dtype="float32")
    with pytest.raises(ValueError, match="no range"):
        Scale.of(x)


def test_augmentation_adds_a_thirtieth_of_the_power_to_half_of_the_trials():
    x = np.ones((4000, 1, 20, 2), dtype="float32")
    change = (augment(x, np.random.default_rng(0)) - 1)[:, 0]
    untouched = np.all(change == 0, axis=(1, 2))
    assert untouched.mean() == pytest.approx(0.25, abs=0.03)
    rough = np.diff(change, n=4, axis=1).std(axis=(1, 2)) / np.sqrt(70)  # differences take the slow gain away
    noisy = rough > 0.02
    assert noisy.mean() == pytest.approx(0.5, abs=0.03)
    assert np.mean(rough[noisy] ** 2) == pytest.approx(1 / 30, rel=0.1)
    assert x.min() == x.max() == 1  # the trials themselves are not touched


# ------------------------------------------------------------------------------------------------- training

PLAN = Plan(width=4, hidden=4, head=16, out=8, steps=70, batch=12)


@pytest.mark.parametrize("contrast", [0, 5])
def test_it_learns(contrast):
    some = toy()
    train, held = some.take(some.repetition <= "4"), some.take(some.repetition > "4")
    plan = PLAN.but(contrast_steps=contrast)
    first = train_stcnet(train, held, plan=plan, seed=1)
    fresh = toy(seed=9)
    assert np.mean(first.predict(fresh.signal) == fresh.gesture) > 0.9
    assert len(first.histories) == (2 if contrast else 1)
    assert first.histories[-1].rows[-1]["accuracy"] > 0.9


def test_the_same_seed_gives_the_same_network_and_the_global_state_of_torch_is_left_alone():
    some = toy(n_each=2)
    sides, plan = (some.take(some.repetition == "1"), some.take(some.repetition == "2")), PLAN.but(steps=2)
    before = torch.random.get_rng_state()
    first, again, other = (train_stcnet(*sides, plan=plan, seed=seed).model.state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.0.weight"], other["head.0.weight"])


def test_a_gesture_that_training_lacks_is_told():
    some = toy(n_each=2)
    with pytest.raises(ValueError, match="The gesture c is in validation but not in training"):
        train_stcnet(some.take(some.gesture != "c"), some, plan=PLAN)
