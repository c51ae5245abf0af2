"""One loop for every network: seeded, resumable, with early stop; the best weights on validation are kept."""

import copy
import math
import time
from pathlib import Path

from emgtut.data.prepare import write_table
from emgtut.learn.checkpoints import check_folder, read_checkpoint, write_checkpoint
from emgtut.learn.history import History
from emgtut.learn.recipe import learning_rate
from emgtut.learn.seeds import rng_for, seed_torch

__all__ = ["fit"]

VALIDATION = 2**31 - 1  # the "step" that seeds every validation, so that all checks meet the same chance


def fit(model, loss, batches, validate, *, recipe, folder, device="cpu", progress=True, stop_after_s=None, about=None):
    """Train a network, or go on training it; at the end it holds the weights that were best on validation.

    A run that was stopped, or even killed, and is called again with the same arguments ends with the same weights as
    one that was never stopped: the chance of a step comes from the seed and the number of the step alone. On a
    processor they are the same bit for bit; a graphics card may round a little differently from run to run.

    Parameters
    ----------
    model : torch.nn.Module
        What to train, in place. Make it inside `seeded`, so that its start is reproducible.
    loss : callable
        ``loss(model, batch)`` returns one number as a tensor.
    batches : callable
        ``batches(rng, step)`` returns the batch of a step: an array or tensor, or a tuple, list or dict of these.
    validate : callable
        ``validate(model)`` returns a number, lower is better; or a dict with that number as ``"loss"`` and others to
        log. It gets the model in evaluation mode, without gradients, always with the same seed of torch.
    recipe : Recipe
        How to train.
    folder : path
        Where the checkpoint and ``log.csv`` are kept, made if needed. One that holds the beginning of this run is
        continued.
    device : str
        Where torch computes, such as "cpu" or "cuda".
    progress : bool
        Show a progress bar in a terminal.
    stop_after_s : float, optional
        End with a checkpoint after about so many seconds, to be resumed later.
    about : dict, optional
        Facts that a resumed run must share, for example the fingerprint of its data; JSON must be able to hold them.

    Returns
    -------
    History
        A row for each check, and why the run ended.

    Raises
    ------
    ValueError
        If the loss is not finite, or the folder holds another run, a damaged one, or cannot be written.

    Examples
    --------
    >>> import tempfile, torch
    >>> from emgtut.learn import Recipe, seeded
    >>> with seeded(0):
    ...     line = torch.nn.Linear(1, 1)
    >>> def batches(rng, step):
    ...     x = rng.standard_normal((16, 1)).astype("float32")
    ...     return x, 2 * x + 1
    >>> def squared(model, batch):
    ...     return ((model(batch[0]) - batch[1]) ** 2).mean()
    >>> def validate(model):
    ...     return float(squared(model, (torch.ones(1, 1), torch.full((1, 1), 3.0))))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = fit(line, squared, batches, validate, recipe=Recipe("line", steps=300, lr=0.05), folder=folder)
    >>> log.stopped, bool(abs(line.weight.item() - 2) < 0.05)
    ('finished', True)

    Lesson
    ------
    15 FCN
    """
    import torch
    from tqdm import tqdm

    folder = check_folder(Path(folder))
    with torch.random.fork_rng():
        run = _Run(model, recipe, folder, device, about or {})
        run.resume()
        started, before = time.monotonic(), run.seconds
        bar = tqdm(total=recipe.steps, initial=run.step, desc=recipe.name, disable=None if progress else True)
        with bar:
            while not run.history.finished:
                run.train(loss, batches)
                run.seconds = before + time.monotonic() - started
                bar.update()
                if run.step % recipe.check_every == 0 or run.step == recipe.steps:
                    run.check(validate)
                    bar.set_postfix(validation=f"{run.history.rows[-1]['validation']:.4g}")
                if stop_after_s is not None and run.seconds - before >= stop_after_s and not run.history.finished:
                    run.history.stopped = "time"
                    run.save()
                    break
        run.give_best()
    run.history.step = run.step
    return run.history


class _Run:
    """Everything that changes while a network is trained."""

    def __init__(self, model, recipe, folder, device, about):
        import torch

        self.recipe, self.folder, self.device, self.about = recipe, folder, torch.device(device), about
        self.model = model.to(self.device)
        self.kept = copy.deepcopy(model) if recipe.ema_decay else model  # what is validated and kept
        self.best = {}
        trained = [p for p in model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, lr=recipe.lr, betas=recipe.betas, weight_decay=recipe.weight_decay)
        self.step, self.seconds, self.losses, self.history = 0, 0.0, [], History()

    # ------------------------------------------------------------------------------------------------ a step

    def train(self, loss, batches):
        """Take one step."""
        import torch

        recipe = self.recipe
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(recipe, self.step, [row["validation"] for row in self.history.rows])
        batch = to_device(batches(rng_for(recipe.seed, self.step), self.step), self.device)
        seed_torch(recipe.seed, self.step)
        self.model.train()
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=recipe.bf16):
            value = loss(self.model, batch)
        self._insist_on_finite("training", value.item())
        value.backward()
        if recipe.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip_norm)
        self.optimiser.step()
        self.step += 1
        self.losses.append(value.item())
        if recipe.ema_decay:
            self._average()

    def _average(self):
        """Move the kept weights a little towards the present ones; buffers, such as running means, are copied."""
        import torch

        decay = min(self.recipe.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, now in zip(self.kept.parameters(), self.model.parameters(), strict=True):
                kept.lerp_(now, 1.0 - decay)
            for kept, now in zip(self.kept.buffers(), self.model.buffers(), strict=True):
                kept.copy_(now)

    # ----------------------------------------------------------------------------------------------- a check

    def check(self, validate):
        """Look at the validation data, note it, keep the best, decide whether to go on, and save."""
        import torch

        self.kept.eval()
        seed_torch(self.recipe.seed, VALIDATION)
        with torch.no_grad():
            found = validate(self.kept)
        found = dict(found) if isinstance(found, dict) else {"loss": found}
        value = float(found.pop("loss"))
        self._insist_on_finite("validation", value)
        if value < self.history.best:
            self.best = {name: x.detach().cpu().clone() for name, x in self.kept.state_dict().items()}
        row = {"step": self.step, "seconds": round(self.seconds, 3), "lr": self.optimiser.param_groups[0]["lr"]}
        row |= {"loss": math.fsum(self.losses) / len(self.losses), "validation": value}
        self.history.rows.append(row | {name: float(x) for name, x in found.items()})
        self.losses = []
        self.history.stopped = self._reason()
        self.save()

    def _reason(self):
        if self.step >= self.recipe.steps:
            return "finished"
        patience = self.recipe.patience
        return "patience" if patience is not None and self.history.checks_since_best >= patience else ""

    def _insist_on_finite(self, which, value):
        if not math.isfinite(value):
            raise ValueError(
                f"The {which} loss of {self.recipe.name} became {value} after {self.step} steps: lower the learning "
                f"rate (lr is {self.recipe.lr:g}), or look for values in the data that are not finite."
            )

    # ---------------------------------------------------------------------------------------- stop and resume

    def tensors(self):
        """Return all tensors of the run under one name each."""
        found = {f"model/{name}": x for name, x in self.model.state_dict().items()}
        found |= {f"kept/{name}": x for name, x in self.kept.state_dict().items()}
        found |= {f"best/{name}": x for name, x in self.best.items()}
        for index, moments in self.optimiser.state_dict()["state"].items():
            found |= {f"optimiser/{index}/{name}": x for name, x in moments.items()}
        return found

    def identity(self):
        """Return what makes this run this run."""
        shapes = {name: list(x.shape) for name, x in self.model.state_dict().items()}
        return {"recipe": self.recipe.as_dict(), "about": self.about, "shapes": shapes}

    def save(self):
        """Write the checkpoint, then the table."""
        state = {"step": self.step, "seconds": self.seconds, "losses": self.losses}
        state |= {"rows": self.history.rows, "stopped": self.history.stopped}
        write_checkpoint(self.folder, self.identity(), state, self.tensors())
        write_table(self.folder / "log.csv", self.history.rows)

    def resume(self):
        """Go back to the last checkpoint, if there is one."""
        found = read_checkpoint(self.folder, self.identity())
        if found is None:
            return
        state, tensors = found
        self.step, self.seconds, self.losses = state["step"], state["seconds"], state["losses"]
        stopped = state["stopped"] if state["stopped"] != "time" else ""
        self.history = History(state["rows"], stopped)
        parts = {}
        for name, x in tensors.items():
            part, _, rest = name.partition("/")
            parts.setdefault(part, {})[rest] = x
        self.model.load_state_dict(parts["model"])
        self.kept.load_state_dict(parts["kept"])
        self.best = parts.get("best", {})
        moments = {}
        for name, x in parts.get("optimiser", {}).items():
            index, _, moment = name.partition("/")
            moments.setdefault(int(index), {})[moment] = x
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})

    def give_best(self):
        """Put the weights that were best on validation into the model, or the present ones before the first check."""
        self.model.load_state_dict(self.best or self.kept.state_dict())
        self.model.eval()


def to_device(batch, device):
    """Move arrays and tensors, alone or in tuples, lists and dicts, to a device."""
    import torch

    if isinstance(batch, dict):
        return {name: to_device(x, device) for name, x in batch.items()}
    if isinstance(batch, (tuple, list)):
        return type(batch)(to_device(x, device) for x in batch)
    return torch.as_tensor(batch).to(device)
