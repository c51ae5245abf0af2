"""The four networks: sizes, reach, what the published faults do and that the default networks are free of them."""

import pytest
import torch

from emgtut.denoise import fcn, msemg, sdemg, trustemg
from emgtut.denoise.hnf import HNF
from emgtut.learn import count_parameters, seeded

SMALL = {
    "fcn": (fcn, lambda: fcn.FCN(8)),
    "benchmark fcn": (fcn, lambda: fcn.BenchmarkFCN(4)),
    "sdemg": (sdemg, lambda: sdemg.SDEMG(8)),
    "msemg": (msemg, lambda: msemg.MSEMG(8)),
    "trustemg": (trustemg, lambda: trustemg.TrustEMG(4)),
    "trustemg direct": (trustemg, lambda: trustemg.TrustEMG(4, masking=False)),
}
DIRECT = [name for name in SMALL if name != "sdemg"]


def small(name):
    module, make = SMALL[name]
    with seeded(0):
        return module, make()


def made(make):
    with seeded(0):
        return make().eval()


def signal(windows=2, samples=500, seed=0):
    return torch.randn(windows, samples, generator=torch.Generator().manual_seed(seed))


def settled(model, windows=16, samples=500):
    """A network whose batch normalisation has seen some signal."""
    model.train()
    with torch.no_grad(), seeded(1):
        for seed in range(30):
            model(signal(windows, samples, seed))
    return model.eval()


def reach(model, samples=2001):
    """How far before and after an output sample the input has an influence on it, in samples."""
    x = signal(1, samples).requires_grad_()
    middle = samples // 2
    model(x).reshape(1, -1)[0, middle].backward()
    touched = x.grad[0].nonzero().flatten()
    return middle - int(touched.min()), int(touched.max()) - middle


# ------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda: fcn.FCN(), 137_801),
        (lambda: fcn.BenchmarkFCN(faithful=True), 11_150_977),
        (lambda: fcn.BenchmarkFCN(), 11_150_977),
        (lambda: sdemg.SDEMG(faithful=True), 1_233_857),
        (lambda: sdemg.SDEMG(), 1_020_481),  # without what never runs: the one default that changes a count
        (lambda: sdemg.SDEMG(128, faithful=True), 4_925_313),
        (lambda: sdemg.SDEMG(faithful=True, tied_bridges=True), 1_101_761),
        (lambda: sdemg.SDEMG(16, faithful=True), 78_065),
        (lambda: sdemg.SDEMG(32, faithful=True), 309_729),
        (lambda: msemg.MSEMG(), 279_937),
        (lambda: msemg.MSEMG(faithful=True), 279_937),
        (lambda: msemg.MSEMG(128), 1_088_257),
        (lambda: trustemg.TrustEMG(), 25_124_289),
        (lambda: trustemg.TrustEMG(faithful=True), 25_124_289),
        (lambda: trustemg.TrustEMG(masking=False), 25_124_289),
        (lambda: trustemg.TrustEMG(16), 1_574_769),
        (lambda: trustemg.TrustEMG(8), 395_193),
    ],
)
def test_published_numbers_of_parameters(make, count):
    with torch.device("meta"):
        assert count_parameters(make()) == count


def test_parts_have_the_published_sizes():
    model = trustemg.TrustEMG(8)
    scale = 64 // 8
    assert count_parameters(trustemg.TrustEMG(64).transformer) == 8_399_872
    assert count_parameters(model.transformer) < 8_399_872 / scale
    assert count_parameters(msemg.MSEMG(64).mamba) + 64 == 65_344
    assert count_parameters(HNF(64)) == 106_688
    assert count_parameters(sdemg.Bridge(64)) == 33_024


@pytest.mark.parametrize("width", [16, 32, 64])
def test_msemg_follows_its_size_formula(width):
    rank = -(-width // 16)
    mamba = 8 * width**2 + 20 * width + 4 * width * (rank + 32) + 4 * width * rank + 4 * width + 64 * width + 4 * width
    mamba += 4 * width**2 + width
    assert count_parameters(msemg.MSEMG(width)) == 10 * width + 2 * (26 * width**2 + 3 * width) + 9 * width + 1 + mamba


def test_the_original_fcn_has_the_published_lengths():
    model, lengths = fcn.FCN(8), []
    for layer in [*model.encoder, *model.decoder]:
        layer.register_forward_hook(lambda *args: lengths.append(args[2].shape[-1]))
    model(signal(1, 2000))
    assert lengths == [993, 489, 474, 489, 992, 1998, 2013]


def test_the_encoder_of_trustemg_has_the_published_lengths():
    model, lengths = trustemg.TrustEMG(4), []
    for layer in [*model.encoder, *model.decoder]:
        layer.register_forward_hook(lambda *args: lengths.append(args[2].shape[-1]))
    model(signal(1, 2000))
    assert lengths == [997, 495, 244, 119, 56, 120, 245, 496, 998]


# ----------------------------------------------------------------------------------------- any length, any batch


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("samples", [1, 2, 57, 105, 250, 501, 2000, 2047])
def test_any_length_and_a_batch_of_one(name, samples):
    _, model = small(name)
    model.eval()
    for windows in (1, 3):
        x = signal(windows, samples)
        y = model(x) if name != "sdemg" else model(x, torch.full((windows,), 0.5), x)
        assert y.shape == x.shape
        assert torch.isfinite(y).all()


@pytest.mark.parametrize("name", SMALL)
def test_a_window_does_not_depend_on_its_neighbours(name):
    _, model = small(name)
    x, level = signal(4), torch.tensor([0.1, 0.4, 0.7, 0.9])
    if name == "sdemg":
        model.eval()
        together = model(x, level, 2 * x)
        alone = torch.cat([model(x[i : i + 1], level[i : i + 1], 2 * x[i : i + 1]) for i in range(4)])
    else:
        settled(model)
        together, alone = model(x), torch.cat([model(x[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5 * float(together.detach().abs().max()))


# --------------------------------------------------------------------------------------------------- reach


def test_the_original_fcn_sees_less_than_a_heart_beat():
    past, future = reach(made(fcn.FCN))
    assert 110 <= past <= 120
    assert 100 <= future <= 120
    assert past + future < 300, "the fastest heart in the course beats every 300 ms"


def test_the_benchmark_fcn_sees_about_a_fifth_of_a_second():
    past, future = reach(made(lambda: fcn.BenchmarkFCN(8)))
    assert 150 <= past <= 260
    assert 150 <= future <= 260


def test_one_hnf_block_sees_fifteen_samples_and_through_normalisation_all():
    block = made(lambda: HNF(8))

    def one(x):
        return block(x[:, None].repeat(1, 8, 1))[:, 0]

    assert reach(one, 201) == (100, 100)
    block.normalise = torch.nn.Identity()
    assert reach(one, 201) == (15, 15)


def test_msemg_remembers_the_past_and_sees_38_samples_ahead():
    model = made(lambda: msemg.MSEMG(8))
    model.encoder.normalise = model.decoder.normalise = torch.nn.Identity()  # which looks everywhere
    past, future = reach(model, 2001)
    assert future == 38
    assert past > 600


def test_trustemg_sees_the_whole_window():
    model = settled(made(lambda: trustemg.TrustEMG(4)))
    x = signal(1, 2000)
    changed = x.clone()
    changed[0, :50] += 3.0
    far = slice(1500, None)  # the U-Net alone reaches about 300 samples
    assert (model(changed) - model(x))[0, far].abs().max() > 1e-6
    model.middle = lambda x: x
    assert not (model(changed) - model(x))[0, far].abs().max() > 1e-6


# --------------------------------------------------------------------------------------------- published faults


def copies(model, count=16):
    """The same window in every place of a batch, and how much the estimates differ, relative to their RMS."""
    y = settled(model)(signal(1).expand(count, -1))
    return float((y - y[:1]).square().mean(-1).sqrt().max() / y.square().mean().sqrt())


def test_in_the_published_trustemg_a_window_depends_on_its_place_in_the_batch():
    with torch.no_grad():
        assert copies(made(lambda: trustemg.TrustEMG(8, faithful=True))) > 0.01
        assert copies(made(lambda: trustemg.TrustEMG(8))) < 1e-5


def test_the_published_positions_say_nothing_about_time():
    x = torch.zeros(3, 10, 8)
    published, fixed = trustemg.Position(8, by_batch=True).eval()(x), trustemg.Position(8).eval()(x)
    assert (published == published[:, :1]).all()
    assert (published[0] != published[1]).any()
    assert (fixed == fixed[:1]).all()
    assert len({tuple(row.tolist()) for row in fixed[0]}) == 10


def test_the_published_trustemg_loses_the_axis_of_a_batch_of_one():
    assert made(lambda: trustemg.TrustEMG(4, faithful=True))(signal(1)).shape == (500,)
    assert made(lambda: trustemg.TrustEMG(4))(signal(1)).shape == (1, 500)


def test_the_output_padding_of_the_benchmark_fcn_fits_2000_samples_only():
    published = made(lambda: fcn.BenchmarkFCN(4, faithful=True))
    assert published(signal(1, 2000)).shape == (1, 2000)
    assert published(signal(1, 500)).shape == (1, 498)


def test_the_idle_blocks_of_the_published_sdemg_get_no_gradient():
    with seeded(0):
        model = sdemg.SDEMG(64, faithful=True)
        sdemg.training_loss(model, signal(1, 100), signal(1, 100)).backward()
    idle = {id(p) for p in model.idle_parameters()}
    without = [p for p in model.parameters() if p.grad is None]
    assert {id(p) for p in without} == idle
    assert sum(p.numel() for p in without) == 213_376


def test_every_parameter_of_the_default_sdemg_gets_a_gradient():
    with seeded(0):
        model = sdemg.SDEMG(8)
        sdemg.training_loss(model, signal(2, 100), signal(2, 100)).backward()
    assert not model.idle_parameters()
    assert all(p.grad is not None for p in model.parameters())


def test_tied_bridges_are_one_and_independent_ones_are_five():
    tied = sdemg.SDEMG(8, tied_bridges=True)
    assert len({id(bridge) for bridge in tied.bridges}) == 1
    assert len({id(bridge) for bridge in sdemg.SDEMG(8).bridges}) == 5


def test_the_published_code_of_the_level_is_weak():
    v = torch.tensor([0.5, 0.52, 0.0, 1.0])
    weak, strong = sdemg.embed_level(v, 64, scale=1.0), sdemg.embed_level(v, 64)
    assert float((weak[0] - weak[1]).norm()) == pytest.approx(0.030, abs=0.001)
    assert float((weak[2] - weak[3]).norm()) == pytest.approx(1.47, abs=0.01)
    assert (strong[0] - strong[1]).norm() > 30 * (weak[0] - weak[1]).norm()


def test_the_published_first_weights_of_sdemg_are_too_large():
    def first_loss(faithful):
        with seeded(0):
            return float(sdemg.training_loss(sdemg.SDEMG(16, faithful=faithful), signal(), signal()).detach())

    assert first_loss(True) > 100
    assert first_loss(False) < 3


# -------------------------------------------------------------------------------------------------- training


@pytest.mark.parametrize("name", SMALL)
def test_a_network_can_learn_one_batch_by_heart(name):
    module, model = small(name)
    t = torch.arange(300)
    clean = 0.5 * torch.sin(t * torch.tensor([[0.2], [0.3], [0.5], [0.8]]))
    noisy = clean + signal(4, 300)
    clean, noisy = (x / noisy.std(dim=1, keepdim=True) for x in (clean, noisy))
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for step in range(40):
        with seeded(0, step):
            loss = module.training_loss(model, noisy, clean)
            optimiser.zero_grad()
            loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


@pytest.mark.parametrize("name", SMALL)
def test_the_loss_is_a_finite_float32_number_and_the_same_for_the_same_seed(name):
    module, model = small(name)
    model.eval()

    def loss(seed):
        with seeded(seed):
            return module.training_loss(model, signal(), 0.5 * signal())

    assert loss(0).shape == ()
    assert loss(0).dtype == torch.float32
    assert torch.isfinite(loss(0))
    assert loss(0) == loss(0)
    assert (loss(0) != loss(1)) == (name == "sdemg"), "only the diffusion network draws something"


@pytest.mark.parametrize("name", DIRECT)
def test_the_loss_is_the_mean_absolute_error(name):
    module, model = small(name)
    model.eval()
    noisy, clean = signal(), 0.5 * signal(seed=1)
    expected = (model(noisy) - clean).abs().mean()
    torch.testing.assert_close(module.training_loss(model, noisy, clean), expected)
