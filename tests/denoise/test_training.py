"""Training of the course's networks: which data they see, how they are judged, and what is shipped."""

import sys
import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from emgtut.assess import evaluate  # noqa: E402
from emgtut.contaminate.corpus import build  # noqa: E402
from emgtut.contaminate.material import Sizes  # noqa: E402
from emgtut.denoise import training  # noqa: E402
from emgtut.denoise.networks import SDEMG  # noqa: E402
from emgtut.denoise.training import TRAINABLE, VARIED, Trainable, Validation, _exact_in_bf16, ship, suited, train  # noqa: E402
from emgtut.learn import History, Recipe, load_weights, seeded  # noqa: E402

FEW = Sizes(people=(3, 2), hearts=(3, 2), movements=(2, 2), grids=(2, 2), colours=(2, 2), seconds=8.0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return build(tmp_path_factory.mktemp("corpus") / "corpus.npz", sizes=FEW, real="none")


class Gain(torch.nn.Module):
    """The smallest network: one number that the noisy signal is multiplied by."""

    def __init__(self, width):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(1))
        self.spare = torch.nn.Parameter(torch.rand(width))

    def forward(self, noisy):
        return self.gain * noisy


@pytest.fixture
def gain(monkeypatch):
    """Enter the smallest network into the list."""
    module = types.ModuleType("made_up_network")
    module.Gain = Gain
    module.training_loss = lambda model, noisy, clean: ((model(noisy) - clean) ** 2).mean()
    monkeypatch.setitem(sys.modules, "made_up_network", module)
    recipe = Recipe("gain", steps=60, batch=32, lr=0.05, check_every=20)
    monkeypatch.setitem(TRAINABLE, "gain", Trainable("made_up_network.Gain", 4, recipe))


# ------------------------------------------------------------------------------------------ how they are judged


def test_gains_are_those_of_evaluate(corpus):
    check = Validation(corpus, lambda model, noisy: 0.5 * noisy, windows=70)  # more than go in at once
    for task, gains in check.gains(None, "cpu").items():
        noisy, clean = (x.astype(np.float64) for x in check.pairs[task])
        assert gains == pytest.approx(evaluate(clean, noisy, 0.5 * noisy, fs=1000)["snr_imp"], abs=1e-6)
        assert gains.shape == (70,)


def test_the_validation_loss_is_minus_the_mean_of_both_tasks(corpus, gain):
    check = Validation(corpus, TRAINABLE["gain"].estimate, windows=8)
    model = Gain(4)
    model.gain.data *= 0.5
    found = check(model)
    gains = check.gains(model, "cpu")
    assert found["snr_imp_ecg_db"] == pytest.approx(gains["ecg"].mean())
    assert found["loss"] == pytest.approx(-(gains["ecg"].mean() + gains["mixture"].mean()) / 2)


def test_a_network_that_is_not_finite_gets_no_score(corpus):
    check = Validation(corpus, lambda model, noisy: noisy * np.nan, windows=2)
    assert all(np.isnan(gains).all() for gains in check.gains(None, "cpu").values())


@pytest.mark.parametrize("name", list(TRAINABLE))
def test_every_entry_can_be_made_trained_and_used(name):
    entry = TRAINABLE[name]
    model = entry.make(8, seed=0)
    with seeded(0):
        noisy = torch.randn(3, 400)
        loss = entry.loss(model, (noisy, 0.5 * noisy))
    loss.backward()
    assert loss.shape == ()
    assert torch.isfinite(loss)
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    again = entry.make(8, seed=0).state_dict()
    assert all(torch.equal(x, again[key]) for key, x in entry.make(8, seed=0).state_dict().items())
    model.eval()
    with torch.no_grad():
        together, alone = entry.estimate(model, noisy), entry.estimate(model, noisy[1:2])
    assert together.shape == noisy.shape
    assert torch.allclose(together[1:2], alone, rtol=1e-3, atol=1e-4 * float(alone.abs().max()))


def test_every_network_stops_early_when_validation_gets_no_better():
    assert all(entry.recipe.patience is not None for entry in TRAINABLE.values())


def test_what_is_validated_is_the_walk_that_readers_get():
    """The card's score and the choice of weights must be of the sampler of the registered method."""
    entry = TRAINABLE["sdemg"]
    model = entry.make(8, seed=0).eval()
    with seeded(1):
        noisy = torch.randn(2, 400)
    noise = torch.randn(entry.calls, 1, 400, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = entry.estimate(model, noisy)
        method = SDEMG(calls=entry.calls).estimate(model, noisy, noise.transpose(0, 1).expand(2, -1, -1))
    assert entry.calls == SDEMG().calls
    torch.testing.assert_close(found, method)


# ------------------------------------------------------------------------------------------- what they see


class Spy:
    """A corpus that notes what is asked of it."""

    def __init__(self, corpus):
        self.corpus, self.about, self.asked = corpus, corpus.about, []

    def batch(self, rng, n, part, n_samples, task="both", *, vary=0.0):
        noisy, clean = self.corpus.batch(rng, n, part, n_samples, task, vary=vary)
        self.asked.append((part, task, n, n_samples, vary, noisy))
        return noisy, clean


def test_training_sees_the_training_part_and_choice_and_score_the_validation_part(corpus, gain, tmp_path):
    spy = Spy(corpus)
    trained = train("gain", spy, folder=tmp_path / "run", windows=8, steps=3, batch=4)
    assert {asked[:-1] for asked in spy.asked} == {
        ("train", "both", 4, 2000, VARIED),  # hearts are seen otherwise in training only
        ("validation", "ecg", 8, 2000, 0.0),
        ("validation", "mixture", 8, 2000, 0.0),
    }
    assert VARIED > 0
    chosen = [noisy for part, task, *_, noisy in spy.asked if (part, task) == ("validation", "ecg")]
    spy.asked.clear()
    ship(trained, spy, tmp_path / "weights", windows=8)
    scored = [noisy for part, task, *_, noisy in spy.asked if (part, task) == ("validation", "ecg")]
    assert {part for part, *_ in spy.asked} == {"validation"}
    assert not np.array_equal(chosen[0], scored[0])


def test_training_finds_the_known_best_gain(corpus, gain, tmp_path):
    noisy, clean = corpus.batch(np.random.default_rng(9), 500, "train", 2000)
    best = float(np.sum(noisy * clean, dtype=np.float64) / np.sum(noisy * noisy, dtype=np.float64))
    trained = train("gain", corpus, folder=tmp_path, windows=16, steps=200, lr=0.02, schedule="cosine")
    assert trained.history.rows[0]["validation"] < 0  # any gain between 1 and the best helps
    with_last = train("gain", corpus, folder=tmp_path / "b", windows=16, steps=200, lr=0.02, schedule="cosine",
                      check_every=200)  # fmt: skip
    assert with_last.model.gain.item() == pytest.approx(best, abs=0.06)


def test_a_real_network_learns(corpus, tmp_path):
    trained = train("fcn", corpus, folder=tmp_path, width=8, windows=16, steps=150, lr=5e-3, batch=16, check_every=25)
    assert trained.history.best < -5  # dB of gain; a signal of zeros would have about 3.7
    assert trained.history.column("loss")[-1] < 0.9 * trained.history.column("loss")[0]


def test_a_stopped_training_goes_on(corpus, gain, tmp_path):
    whole = train("gain", corpus, folder=tmp_path / "a", windows=4, steps=6, batch=4)
    stops = 0
    while (part := train("gain", corpus, folder=tmp_path / "b", windows=4, steps=6, batch=4, stop_after_s=0)) and (
        part.history.stopped == "time"
    ):
        stops += 1
    assert stops == 5
    assert torch.equal(part.model.gain, whole.model.gain)
    assert part.history.column("validation").tolist() == whole.history.column("validation").tolist()


def test_a_run_on_another_corpus_is_not_continued(corpus, gain, tmp_path):
    train("gain", corpus, folder=tmp_path, windows=4, steps=2, batch=4)
    other = Spy(corpus)
    other.about = corpus.about | {"sha256": "another"}
    with pytest.raises(ValueError, match=r"in its facts, corpus is .* here 'another'"):
        train("gain", other, folder=tmp_path, windows=4, steps=2, batch=4)


@pytest.mark.parametrize(("width", "says"), [(6, "multiple of 4: choose for example 8"), (0, "width is 0")])
def test_a_width_that_cannot_be_is_refused(corpus, tmp_path, width, says):
    with pytest.raises(ValueError, match=says):
        train("fcn", corpus, folder=tmp_path, width=width)


# ------------------------------------------------------------------------------------------- what is shipped


@pytest.fixture
def trained(corpus, tmp_path):
    return train("fcn", corpus, folder=tmp_path / "run", width=4, windows=4, steps=4, batch=4, check_every=2)


@pytest.mark.parametrize("half", [False, True])
def test_the_card_tells_the_score_of_the_weights_as_stored(corpus, trained, tmp_path, monkeypatch, half):
    if half:
        n_bytes = 4 * sum(x.numel() for x in trained.model.state_dict().values())
        monkeypatch.setattr(training, "SHIPPED_BYTES", 0.75 * n_bytes)
    card = ship(
        trained, corpus, tmp_path / "w", windows=16, command="emgtut train fcn", commit="abc", date="2026-01-01"
    )
    assert card.dtype == ("float16" if half else "float32")
    assert card.settings == {"width": 4}
    assert card.data_hash == corpus.about["sha256"]
    assert (card.command, card.commit, card.date, card.licence) == ("emgtut train fcn", "abc", "2026-01-01", "MIT")
    assert card.recipe["steps"] == 4
    model = TRAINABLE["fcn"].make(4, seed=1)
    load_weights(tmp_path / "w" / "fcn.safetensors", model)
    check = Validation(corpus, TRAINABLE["fcn"].estimate, windows=16, seed=training.SCORE)
    for task, gains in check.gains(model, "cpu").items():
        score = card.scores[f"snr_imp_db, {task}, validation"]
        assert score["value"] == pytest.approx(gains.mean(), abs=6e-4)
        half_width = 1.96 * gains.std(ddof=1) / 4
        assert (score["low"], score["high"]) == pytest.approx(
            (gains.mean() - half_width, gains.mean() + half_width), abs=1e-3
        )
    assert all(seconds > 0 for seconds in card.speed.values())


def test_weights_that_are_too_large_are_not_shipped(corpus, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SHIPPED_BYTES", 1_000)
    with pytest.raises(
        ValueError, match=r"more than the 0\.001 MB that may come with the package: train it with a smaller"
    ):
        ship(trained, corpus, tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_nothing_is_shipped_before_the_first_check(corpus, trained, tmp_path):
    trained.history = History()
    with pytest.raises(ValueError, match="has not looked at its validation data yet"):
        ship(trained, corpus, tmp_path / "w")


@pytest.mark.parametrize(
    ("processor", "device", "kept"),
    [("AVX2", "cpu", False), ("DEFAULT", "cpu", False), ("AVX512", "cpu", True), ("AVX2", "cuda", True)],
)
def test_bfloat16_is_kept_only_where_it_is_computed_and_not_imitated(processor, device, kept, monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: processor)
    assert suited(Recipe("toy", bf16=True), device).bf16 is kept
    assert suited(Recipe("toy", bf16=False), device).bf16 is False


@pytest.mark.parametrize(("spoilt", "exact"), [(False, True), (True, False)])
def test_a_convolution_that_is_wrong_in_bfloat16_is_noticed(spoilt, exact, monkeypatch):
    """Rounding is no reason to give bfloat16 up; a result that is off by as much as itself is one."""
    right = torch.nn.Conv1d._conv_forward

    def wrong(self, x, weight, bias):
        y = right(self, x.float(), weight.float(), None if bias is None else bias.float()).to(x.dtype)
        return -y if spoilt and x.dtype == torch.bfloat16 else y

    monkeypatch.setattr(torch.nn.Conv1d, "_conv_forward", wrong)
    batch = np.random.default_rng(0).standard_normal((2, 4, 500)).astype(np.float32)
    network = torch.nn.Sequential(torch.nn.Conv1d(1, 4, 9, padding=4), torch.nn.ReLU(), torch.nn.Conv1d(4, 1, 1))
    assert _exact_in_bf16(network, lambda model, batch: model(batch[0][:, None]).mean(), batch) is exact
