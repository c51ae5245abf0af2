"""Which networks can be trained, and how: the same data and the same windows for all of them.

Each network of the course has an entry here; `train` does the rest. The corpus gives mixtures of training people and
training noise. The choice of weights looks at a fixed set of windows from people and noise of the validation part.
People, recordings and noise of the test part are not in the corpus at all.
"""

import importlib
import time
from dataclasses import dataclass

import numpy as np

from emgtut.assess.metrics import snr_db
from emgtut.contaminate.corpus import TASKS
from emgtut.learn import Card, History, Recipe, fit, rng_for, save_weights, seeded
from emgtut.signals import check_count

__all__ = ["SHIPPED_BYTES", "TRAINABLE", "Trainable", "Trained", "Validation", "ship", "suited", "train"]

FS = 1000.0  # Hz, of every network
WINDOW_S = 2.0
VARIED = 0.7  # share of recorded hearts that are seen otherwise in training: there are few of them
SHIPPED_BYTES = 5_000_000  # largest file of weights that comes with the package
AT_ONCE = 64  # windows that a network gets together while it is judged
CHOICE, SCORE = 1, 2  # seeds of the windows that choose the weights, and of those that score what was chosen


@dataclass(frozen=True)
class Trainable:
    """A network that `train` knows.

    Parameters
    ----------
    network : str
        Its class as ``module.Class``; the module has ``training_loss(model, noisy, clean)`` too.
    width : int
        Channels in the course (dimensionless); any other number can be asked for.
    recipe : Recipe
        How it is trained unless told otherwise.
    calls : int
        0 for a network that maps noisy to clean at once; else how often a diffusion network is called in a walk from
        noise to a clean signal.

    Examples
    --------
    >>> TRAINABLE["fcn"].network
    'emgtut.denoise.fcn.FCN'

    Lesson
    ------
    15 FCN
    """

    network: str
    width: int
    recipe: Recipe
    calls: int = 0

    def make(self, width, *, seed):
        """Return the network with `width` channels, its weights drawn from `seed`."""
        module, name = self._module()
        with seeded(seed):
            return getattr(module, name)(width)

    def loss(self, model, batch):
        """Return the training loss of a batch (noisy, clean), each of shape (n_windows, n_samples)."""
        return self._module()[0].training_loss(model, *batch)

    def estimate(self, model, noisy):
        """Return the network's estimate for noisy windows, shape (n_windows, n_samples), at unit deviation."""
        if not self.calls:
            return model(noisy)
        import torch

        from emgtut.denoise.diffusion import REFRESHED, few_levels, refreshed

        # The same noise for all windows: what a window becomes must not depend on its place in the batch.
        noise = torch.randn(self.calls, 1, noisy.shape[-1], generator=torch.Generator().manual_seed(0)).to(noisy)
        noises = noise.expand(-1, *noisy.shape)
        return refreshed(model, noisy, noises, levels=few_levels(self.calls, **REFRESHED))

    def _module(self):
        module, _, name = self.network.rpartition(".")
        return importlib.import_module(module), name


def _recipe(name, **changes):
    # One processor core does this in half an hour to two hours. No network got its learning rate by a search.
    common = {"steps": 12_000, "batch": 16, "lr": 1e-3, "schedule": "cosine", "warmup": 500, "check_every": 500}
    return Recipe(name, **(common | {"ema_decay": 0.999, "clip_norm": 1.0, "patience": 8} | changes))


TRAINABLE = {
    "fcn": Trainable("emgtut.denoise.fcn.FCN", 80, _recipe("fcn")),  # its loss became nan in bfloat16
    "sdemg": Trainable("emgtut.denoise.sdemg.SDEMG", 16, _recipe("sdemg", lr=5e-4, bf16=True), calls=6),
    "msemg": Trainable("emgtut.denoise.msemg.MSEMG", 16, _recipe("msemg")),
    "trustemg": Trainable("emgtut.denoise.trustemg.TrustEMG", 16, _recipe("trustemg", bf16=True)),
    "tcn": Trainable("emgtut.denoise.tcn.TCN", 80, _recipe("tcn", steps=16_000, lr=2e-3, bf16=True)),
    "tcn_causal": Trainable(
        "emgtut.denoise.tcn_causal.CausalTCN", 64, _recipe("tcn_causal", steps=10_000, lr=2e-3, bf16=True)
    ),
}


@dataclass
class Trained:
    """What came out of a training.

    Parameters
    ----------
    name : str
        Name of the network.
    entry : Trainable
        Its entry.
    model : torch.nn.Module
        The network with the weights that were best on validation.
    width : int
        Its channels.
    recipe : Recipe
        As used.
    history : History
        What happened.
    device : str
        Where it was trained.
    data : dict
        What is known about the corpus.

    Examples
    --------
    >>> Trained("fcn", TRAINABLE["fcn"], None, 80, TRAINABLE["fcn"].recipe, History(), "cpu", {}).width
    80

    Lesson
    ------
    15 FCN
    """

    name: str
    entry: Trainable
    model: object
    width: int
    recipe: Recipe
    history: History
    device: str
    data: dict


class Validation:
    """A fixed set of mixtures from the validation part, and the mean gain in SNR that a network has on it.

    Parameters
    ----------
    corpus : emgtut.contaminate.corpus.Corpus
        Where the windows are drawn from.
    estimate : callable
        ``estimate(model, noisy)`` on tensors.
    windows : int
        Number of windows of each task.
    seed : int
        Of the draw (dimensionless).

    Examples
    --------
    >>> import tempfile
    >>> from emgtut.contaminate.corpus import build
    >>> from emgtut.contaminate.material import Sizes
    >>> few = Sizes(people=(1, 1), hearts=(1, 1), movements=(1, 1), grids=(1, 1), colours=(1, 1), seconds=6.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corpus = build(f"{folder}/corpus.npz", sizes=few, real="none")
    >>> check = Validation(corpus, lambda model, noisy: noisy, windows=4)
    >>> {task: bool(np.abs(gains).max() < 1e-9) for task, gains in check.gains(None, "cpu").items()}
    {'ecg': True, 'mixture': True}

    Lesson
    ------
    15 FCN
    """

    def __init__(self, corpus, estimate, *, windows=128, seed=CHOICE):
        self.estimate = estimate
        n_samples = round(WINDOW_S * FS)
        self.pairs = {
            task: corpus.batch(rng_for(seed, step), windows, "validation", n_samples, task)
            for step, task in enumerate(TASKS)
        }

    def gains(self, model, device):
        """Return the gain in SNR of each window, shape (n_windows,), in dB, for each task."""
        import torch

        found = {}
        for task, (noisy, clean) in self.pairs.items():
            pieces = []
            for start in range(0, len(noisy), AT_ONCE):
                with torch.no_grad():
                    piece = self.estimate(model, torch.as_tensor(noisy[start : start + AT_ONCE]).to(device))
                pieces.append(piece.float().cpu().numpy())
            estimate = np.concatenate(pieces)
            if not np.isfinite(estimate).all():
                found[task] = np.full(len(noisy), np.nan)
                continue
            clean64 = clean.astype(np.float64)
            found[task] = snr_db(clean64, estimate.astype(np.float64)) - snr_db(clean64, noisy.astype(np.float64))
        return found

    def __call__(self, model):
        """Return what `fit` wants: the loss is minus the mean gain in dB over both tasks."""
        gains = self.gains(model, next(model.parameters()).device)
        by_task = {f"snr_imp_{task}_db": float(values.mean()) for task, values in gains.items()}
        return {"loss": -float(np.mean(list(by_task.values()))), **by_task}


def train(name, corpus, *, folder, width=None, device="cpu", progress=True, stop_after_s=None, windows=128, **changes):
    """Train a network of the course, or go on training it.

    Parameters
    ----------
    name : str
        One of `TRAINABLE`.
    corpus : emgtut.contaminate.corpus.Corpus
        Training and validation material.
    folder : path
        Where checkpoint and log are kept.
    width : int, optional
        Channels (dimensionless); by default those of the course.
    device : str
        "cpu" or "cuda".
    progress : bool
        Show a progress bar in a terminal.
    stop_after_s : float, optional
        End after about so many seconds; the next call goes on.
    windows : int
        Validation windows of each task.
    **changes
        Fields of the recipe to change, for example `steps` or `seed`.

    Returns
    -------
    Trained

    Raises
    ------
    ValueError
        If the network is unknown, the loss is not finite, or the folder holds another run.

    Examples
    --------
    >>> train("magic", None, folder="runs/magic")
    Traceback (most recent call last):
        ...
    ValueError: There is no network called 'magic': choose one of fcn, ...

    Lesson
    ------
    15 FCN
    """
    if name not in TRAINABLE:
        raise ValueError(f"There is no network called {name!r}: choose one of {', '.join(TRAINABLE)}.")
    entry = TRAINABLE[name]
    width = check_count(entry.width if width is None else width, name="width", smallest=4)
    if width % 4:
        raise ValueError(f"width is {width}, but it must be a multiple of 4: choose for example {width + -width % 4}.")
    recipe = suited(entry.recipe.but(**changes).fitted(), device)
    n_samples = round(WINDOW_S * FS)

    def batches(rng, step):
        return corpus.batch(rng, recipe.batch, "train", n_samples, vary=VARIED)

    model = entry.make(width, seed=recipe.seed)
    if recipe.bf16 and device == "cpu":
        spare = entry.make(width, seed=recipe.seed)
        recipe = recipe.but(bf16=_exact_in_bf16(spare, entry.loss, batches(rng_for(recipe.seed, 0), 0)))
    check = Validation(corpus, entry.estimate, windows=windows)
    about = {"network": entry.network, "width": width, "corpus": corpus.about["sha256"], "windows": windows}
    history = fit(
        model, entry.loss, batches, check, recipe=recipe, folder=folder, device=device,
        progress=progress, stop_after_s=stop_after_s, about=about,
    )  # fmt: skip
    return Trained(name, entry, model, width, recipe, history, device, corpus.about)


def _exact_in_bf16(model, loss, batch):
    """Whether every convolution of a network, spoilt by this, gives nearly the same in bfloat16.

    Some processors' libraries are wrong, not just rough, for few channels and a stride: by as much as the result.
    """
    import torch

    seen = []
    layers = [x for x in model.modules() if isinstance(x, (torch.nn.Conv1d, torch.nn.ConvTranspose1d))]
    hooks = [layer.register_forward_hook(lambda *call: seen.append(call)) for layer in layers]
    with torch.no_grad(), seeded(0):
        loss(model, [torch.as_tensor(x) for x in batch])
        for hook in hooks:
            hook.remove()
        errors = [(layer.bfloat16()(x.bfloat16()).float() - y).norm() / (y.norm() + 1e-12) for layer, (x,), y in seen]
    return all(error < 0.05 for error in errors)


def suited(recipe, device):
    """Return the recipe without bfloat16 where the processor has none and would only imitate it, slowly.

    How slowly is measured by ``benchmarks/bf16.py``.

    Parameters
    ----------
    recipe : emgtut.learn.Recipe
        How to train.
    device : str
        "cpu" or "cuda".

    Returns
    -------
    emgtut.learn.Recipe

    Examples
    --------
    >>> suited(Recipe("fcn", bf16=True), "cuda").bf16
    True

    Lesson
    ------
    15 FCN
    """
    import torch

    imitated = device == "cpu" and not torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return recipe.but(bf16=recipe.bf16 and not imitated)


def ship(trained, corpus, folder, *, windows=512, **facts):
    """Score what was trained, and write weights and card.

    Parameters
    ----------
    trained : Trained
        What `train` returned.
    corpus : emgtut.contaminate.corpus.Corpus
        The same corpus; the score is taken on fresh windows of its validation part.
    folder : path
        Where to.
    windows : int
        Windows of each task for the score.
    **facts
        More fields of the card: `command`, `commit`, `date`.

    Returns
    -------
    Card

    Raises
    ------
    ValueError
        If the weights are larger than `SHIPPED_BYTES` even with 16 bits a number, or nothing was chosen yet.

    Lesson
    ------
    15 FCN

    Examples
    --------
    >>> ship(Trained("fcn", TRAINABLE["fcn"], None, 80, None, History(), "cpu", {}), None, "weights")
    Traceback (most recent call last):
        ...
    ValueError: The run of fcn has not looked at its validation data yet: train it further first.
    """
    if trained.history.best_step is None:
        raise ValueError(
            f"The run of {trained.name} has not looked at its validation data yet: train it further first."
        )
    n_bytes = sum(x.numel() * x.element_size() for x in trained.model.state_dict().values())
    half = n_bytes > SHIPPED_BYTES
    if half and n_bytes > 2 * SHIPPED_BYTES:
        raise ValueError(
            f"The weights of {trained.name} take {n_bytes / 2e6:.1f} MB, more than the {SHIPPED_BYTES / 1e6:g} MB that "
            "may come with the package: train it with a smaller --width."
        )
    if half:
        _round_to_half(trained.model)  # score what will be stored
    card = Card(
        trained.name,
        trained.entry.network,
        settings={"width": trained.width},
        data=f"Corpus of {', '.join(trained.data['datasets'])}; training part, at 1 kHz, windows of {WINDOW_S:g} s",
        data_hash=trained.data["sha256"],
        recipe=trained.recipe.as_dict() | {"best_step": trained.history.best_step},
        seed=trained.recipe.seed,
        device=trained.device,
        scores=_scores(trained, corpus, windows),
        speed=_speed(trained),
        **facts,
    )
    return save_weights(folder, trained.name, trained.model, card, half=half)


def _round_to_half(model):
    for x in model.state_dict().values():
        if x.is_floating_point():
            x.copy_(x.half())


def _scores(trained, corpus, windows):
    """Mean gain in SNR on fresh windows of the validation part, with 95 % intervals over windows."""
    check = Validation(corpus, trained.entry.estimate, windows=windows, seed=SCORE)
    found = {}
    for task, gains in check.gains(trained.model, trained.device).items():
        mean, error = float(gains.mean()), 1.96 * float(gains.std(ddof=1)) / np.sqrt(gains.size)
        rounded = {"value": mean, "low": mean - error, "high": mean + error}
        found[f"snr_imp_db, {task}, validation"] = {key: round(float(x), 3) for key, x in rounded.items()}
    return found


def _speed(trained, repeats=5):
    """Seconds of computing for a second of signal, one window at a time: median of a few."""
    import torch

    x = torch.ones(1, round(WINDOW_S * FS)).to(trained.device)
    taken = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        with torch.no_grad():
            trained.entry.estimate(trained.model, x).cpu()
        taken.append(time.perf_counter() - started)
    threads = f", {torch.get_num_threads()} threads" if trained.device == "cpu" else ""
    return {
        f"seconds per second of signal, {trained.device}{threads}": round(float(np.median(taken[1:])) / WINDOW_S, 5)
    }
