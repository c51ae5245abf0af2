"""`emgtut benchmark`: score methods on the frozen benchmark, a published package or recordings of your own."""

import json
from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import benchmark_tasks, options

TASKS = ("denoise", "fatigue", "gesture", "disorder")
USUAL_S = 2.0  # window of the frozen benchmark
USUAL_SEEDS = "0,1,2"  # of a task
VERDICTS = {
    "exact": "The windows are those of version 1, bit for bit.",
    "equal": "The windows are those of version 1, to a thousandth of the clean RMS; other libraries or processor.",
    "different": "The windows are NOT those of version 1.",
}


def benchmark(
    data: Annotated[
        str,
        typer.Option("--data", metavar="SIDE", help="real, synthetic, cleansemg, your file; with --task see the task."),
    ] = "synthetic",
    protocol: Annotated[str, typer.Option("--protocol", help="ecg or mixtures.")] = "mixtures",
    methods: Annotated[
        str | None, typer.Option("--methods", metavar="A,B", help="Names of methods; all when left out.")
    ] = None,
    modes: Annotated[str, typer.Option("--modes", help="blind, oracle, or both with a comma.")] = "blind,oracle",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the run; runs/benchmark_... when left out.")
    ] = None,
    windows: Annotated[
        int | None, typer.Option("--windows", help="Windows per subject and condition (cleansemg: pairs in all).")
    ] = None,
    window_s: Annotated[float, typer.Option("--window-s", help="Length of a window in seconds.")] = USUAL_S,
    jobs: Annotated[int, typer.Option("--jobs", help="Processes, one thread each.")] = 1,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler to use instead of processes.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh/--resume", help="Score the named methods anew, or go on where a run stopped.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Draw the windows, compare them with version 1, score nothing.")
    ] = False,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results", metavar="DIR", help="Put the small tables for publishing there; methods of earlier runs stay."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the mixtures; the frozen one when left out.")] = None,
    fs: options.FsOption = None,
    units: options.UnitsOption = None,
    task: Annotated[
        str,
        typer.Option("--task", help="What is judged: denoise, or what a task makes of it: fatigue, gesture, disorder."),
    ] = "denoise",
    models: Annotated[
        str | None, typer.Option("--models", metavar="A,B", help="With a task: classifiers; all when left out.")
    ] = None,
    scheme: Annotated[
        str | None, typer.Option("--scheme", metavar="A,B", help="With a task: how people or windows are split.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", help="With a task: how much data and training, such as quick.")
    ] = None,
    seeds: Annotated[str, typer.Option("--seeds", metavar="A,B", help="With a task: seeds.")] = USUAL_SEEDS,
):
    """Score methods on clean windows with known contaminants, or by what a task makes of their output.

    A run that was stopped goes on where it was.
    """
    if task not in TASKS:
        raise options.Misuse(f"There is no task {task!r}: choose {' or '.join(TASKS)}.")
    if task != "denoise":
        others = {"--protocol": protocol != "mixtures", "--modes": modes != "blind,oracle", "--check": check}
        others |= {"--windows": windows is not None, "--window-s": window_s != USUAL_S, "--jobs": jobs != 1}
        others |= {"--cluster": cluster is not None, "--seed": seed is not None, "--fs": fs is not None}
        _refuse(others | {"--units": units is not None}, f"does not go with --task {task}")
        benchmark_tasks.run(
            task, data=data, methods=_some(methods, "--methods"), models=_some(models, "--models"),
            schemes=_some(scheme, "--scheme"), size=size, seeds=_seeds(seeds), out=out, fresh=fresh, results=results,
        )  # fmt: skip
        return
    given = {"--models": models is not None, "--scheme": scheme is not None, "--size": size is not None}
    _refuse(given | {"--seeds": seeds != USUAL_SEEDS}, "goes with --task fatigue, gesture or disorder")
    from emgtut import benchmark as room
    from emgtut import denoise
    from emgtut.benchmark.pairing import BASELINE
    from emgtut.benchmark.scoring import MODES

    chosen = _names(methods, "--methods") if methods is not None else denoise.names()
    asked = _names(modes, "--modes")
    for name in chosen:
        denoise.get(name)
    wrong = [mode for mode in asked if mode not in MODES]
    if wrong:
        raise options.Misuse(f"There is no mode {wrong[0]!r}: choose blind, oracle, or blind,oracle.")
    if results is not None and not results.is_dir():
        raise ValueError(f"The folder '{results}' does not exist: make it first, or choose another for --results.")
    known = {} if seed is None else {"seed": _checked_seed(seed)}
    suite = room.suite(data, protocol, windows=windows, window_s=window_s, fs=fs, units=units, **known)
    if check:
        _check(suite, room.draw_all(suite, _bar("drawing")))
        return
    folder = out or Path("runs") / f"benchmark_{_file_name(suite)}"
    table = room.run(
        suite, [*chosen, BASELINE], folder, modes=asked, jobs=jobs, cluster=cluster, fresh=fresh, track=_bar("scoring")
    )
    told = room.provenance(suite, table, command=command(suite, table, windows, window_s))
    _report(suite, table, told, folder, results)


def command(suite, table, windows, window_s):
    """Write the command that makes a table, without what belongs to one machine.

    Parameters
    ----------
    suite : Suite
        What was scored.
    table : DataFrame
        The rows; they name methods and modes.
    windows : int or None
        As asked.
    window_s : float
        As asked, in seconds.

    Returns
    -------
    str
        The command.

    Examples
    --------
    >>> import pandas as pd
    >>> from emgtut.benchmark import Suite
    >>> rows = pd.DataFrame({"method": ["zero", "identity"], "mode": ["blind", "blind"]})
    >>> command(Suite("real", "ecg", [], {"seed": 2026}), rows, None, 2.0)
    'emgtut benchmark --data real --protocol ecg --methods zero,identity --modes blind --seed 2026'

    Lesson
    ------
    Command line
    """
    words = ["emgtut benchmark", f"--data {suite.data if ' ' not in suite.data else 'PATH'}"]
    words += [] if suite.protocol == "published" else [f"--protocol {suite.protocol}"]
    words += [
        f"--methods {','.join(dict.fromkeys(table['method']))}",
        f"--modes {','.join(dict.fromkeys(table['mode']))}",
    ]
    words += [] if windows is None else [f"--windows {windows}"]
    words += [] if window_s == USUAL_S else [f"--window-s {window_s:g}"]
    words += [f"--seed {suite.about['seed']}"] if "seed" in suite.about else []
    return " ".join(words)


def _report(suite, table, told, folder, results):
    """Write tables, pages and pictures, and print the leaderboard."""
    from emgtut.benchmark import tables

    table.attrs = {"provenance": told}
    averages = tables.averages(table)
    gave_up = tables.failures(table)
    name = _file_name(suite)
    with _staged(folder) as stage:
        table.to_parquet(stage / "table.parquet", index=False)
        tables.write_csv(stage / "averages.csv", averages, told, digits=6)
        (stage / "provenance.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
        _pages(stage, f"Benchmark {name.replace('_', ', ')}", averages, gave_up, told)
    if results is not None:
        _publish(results, f"benchmark_{name}", table, averages, told)
    for note in suite.notes:
        typer.echo(note)
    _say_frozen(suite, table)
    _print_leaderboard(averages)
    for line in gave_up:
        typer.echo(line)
    typer.echo(
        f"{folder}: {table['case'].nunique()} windows; leaderboard.md, leaderboard.html, averages.csv, table.parquet"
    )


def _publish(results, name, table, averages, told):
    """Write the small tables; rows of methods that are there already and not in this run stay."""
    from emgtut.benchmark import tables

    told = {key: str(value) for key, value in told.items()}
    kinds = {
        f"{name}.csv": (averages, ["by", "quantity"], tables.read_csv),
        f"{name}_sample.csv": (tables.sample(table), ["block"], tables.read_csv),
        f"{name}_pairs.parquet": (tables.pairs(table), [], tables.read_pairs),
    }
    for file, (rows, within, read) in kinds.items():
        path, about = results / file, told
        if path.exists():
            before, known = read(path)
            rows = tables.joined(before, rows, within=within)
            about = tables.joined_told(known, told, rows)
        if path.suffix == ".csv":
            tables.write_csv(path, rows, about, digits=6 if "sample" not in file else None)
        else:
            tables.write_pairs(path, rows, about)


def _pages(stage, title, averages, gave_up, told):
    """Write leaderboard and pictures into a folder."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from emgtut.show import benchmark_plots, leaderboard, style

    style.use()
    shown = {
        "snr": (benchmark_plots.snr_plot, "SNR improvement against input SNR"),
        "kinds": (benchmark_plots.kinds_plot, "SNR improvement for each kind of contaminant"),
        "cost": (benchmark_plots.cost_plot, "SNR improvement against processor time"),
    }
    pictures = []
    for mode in dict.fromkeys(averages["mode"]):
        for file, (draw, what) in shown.items():
            if file == "kinds" and not (averages["by"] == "kinds").any():
                continue
            figure = draw(averages, mode=mode)
            figure.savefig(stage / f"{file}_{mode}.png", metadata={"Description": json.dumps(told)})
            plt.close(figure)
            pictures.append((f"{file}_{mode}.png", f"{what}, {mode}"))
    overall, gaps = _halves(averages)
    markdown = leaderboard.leaderboard_markdown(title, overall, gaps, gave_up, told)
    page = leaderboard.leaderboard_html(title, overall, gaps, gave_up, told, pictures)
    (stage / "leaderboard.md").write_text(markdown, encoding="utf-8")
    (stage / "leaderboard.html").write_text(page, encoding="utf-8")


def _print_leaderboard(averages):
    from emgtut.show.leaderboard import COLUMNS, leaderboard_rows

    overall, gaps = _halves(averages)
    for mode in dict.fromkeys(overall["mode"]):
        heads = [name if name == "method" else f">{name}" for name in COLUMNS]
        options.print_table(f"Mode: {mode}", heads, leaderboard_rows(overall, gaps, mode))


def _halves(averages):
    """Means and differences over everything."""
    over_all = averages[averages["by"] == "all"]
    return over_all[over_all["quantity"] == "mean"], over_all[over_all["quantity"] == "difference"]


def _check(suite, table):
    from emgtut.benchmark import digest

    typer.echo(f"{len(table)} windows drawn.")
    for column in ("fingerprint", "exact"):
        typer.echo(f"{column}: {digest(table, column=column)}")
    if _say_frozen(suite, table) == "different":
        raise ValueError(
            "The windows differ from version 1: give no --seed, --windows or --window-s, and verify the data."
        )


def _say_frozen(suite, table):
    """Say whether these are the frozen windows, where the question makes sense; return the verdict or None."""
    from emgtut.benchmark.freezing import check_frozen, frozen_suites

    if (suite.data, suite.protocol) not in frozen_suites():
        typer.echo("This data side is not frozen: compare its numbers with nothing but themselves.")
        return None
    verdict = check_frozen(suite.data, suite.protocol, table)
    typer.echo(VERDICTS[verdict])
    return verdict


def _names(text, option):
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise options.Misuse(f"{option} names nothing: give names with commas between them.")
    return found


def _some(text, option):
    return None if text is None else _names(text, option)


def _seeds(text):
    found = _names(text, "--seeds")
    if not all(one.isdecimal() for one in found):
        raise options.Misuse(f"--seeds is {text!r}, but it must list whole numbers of zero or above: give 0,1,2.")
    return tuple(dict.fromkeys(int(one) for one in found))


def _refuse(given, why):
    """Say of the first option that was given that it makes no sense here."""
    for option in [name for name, there in given.items() if there]:
        raise options.Misuse(f"{option} {why}: leave it out.")


def _checked_seed(seed):
    if seed < 0:
        raise options.Misuse(f"The seed is {seed}, but it must be zero or above: give for example --seed 2026.")
    return seed


def _file_name(suite):
    length = suite.about["window_s"]
    return f"{suite.data.replace(' ', '-')}_{suite.protocol}" + (f"_{length:g}s" if length != USUAL_S else "")


def _bar(what):
    def track(items, total):
        with options.progress(what) as bar:
            yield from bar.track(items, total=total)

    return track


def _staged(folder):
    from emgtut.commands import staging

    return staging.staged(folder)
