"""`emgtut train`: train a network of the course, or calibrate a classical method, and keep the result."""

import importlib.util
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import options, staging

ENDS = {
    "finished": "all steps done",
    "patience": "no gain for long, stopped early",
    "time": "time is up: the same command goes on",
}


@dataclass(frozen=True)
class Order:
    """What the user asked for.

    Parameters
    ----------
    name : str
        Network to train, or method to calibrate.
    folder, corpus : path
        Of the run, and of the training corpus.
    device : str
        Where to compute.
    stop_after_s : float or None
        Seconds after which to stop.
    ship : bool
        Whether to write weights and card into the package.
    width : int or None
        Channels; None takes the course's.
    changes : dict
        Fields of the recipe that differ, the seed among them.

    Examples
    --------
    >>> Order("fcn", Path("runs/fcn"), Path("runs/corpus.npz")).device
    'cpu'

    Lesson
    ------
    Command line
    """

    name: str
    folder: Path
    corpus: Path
    device: str = "cpu"
    stop_after_s: float | None = None
    ship: bool = False
    width: int | None = None
    changes: dict = field(default_factory=dict)


def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Network to train, or method to calibrate.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of all chance.")] = 0,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="Steps; without it, those of the recipe.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", min=1, help="Windows in a batch.")] = None,
    lr: Annotated[float | None, typer.Option("--lr", help="Highest learning rate.")] = None,
    width: Annotated[int | None, typer.Option("--width", min=4, help="Channels; without it, the course's.")] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.0, help="Stop after so long; the same command goes on later.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="Where to compute: cpu or cuda.")] = "cpu",
    corpus: Annotated[
        Path, typer.Option("--corpus", readable=False, help="Training corpus (.npz); made if it is not there.")
    ] = Path("runs/corpus.npz"),
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", readable=False, help="Checkpoint, log and curve, or settings; without it, runs/MODEL."
        ),
    ] = None,
    ship: Annotated[
        bool, typer.Option("--ship", help="Write weights and card, or settings, into the package.")
    ] = False,
):
    """Train a network of the course, or calibrate a classical method. A run that was stopped goes on where it was."""
    known = trainers()
    if model not in known:
        raise ValueError(f"There is nothing called '{model}' to train: choose one of {', '.join(known)}.")
    changes = {"seed": seed, "steps": steps, "batch": batch, "lr": lr}
    known[model](
        Order(
            model,
            folder or Path("runs") / model,
            corpus,
            device,
            None if minutes is None else 60 * minutes,
            ship,
            width,
            {name: value for name, value in changes.items() if value is not None},
        )
    )


def trainers():
    """List what can be trained: name -> function that takes an `Order`.

    Returns
    -------
    dict of str to callable
        In the order of the book.

    Examples
    --------
    >>> list(trainers())[:2]
    ['fcn', 'sdemg']

    Lesson
    ------
    Command line
    """
    from emgtut.assess.qase_training import JUDGES
    from emgtut.denoise.calibration import SEARCHED
    from emgtut.denoise.training import TRAINABLE

    networks = dict.fromkeys(TRAINABLE, train_denoiser) | dict.fromkeys(JUDGES, train_judge)
    return networks | dict.fromkeys(SEARCHED, calibrate)


# ---------------------------------------------------------------------------------------- what is trained


def train_denoiser(order):
    """Train a network that denoises."""
    _check_torch(order.device)
    from emgtut.denoise import training
    from emgtut.learn.cards import WEIGHTS

    corpus = ready_corpus(order)
    trained = training.train(
        order.name,
        corpus,
        folder=order.folder,
        width=order.width,
        device=order.device,
        stop_after_s=order.stop_after_s,
        **order.changes,
    )
    history = trained.history
    kept = []
    if history.rows:
        best = next(row for row in history.rows if row["step"] == history.best_step)
        tasks = [name for name in best if name.startswith("snr_imp_")]
        kept = [["kept: SNRimp", options.number(-history.best), "dB"]]
        kept += [[f"  of it {name[8:-3]}", options.number(best[name]), "dB"] for name in tasks]
    _report(order, trained.model, history, kept, unit="dB")
    typer.echo("SNRimp is the mean gain in SNR on the windows of the validation part that chose the weights.")
    if order.ship:
        _check_finished(history)
        command = _command(trained.recipe, trained.device, trained.width)
        _tell(training.ship(trained, corpus, WEIGHTS, command=command, **_stamp()))


def train_judge(order):
    """Train a network that tells the SNR without a reference."""
    if order.width is not None:
        raise options.Misuse(f"{order.name} has one width only: leave --width out.")
    _check_torch(order.device)
    from emgtut.assess import qase_training as judges
    from emgtut.learn.cards import WEIGHTS

    corpus = ready_corpus(order)
    model, history = judges.train_judge(
        order.name,
        corpus,
        folder=order.folder,
        device=order.device,
        stop_after_s=order.stop_after_s,
        **order.changes,
    )
    kept = [["kept: mean squared error", options.number(history.best), "dB²"]] if history.rows else []
    _report(order, model, history, kept, unit="dB²")
    if order.ship:
        _check_finished(history)
        recipe = judges.JUDGES[order.name].recipe.but(**order.changes)
        facts = {"recipe": recipe, "device": order.device, "command": _command(recipe, order.device), **_stamp()}
        _tell(judges.ship_judge(order.name, model, history, corpus, WEIGHTS, **facts))


def calibrate(order):
    """Choose the free settings of a classical method."""
    given = [f"--{name}" for name in ("steps", "batch", "lr") if name in order.changes]
    given += ["--width"] * (order.width is not None) + ["--minutes"] * (order.stop_after_s is not None)
    given += ["--device"] * (order.device != "cpu")
    if given:
        raise options.Misuse(f"{order.name} is calibrated, not trained: leave {', '.join(given)} out.")
    from emgtut.denoise import calibration
    from emgtut.learn.checkpoints import check_folder

    store = calibration.STORE if order.ship else order.folder / "calibrated.json"
    check_folder(store.parent)
    progress = sys.stdout.isatty()
    entry = calibration.calibrate(order.name, seed=order.changes["seed"], progress=progress, store=store)
    rows = [[name, str(value), ""] for name, value in entry["settings"].items()]
    rows += [["SNRimp", options.number(entry["snr_imp_db"]), "dB"], ["windows", str(entry["windows"]), ""]]
    rows += [["  of them not cleaned", str(entry["failed"]), ""], ["trials", str(len(entry["trials"])), ""]]
    rows += [["muscles", entry["provenance"]["muscles"], ""]]
    options.print_table(f"Calibration of {order.name}", ["what", ">value", "unit"], rows)
    typer.echo("SNRimp is the mean gain in SNR on the validation mixtures that chose the settings.")
    typer.echo(f"Written: {store}")


# ------------------------------------------------------------------------------------------------ before


def ready_corpus(order):
    """Open the training corpus, or make it; say what cannot be written before hours of work, not after.

    Parameters
    ----------
    order : Order
        Where corpus and run are.

    Returns
    -------
    emgtut.contaminate.corpus.Corpus

    Raises
    ------
    ValueError
        If the corpus is damaged or from another version, or a folder cannot be written.

    Examples
    --------
    >>> ready_corpus(Order("fcn", Path("runs/fcn"), Path("corpus.csv")))
    Traceback (most recent call last):
        ...
    ValueError: 'corpus.csv' is no name for a corpus: end it in .npz.

    Lesson
    ------
    Command line
    """
    from emgtut.contaminate.corpus import build
    from emgtut.learn.checkpoints import check_folder

    path = order.corpus
    if path.suffix != ".npz":
        raise ValueError(f"'{path}' is no name for a corpus: end it in .npz.")
    corpus = _open(path) if path.exists() else None
    check_folder(order.folder)
    if corpus is not None:
        return corpus
    check_folder(path.parent)
    typer.echo(f"Making the corpus {path}; this takes some minutes and is done once.")
    corpus = build(path)
    typer.echo(f"Written: {path}, from {', '.join(corpus.about['datasets'])}.")
    return corpus


def _open(path):
    from emgtut.contaminate.corpus import Corpus

    damaged = ValueError(f"'{path}' is not a whole training corpus: remove it, and it is made anew.")
    if not zipfile.is_zipfile(path):
        raise damaged
    try:
        return Corpus.open(path)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise damaged from error


def _check_torch(device):
    if importlib.util.find_spec("torch") is None:
        raise ValueError("Training needs PyTorch, which is not installed: `pip install -r requirements-torch.txt`.")
    import torch

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch's words for "no such device" and "built without it"
        raise ValueError(f"torch cannot compute on '{device}' here: leave --device out, or choose cpu.") from error


# ------------------------------------------------------------------------------------------------- after


def _report(order, model, history, kept, *, unit):
    """Print what happened, and draw it."""
    from emgtut.learn import count_parameters

    rows = [["parameters", f"{count_parameters(model):,}", ""], ["device", order.device, ""]]
    rows += [["end", ENDS[history.stopped], ""]]
    rows += [["steps done", f"{history.step:,}", ""]]
    if history.rows:
        rows += [["time at the last check", options.number(history.rows[-1]["seconds"]), "s"]]
        rows += [["kept: after step", f"{history.best_step:,}", ""], *kept]
    options.print_table(f"Training of {order.name}", ["what", ">value", "unit"], rows)
    typer.echo(f"Written: {order.folder / 'checkpoint.json'}")
    if history.rows:
        typer.echo(f"Written: {order.folder / 'log.csv'}")
        typer.echo(f"Written: {draw(history, order.folder, order.name, unit=unit)}")


def draw(history, folder, name, *, unit):
    """Draw the learning curve into a folder.

    Parameters
    ----------
    history : emgtut.learn.History
        What happened.
    folder : path
        Where to.
    name : str
        Name of the network, for the title.
    unit : str
        Unit of the validation.

    Returns
    -------
    pathlib.Path
        The picture.

    Examples
    --------
    >>> import tempfile
    >>> from emgtut.learn import History
    >>> with tempfile.TemporaryDirectory() as place:
    ...     draw(History([{"step": 1, "loss": 1.0, "validation": 1.0}]), place, "demo", unit="dB").name
    'curve.png'

    Lesson
    ------
    Command line
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from emgtut.show import style
    from emgtut.show.learning import learning_curve

    style.use()
    figure = learning_curve(history, title=f"Training of {name}", unit=unit)
    with staging.staged(folder) as stage:
        figure.savefig(stage / "curve.png")
    plt.close(figure)
    return Path(folder) / "curve.png"


def _check_finished(history):
    if not history.finished:
        raise ValueError("The run is not finished, so its weights are not shipped: repeat the command to go on.")


def _command(recipe, device, width=None):
    """The command for the card: rebuilt from what was used, so that no path of this machine gets into it."""
    text = f"emgtut train {recipe.name} --seed {recipe.seed} --steps {recipe.steps} --batch {recipe.batch}"
    return text + f" --lr {recipe.lr:g}" + (f" --width {width}" if width else "") + f" --device {device} --ship"


def _stamp():
    from emgtut.benchmark.tracing import stamp

    return stamp()


def _tell(card):
    """Print the scores of shipped weights and where they are."""
    from emgtut.learn.cards import WEIGHTS

    ends = ("value", "low", "high")
    rows = [
        [name, *(options.number(score[end]) if end in score else "" for end in ends)]
        for name, score in card.scores.items()
    ]
    options.print_table("On fresh validation windows", ["score", ">value", ">low", ">high"], rows)
    for suffix in (".safetensors", ".toml"):
        typer.echo(f"Written: {WEIGHTS / (card.name + suffix)}")
