"""`emgtut benchmark --task fatigue|gesture|disorder`: the tables of room V, each by one command."""

from pathlib import Path

import typer

from emgtut.commands import options, staging

MOST_CLASSES = 10  # a published table tells confusions up to so many classes; the run's own table always does


def run(task, *, data, methods, models, schemes, size, seeds, out, fresh, results):
    """Run one task, write its tables, and print the averages.

    Parameters
    ----------
    task : str
        Which.
    data : str
        "synthetic" or what else the task knows.
    methods, models, schemes : sequence of str, or None
        As asked; None is the usual choice.
    size : str or None
        As asked.
    seeds : sequence of int
        Of noise and training.
    out, results : path or None
        Folder of the run, and of small tables for publishing.
    fresh : bool
        Begin anew.
    """
    from emgtut.benchmark import tables, tasks

    asked = {"data": data, "seeds": seeds, "size": size, "schemes": schemes}
    asked |= {} if models is None else {"models": models}
    study = tasks.make_study(task, inputs=methods, **asked)
    if results is not None and not results.is_dir():
        raise ValueError(f"The folder '{results}' does not exist: make it first, or choose another for --results.")
    folder = out or Path("runs") / f"task_{task}_{data}"
    found = tasks.run_study(study, folder, fresh=fresh, track=_track)
    told = {
        kind: tasks.task_provenance(study, rows, command=command(task, data, methods, models, schemes, size, seeds))
        for kind, rows in found.items()
    }
    small = dict(found)
    if "rows" in found:
        small["summary"], told["summary"] = tasks.summarise_task(found["rows"]), told["rows"]
        small["rows"] = _readable(found["rows"])
    if "slopes" in found:
        small["slopes_summary"], told["slopes_summary"] = tasks.summarise_slopes(found["slopes"]), told["slopes"]
    with staging.staged(folder) as stage:
        for kind, rows in found.items():
            rows.attrs = {"provenance": told[kind]}
            rows.to_parquet(stage / f"{kind}.parquet", index=False)
        _write(tables, stage, task, small, told)
    if results is not None:
        _write(tables, results, task if data == "synthetic" else f"{task}_{data}", small, told)
    for note in study.notes:
        typer.echo(note)
    if "summary" in small:
        _print(small["summary"])
    if "slopes_summary" in small:
        _print_slopes(small["slopes_summary"])
    typer.echo(f"{folder}: {', '.join(_file(task, kind) for kind in small)}")


def command(task, data, methods, models, schemes, size, seeds):
    """Write the command that makes a table, without what belongs to one machine.

    Parameters
    ----------
    task, data, methods, models, schemes, size, seeds
        As for `run`.

    Returns
    -------
    str
        The command.

    Examples
    --------
    >>> command("fatigue", "synthetic", ["highpass"], None, None, "quick", (0, 1))
    'emgtut benchmark --task fatigue --data synthetic --methods highpass --size quick --seeds 0,1'

    Lesson
    ------
    Command line
    """
    words = [f"emgtut benchmark --task {task} --data {data}"]
    for name, chosen in (("--methods", methods), ("--models", models), ("--scheme", schemes)):
        words += [] if chosen is None else [f"{name} {','.join(chosen)}"]
    words += [] if size is None else [f"--size {size}"]
    return " ".join([*words, f"--seeds {','.join(map(str, seeds))}"])


def _write(tables, folder, name, small, told):
    for kind, rows in small.items():
        tables.write_csv(folder / _file(name, kind), rows, told[kind], digits=6)


def _file(name, kind):
    return f"task_{name}.csv" if kind == "rows" else f"task_{name}_{kind}.csv"


def _readable(rows):
    """Rows without confusions where there are too many classes to tell them in a small table."""
    from emgtut.apply.evaluation import confusion_matrix

    return rows if len(confusion_matrix(rows["confusion"])[0]) <= MOST_CLASSES else rows.drop(columns="confusion")


def _print(summary):
    """One line for each model and input, a table for each scheme."""
    heads = ["model", "input", ">accuracy %", ">against noisy", ">balanced %", ">F1 %"]
    for scheme, part in summary.groupby("scheme", sort=False):
        lines = []
        for (model, name), some in part.groupby(["model", "input"], sort=False):
            by_score = some.set_index("score")
            first, others = by_score.loc["accuracy"], by_score["estimate"]
            told = [_percent(first["estimate"], first["low"], first["high"])]
            told += [_percent(first["difference"], first["difference_low"], first["difference_high"], sign="+")]
            told += [f"{100 * others[score]:.1f}" for score in ("balanced_accuracy", "macro_f1")]
            lines.append([model, name, *told])
        options.print_table(f"Split by {scheme}; in brackets 95 % by subject", heads, lines)


def _print_slopes(summary):
    """One line for each input."""
    heads = ["input", ">channels that fall %", ">fall of the MDF %", ">off the clean one %", ">off the velocity %"]
    lines = []
    for name, some in summary.groupby("input", sort=False):
        told = [_percent(row.estimate, row.low, row.high) for row in some.itertuples()]
        lines.append([name, *told])
    options.print_table("Slope of the median frequency; in brackets 95 % by subject", heads, lines)


def _percent(value, low, high, sign=""):
    if value != value:
        return "-"
    if low != low:  # one or two people have no interval
        return f"{100 * value:{sign}.1f}"
    return f"{100 * value:{sign}.1f} ({100 * low:{sign}.1f} to {100 * high:{sign}.1f})"


def _track(items, total):
    with options.progress("jobs") as bar:
        yield from bar.track(items, total=total)
