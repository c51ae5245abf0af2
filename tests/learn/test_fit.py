"""The fit loop: a killed run ends as an unbroken one, the best weights are kept, trouble is told in one sentence."""

import csv
import itertools
import json
import math
import os
import pathlib
import runpy
import signal
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from emgtut.learn import Recipe, fit, learning_rate, rng_for, seeded  # noqa: E402

# A network with everything that could spoil a resumed run: dropout, running means, a running mean of the weights,
# a plateau schedule and a validation that draws at random.
RUN = """
import os, signal, sys
import numpy as np, torch
from emgtut.learn import Recipe, fit, seeded

RECIPE = Recipe("demo", seed=3, steps=40, lr=0.02, weight_decay=0.01, schedule="plateau", plateau_checks=1, warmup=5,
                check_every=8, ema_decay=0.9)

def network():
    with seeded(3):
        return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.3),
                                   torch.nn.Linear(8, 1))

def run(folder, die_at_step=None, die_at_rename=None, **more):
    model = network()

    def batches(rng, step):
        if step == die_at_step:
            os.kill(os.getpid(), signal.SIGKILL)
        x = rng.standard_normal((16, 4)).astype(np.float32)
        return x, x.sum(axis=1, keepdims=True)

    def loss(model, batch):
        return ((model(batch[0]) - batch[1]) ** 2).mean()

    def validate(model):
        x = torch.randn(64, 4)
        return {"loss": float(loss(model, (x, x.sum(1, keepdim=True)))), "first": float(x[0, 0])}

    renames, rename = [0], os.replace
    def counting(*args):
        renames[0] += 1
        if renames[0] == die_at_rename:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(*args)
    if die_at_rename is not None:
        os.replace = counting
    return model, fit(model, loss, batches, validate, recipe=RECIPE, folder=folder, progress=False, **more)

if __name__ == "__main__":
    run(sys.argv[1], **{sys.argv[2]: int(sys.argv[3])})
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("script") / "run.py"
    path.write_text(RUN)
    return path


@pytest.fixture(scope="module")
def run(script):
    return runpy.run_path(str(script))["run"]


@pytest.fixture(scope="module")
def unbroken(run, tmp_path_factory):
    model, history = run(tmp_path_factory.mktemp("unbroken"))
    return model.state_dict(), without_seconds(history)


def without_seconds(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history.rows]


def assert_same(run, unbroken, folder):
    model, history = run(folder)
    weights, rows = unbroken
    assert without_seconds(history) == rows
    assert history.stopped == "finished"
    for name, x in model.state_dict().items():
        assert torch.equal(x, weights[name]), name


# ------------------------------------------------------------------------------------------- stop and resume


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that cannot be caught")
@pytest.mark.parametrize(
    ("how", "when"),
    [
        ("die_at_step", 3),  # before the first checkpoint
        ("die_at_step", 29),  # between two checkpoints
        ("die_at_rename", 7),  # before the new tensors are in place: each checkpoint renames three files
        ("die_at_rename", 8),  # tensors of the third checkpoint in place, its JSON not
        ("die_at_rename", 9),  # checkpoint complete, table not
    ],
)
def test_a_killed_run_ends_as_an_unbroken_one(script, run, unbroken, tmp_path, how, when):
    root = pathlib.Path(__file__).parents[2]
    done = subprocess.run([sys.executable, str(script), str(tmp_path), how, str(when)], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    assert_same(run, unbroken, tmp_path)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert [name.split("_")[0] for name in left] == ["checkpoint.json", "log.csv", "step"], left


def test_a_run_that_stops_for_time_ends_as_an_unbroken_one(run, unbroken, tmp_path):
    stops = 0
    while (history := run(tmp_path, stop_after_s=0.0)[1]).stopped == "time":  # one step each
        stops += 1
        assert history.step == stops
        assert not history.finished
    assert (stops, history.step) == (39, 40)
    assert_same(run, unbroken, tmp_path)


def test_the_unbroken_run_has_chance_in_it(unbroken):
    """What the tests above compare is no constant: dropout, schedule and validation all leave their trace."""
    weights, rows = unbroken
    assert len(rows) == 5
    assert len({row["loss"] for row in rows}) == 5
    assert len({row["first"] for row in rows}) == 1  # every check meets the same random validation data
    assert weights["1.num_batches_tracked"] > 0


def test_a_finished_run_is_not_trained_further(run, tmp_path):
    first, history = run(tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    again, same = run(tmp_path)
    assert same.rows == history.rows
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values()))


def test_the_log_is_a_table(run, tmp_path):
    _, history = run(tmp_path)
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert list(rows[0]) == ["step", "seconds", "lr", "loss", "validation", "first"]
    assert [float(row["validation"]) for row in rows] == history.column("validation").tolist()


def test_global_torch_state_is_left_alone(run, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    run(tmp_path)
    assert torch.equal(torch.rand(3), expected)


# ----------------------------------------------------------------------------------- a toy whose answer is known


class Point(torch.nn.Module):
    """One number that the loss pushes along."""

    def __init__(self):
        super().__init__()
        self.x = torch.nn.Parameter(torch.zeros(1))


def push(model, batch):
    """Constant slope: Adam then moves by lr at each step."""
    return -model.x.sum()


def nothing(rng, step):
    return np.zeros(1, np.float32)


def go(folder, validate=lambda model: -model.x.item(), loss=push, batches=nothing, **fields):
    model = Point()
    fields = {"steps": 100, "lr": 0.1, "check_every": 10} | fields
    return model, fit(model, loss, batches, validate, recipe=Recipe("toy", **fields), folder=folder, progress=False)


def test_best_on_validation_is_kept_and_patience_ends_the_run(tmp_path):
    # The path goes 1, 2, 3, ...; validation likes 3 best, so patience of 2 ends the run at 5 and 3 is kept.
    model, history = go(tmp_path, validate=lambda model: abs(model.x.item() - 3.0), patience=2)
    assert history.stopped == "patience"
    assert [row["step"] for row in history.rows] == [10, 20, 30, 40, 50]
    assert history.best_step == 30
    assert model.x.item() == pytest.approx(3.0, abs=1e-4)


def test_running_mean_of_weights_against_its_formula(tmp_path):
    model, _ = go(tmp_path, ema_decay=0.8, steps=30, check_every=30)
    mean = 0.0
    for step in range(1, 31):
        decay = min(0.8, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * 0.1 * step
    assert model.x.item() == pytest.approx(mean, rel=1e-4)


def test_the_last_step_is_always_checked(tmp_path):
    _, history = go(tmp_path, steps=25)
    assert [row["step"] for row in history.rows] == [10, 20, 25]


def test_gradients_are_clipped(tmp_path):
    def length(model):
        return model.x.grad.norm().item()

    def steep(model, batch):
        return -1000 * model.x.sum()

    _, clipped = go(tmp_path / "a", loss=steep, validate=length, steps=1, clip_norm=0.5)
    _, free = go(tmp_path / "b", loss=steep, validate=length, steps=1, clip_norm=None)
    assert (clipped.best, free.best) == pytest.approx((0.5, 1000.0), rel=1e-4)


def test_bfloat16_is_used_where_asked_for_and_the_weights_stay_float32(tmp_path):
    kinds = []

    def loss(model, batch):
        found = model(torch.ones(1, 2))
        kinds.append(found.dtype)
        return found.float().sum()

    for bf16 in (False, True):
        model = torch.nn.Linear(2, 1)
        recipe = Recipe("toy", steps=1, bf16=bf16)
        fit(model, loss, nothing, lambda m: 0.0, recipe=recipe, folder=tmp_path / str(bf16), progress=False)
        assert model.weight.dtype == torch.float32
    assert kinds == [torch.float32, torch.bfloat16]


def test_model_is_in_training_mode_for_the_loss_and_in_evaluation_mode_for_validation(tmp_path):
    modes = []

    def loss(model, batch):
        modes.append(model.training)
        return push(model, batch)

    def validate(model):
        modes.append(model.training)
        assert not torch.is_grad_enabled()
        return 0.0

    model, _ = go(tmp_path, loss=loss, validate=validate, steps=4, check_every=2)
    assert modes == [True, True, False, True, True, False]
    assert not model.training


def test_batches_depend_on_seed_and_step_alone(tmp_path):
    seen = {}

    def batches(rng, step):
        seen.setdefault(step, []).append(rng.standard_normal())
        return nothing(rng, step)

    go(tmp_path / "a", batches=batches, steps=3)
    go(tmp_path / "b", batches=batches, steps=3)
    assert all(a == b for a, b in seen.values())
    assert len({a for a, _ in seen.values()}) == 3
    assert seen[2][0] == rng_for(0, 2).standard_normal()


def test_seeded_makes_the_start_reproducible_and_different_for_each_seed():
    def start(seed, step=0):
        with seeded(seed, step):
            return torch.rand(4)

    assert torch.equal(start(1), start(1))
    assert not torch.equal(start(1), start(2))
    assert not torch.equal(start(1), start(1, step=1))


# ------------------------------------------------------------------------------------------------ schedules


def test_cosine_with_warm_up():
    recipe = Recipe("demo", steps=110, lr=1.0, schedule="cosine", warmup=10)
    rates = [learning_rate(recipe, step) for step in range(110)]
    assert rates[0] == pytest.approx(1 / 11)
    assert np.argmax(rates) == 10
    assert rates[10] == pytest.approx(1.0)
    assert rates[60] == pytest.approx(0.5)
    assert all(a > b for a, b in itertools.pairwise(rates[10:]))
    assert rates[-1] < 1e-3


def test_plateau_waits_again_after_each_fall():
    recipe = Recipe("demo", lr=1.0, schedule="plateau", plateau_checks=2, factor=0.1)
    values = [5, 4, 4, 4, 4, 3, 3, 3]  # two misses, a third, a new best, two misses
    rates = [learning_rate(recipe, 0, values[:n]) for n in range(len(values) + 1)]
    assert rates == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01])


# ------------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_with_a_sentence(tmp_path, bad):
    def loss(model, batch):
        return push(model, batch) * (bad if model.x.item() > 1.45 else 1.0)

    with pytest.raises(ValueError, match=r"The training loss of toy became -?(nan|inf) after 15 steps: lower the"):
        go(tmp_path, loss=loss)
    assert json.loads((tmp_path / "checkpoint.json").read_text())["state"]["step"] == 10  # the good part is kept


def test_a_validation_that_is_not_finite_stops_with_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="The validation loss of toy became nan after 10 steps"):
        go(tmp_path, validate=lambda model: math.nan)


def test_another_run_is_not_continued(tmp_path):
    go(tmp_path, steps=10)
    with pytest.raises(ValueError, match=r"holds another run: in its recipe, lr is 0\.1, here 0\.2"):
        go(tmp_path, steps=10, lr=0.2)
    with pytest.raises(ValueError, match="in its facts, data is None, here 'abc'"):
        fit(Point(), push, nothing, lambda m: 0.0, recipe=Recipe("toy", steps=10, lr=0.1, check_every=10),
            folder=tmp_path, about={"data": "abc"}, progress=False)  # fmt: skip
    with pytest.raises(ValueError, match="in its network, x is"):
        fit(torch.nn.Linear(1, 1), push, nothing, lambda m: 0.0,
            recipe=Recipe("toy", steps=10, lr=0.1, check_every=10), folder=tmp_path, progress=False)  # fmt: skip


def cut_tensors(folder):
    file = next(folder.glob("step_*.safetensors"))
    file.write_bytes(file.read_bytes()[:-5])


def change_tensors(folder):
    file = next(folder.glob("step_*.safetensors"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def remove_tensors(folder):
    next(folder.glob("step_*.safetensors")).unlink()


def cut_note(folder):
    file = folder / "checkpoint.json"
    file.write_bytes(file.read_bytes()[:-20])


def foreign_note(folder):
    (folder / "checkpoint.json").write_text('{"epoch": 3}')


def old_note(folder):
    file = folder / "checkpoint.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 0'))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (cut_tensors, "cut short or was changed"),
        (change_tensors, "cut short or was changed"),
        (remove_tensors, "is missing"),
        (cut_note, "is not whole"),
        (foreign_note, "is not a checkpoint of format 1"),
        (old_note, "is not a checkpoint of format 1"),
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path, harm, says):
    go(tmp_path, steps=10)
    harm(tmp_path)
    with pytest.raises(ValueError, match=f"The checkpoint in .* is damaged .*{says}.*: remove the folder"):
        go(tmp_path, steps=10)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be made"):
        go(tmp_path / "file" / "run")
    if os.geteuid() == 0:
        return  # nothing is locked for root
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="cannot be made"):
        go(tmp_path / "run")
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"lr": 0.0}, "lr is 0"),
        ({"schedule": "step"}, "schedule is 'step'"),
        ({"ema_decay": 1.0}, "ema_decay is 1"),
        ({"weight_decay": -1.0}, "weight_decay is -1"),
        ({"patience": 0}, "patience is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"clip_norm": 0.0}, "clip_norm is 0"),
    ],
)
def test_a_recipe_out_of_range_is_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        Recipe("demo", **fields)
