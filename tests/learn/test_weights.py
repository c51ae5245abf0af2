"""Weights and cards: what is written comes back, and every kind of damage has its sentence."""

import dataclasses
import hashlib
import importlib
import tomllib

import pytest

torch = pytest.importorskip("torch")

from emgtut.learn import Card, count_parameters, load_weights, read_card, save_weights, seeded  # noqa: E402
from emgtut.learn.cards import WEIGHTS  # noqa: E402

CARD = Card(
    "demo",
    "torch.nn.Sequential",
    settings={"width": 8, "taps": [3, 5], "name": 'a "quoted" µV'},
    data="Simulated muscles; the elderly set, persons 1–14",
    data_hash="abc",
    recipe={"lr": 1e-05, "clip_norm": None, "betas": [0.9, 0.999]},
    seed=3,
    scores={"snr_imp_db, validation": {"value": 7.25, "low": 7.0, "high": 7.5}},
    speed={"real-time factor, one core": 0.01},
)


def network(width=8, seed=0):
    with seeded(seed):
        return torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.BatchNorm1d(width), torch.nn.Linear(width, 1))


@pytest.fixture
def saved(tmp_path):
    model = network()
    model[1].running_mean += 0.3
    return model, save_weights(tmp_path, "demo", model, CARD), tmp_path / "demo.safetensors"


def test_weights_come_back_exactly(saved):
    model, card, path = saved
    other = network(seed=1).train()
    assert load_weights(path, other) == read_card(path)
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values()))
    assert not other.training
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card.n_parameters == count_parameters(model) == 4 * 8 + 8 + 2 * 8 + 8 + 1


def test_the_card_comes_back_and_is_plain_toml(saved):
    _, card, path = saved
    found = read_card(path)
    assert found == dataclasses.replace(card, recipe={"lr": 1e-05, "betas": [0.9, 0.999]})  # TOML has no None
    assert tomllib.loads(path.with_suffix(".toml").read_text())["scores"]["snr_imp_db, validation"]["low"] == 7.0


def test_half_precision_comes_back_as_float32(tmp_path):
    model, other = network(), network(seed=1)
    card = save_weights(tmp_path, "demo", model, CARD, half=True)
    load_weights(tmp_path / "demo.safetensors", other)
    assert card.dtype == "float16"
    for name, x in other.state_dict().items():
        wanted = model.state_dict()[name]
        assert x.dtype == wanted.dtype
        assert torch.allclose(x.double(), wanted.double(), rtol=2**-11, atol=1e-7)
    assert not torch.equal(model[0].weight, other[0].weight)  # they were rounded
    full = save_weights(tmp_path / "full", "demo", model, CARD)
    assert full.sha256 != card.sha256


def test_weights_too_large_for_half_precision_are_refused(tmp_path):
    model = network()
    with torch.no_grad():
        model[0].weight[0, 0] = 1e5
    with pytest.raises(ValueError, match=r"0\.weight of demo is not finite as torch\.float16"):
        save_weights(tmp_path, "demo", model, CARD, half=True)
    assert not list(tmp_path.iterdir())


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def change(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)


def remove(path):
    path.unlink()


def remove_card(path):
    path.with_suffix(".toml").unlink()


def edit(old, new):
    def harm(path):
        card = path.with_suffix(".toml")
        text = card.read_text()
        assert old in text
        card.write_text(text.replace(old, new, 1))

    return harm


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (cut, "demo.safetensors is cut short or was changed"),
        (change, "demo.safetensors is cut short or was changed"),
        (remove, "demo.safetensors is missing though its card is there"),
        (remove_card, "There are no weights called"),
        (edit("version = 1", "version = 2"), "have format version 2, but this package reads 1"),
        (edit("seed = 3", "seed = "), "demo.toml cannot be read"),
        (edit("seed = 3", "sead = 3"), "is not one of this package"),
        (edit("dtype", "dtipe"), "is not one of this package"),
    ],
)
def test_harmed_weights_are_refused_with_one_sentence(saved, harm, says):
    _, _, path = saved
    harm(path)
    with pytest.raises(ValueError, match=says) as caught:
        load_weights(path, network())
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_refused_and_leave_it_as_it_was(saved):
    _, _, path = saved
    other = network(width=9)
    before = {name: x.clone() for name, x in other.state_dict().items()}
    with pytest.raises(ValueError, match=r"0\.weight has shape \(8, 4\) in the file and \(9, 4\) in the network"):
        load_weights(path, other)
    assert all(torch.equal(x, before[name]) for name, x in other.state_dict().items())
    with pytest.raises(ValueError, match=r"\d\.\w+ has shape \(.*\) in the file and None in the network"):
        load_weights(path, torch.nn.Sequential(torch.nn.Linear(4, 8)))


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="There are no weights called 'no_such': train them"):
        load_weights("no_such", network())


# ------------------------------------------------------------------------------------- weights of the package


def complaints_about(folder):
    """What is wrong with the weights in a folder."""
    stems = {path.stem for path in folder.glob("*.safetensors")} | {path.stem for path in folder.glob("*.toml")}
    for stem in sorted(stems):
        path = folder / f"{stem}.safetensors"
        card = read_card(path)
        module, _, name = card.model.rpartition(".")
        model = getattr(importlib.import_module(module), name)(**card.settings)
        load_weights(path, model)
        if path.stat().st_size > 5_000_000:
            yield f"{stem} has more than 5 MB"
        if card.n_parameters != count_parameters(model):
            yield f"{stem}: number of parameters"
        if not card.command.startswith("emgtut train ") or "/" in card.command:
            yield f"{stem}: command {card.command}"
        if not (card.commit and card.date and card.data_hash and card.scores and card.name == stem):
            yield f"{stem}: the card lacks facts"


def test_the_weights_of_the_package_are_whole_and_small():
    assert list(complaints_about(WEIGHTS)) == []


def test_the_check_of_the_weights_can_fail(tmp_path):
    save_weights(
        tmp_path, "line", torch.nn.Linear(2, 1), Card("line", "torch.nn.Linear", {"in_features": 2, "out_features": 1})
    )
    assert [text.split(":")[1].split()[0] for text in complaints_about(tmp_path)] == ["command", "the"]
    (tmp_path / "line.toml").unlink()
    with pytest.raises(ValueError, match="There are no weights called"):
        list(complaints_about(tmp_path))
