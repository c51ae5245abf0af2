"""The folder of a run: what it is, and one file for each block, method and mode that is finished.

A file appears by a rename when its rows are complete and is never written again, so a run that is killed loses the
blocks it was at, and nothing else.
"""

import io
import json
from pathlib import Path

from emgtut.data.prepare import write_whole

__all__ = ["check_settings", "claim", "finished", "forget", "keep", "read_table"]

SETTINGS = "benchmark.json"


def claim(out, about):
    """Take a folder for a benchmark, or refuse one that holds another benchmark.

    Parameters
    ----------
    out : path
        The folder; made if it is not there.
    about : dict
        What the benchmark is.

    Raises
    ------
    ValueError
        If the folder holds another benchmark, or anything else.
    """
    out, told = Path(out), json.dumps(about, indent=1, sort_keys=True)
    path = out / SETTINGS
    if path.is_file():
        if path.read_text("utf-8") != told:
            raise ValueError(f"'{out}' holds another benchmark (see {SETTINGS} there): name another folder.")
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"'{out}' is not empty and holds no benchmark: name another folder.")
    write_whole(path, told.encode("utf-8"))


def finished(out):
    """List what is finished in the folder of a run.

    Parameters
    ----------
    out : path
        The folder.

    Returns
    -------
    set of (str, str, str)
        Block, method and mode.

    Examples
    --------
    >>> finished("a folder that does not exist")
    set()

    Lesson
    ------
    19 Showdown
    """
    files = (Path(out) / "blocks").glob("*/*.parquet")
    return {(file.parent.name, *file.stem.rsplit(".", 1)) for file in files}


def keep(out, block, method, mode, rows, stamp):
    """Write the rows of one block whole or not at all, with the `stamp`: a dict of commit, date and settings."""
    import pandas as pd

    table = pd.DataFrame(rows)
    table.insert(0, "block", block)
    table.attrs = {"provenance": stamp}
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    write_whole(_file(out, block, method, mode), content.getvalue())


def forget(out, methods, modes):
    """Delete the finished blocks of some methods in some modes, so that they are scored anew."""
    for block, method, mode in finished(out):
        if method in methods and mode in modes:
            _file(out, block, method, mode).unlink()


def check_settings(out, settings):
    """Refuse to go on with a method whose settings are not those of its finished blocks.

    Parameters
    ----------
    out : path
        The folder.
    settings : dict of str to str
        Settings of each method now.

    Raises
    ------
    ValueError
        If a method was calibrated, trained or changed in between.
    """
    import pandas as pd

    seen = set()
    for block, method, mode in sorted(finished(out)):
        if method in settings and (method, mode) not in seen:
            seen.add((method, mode))
            before = pd.read_parquet(_file(out, block, method, mode)).attrs["provenance"]["settings"]
            if before != settings[method]:
                raise ValueError(
                    f"{method} has other settings than when its {mode} blocks in '{out}' were scored: add --fresh to "
                    f"score it anew with {mode} among the modes, or name another folder."
                )


def read_table(out, *, blocks=None):
    """Read the table of a run: every method and mode that has finished all blocks.

    Parameters
    ----------
    out : path
        The folder.
    blocks : collection of str, optional
        All blocks of the benchmark; without it, those that any method has finished.

    Returns
    -------
    DataFrame
        One row per case, method and mode, sorted by block, method and mode; `attrs["commits"]` lists the commits of
        the program that made it.

    Raises
    ------
    ValueError
        If nothing is finished there.

    Examples
    --------
    >>> read_table("a folder that does not exist")
    Traceback (most recent call last):
        ...
    ValueError: No method has finished in 'a folder that does not exist': run the benchmark to its end.

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    done = finished(out)
    wanted = set(blocks) if blocks is not None else {block for block, _, _ in done}
    pairs = sorted({(method, mode) for _, method, mode in done})
    whole = [pair for pair in pairs if all((block, *pair) in done for block in wanted)]
    if not whole:
        raise ValueError(f"No method has finished in '{out}': run the benchmark to its end.")
    parts = [pd.read_parquet(_file(out, block, *pair)) for block in sorted(wanted) for pair in whole]
    commits = {part.attrs["provenance"]["commit"] for part in parts}
    for part in parts:
        part.attrs = {}
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table.attrs = {"commits": sorted(commits)}
    return table


def _file(out, block, method, mode):
    return Path(out) / "blocks" / block / f"{method}.{mode}.parquet"
