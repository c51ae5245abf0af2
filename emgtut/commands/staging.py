"""Before and after the work: where results may go, and how several pictures appear whole or not at all."""

import contextlib
import os
import pathlib
import tempfile

WFDB_SUFFIXES = (".hea", ".dat")


def family(path):
    """List the files that one name may stand for: a WFDB record is a header and a data file.

    Parameters
    ----------
    path : path
        File name as the user gave it; a WFDB record may be named without suffix.

    Returns
    -------
    list of pathlib.Path
        The names, whether or not the files exist.

    Examples
    --------
    >>> [p.name for p in family("walk.hea")], [p.name for p in family("walk")]
    (['walk.hea', 'walk.dat'], ['walk', 'walk.hea', 'walk.dat'])

    Lesson
    ------
    Command line
    """
    path = pathlib.Path(path)
    if path.suffix.lower() in WFDB_SUFFIXES:
        return [path.with_suffix(suffix) for suffix in WFDB_SUFFIXES]
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give one recording.")
    return [path, *(path.with_name(path.name + suffix) for suffix in WFDB_SUFFIXES)]


def check_targets(targets, *, inputs, force):
    """Refuse, before any work is done, to write where no result can or should go.

    Parameters
    ----------
    targets : list of path
        Files the command will write.
    inputs : list of path
        Files the command reads; they are never overwritten, whatever `force` says.
    force : bool
        Whether other existing files may be replaced.

    Raises
    ------
    ValueError
        If a folder is missing or locked, a target exists and `force` is false, or a target is an input.

    Examples
    --------
    >>> check_targets(["no_such_folder/out.csv"], inputs=[], force=False)
    Traceback (most recent call last):
        ...
    ValueError: The folder 'no_such_folder' does not exist: make it first, or choose another place for 'out.csv'.

    Lesson
    ------
    Command line
    """
    sources = [file for path in inputs for file in family(path) if file.exists()]
    for target in map(pathlib.Path, targets):
        folder = target.parent
        if not folder.is_dir():
            raise ValueError(
                f"The folder '{folder}' does not exist: make it first, or choose another place for '{target.name}'."
            )
        if not os.access(folder, os.W_OK):
            raise ValueError(f"The folder '{folder}' does not let you write: choose another place for '{target.name}'.")
        for file in family(target) if target.suffix.lower() in WFDB_SUFFIXES else [target]:
            if file.exists():
                _check_replaceable(file, sources, force)


def _check_replaceable(file, sources, force):
    """Refuse to replace an input, a folder, or, without force, anything."""
    if any(file.samefile(source) for source in sources):
        raise ValueError(f"'{file}' is an input and is never overwritten: give the result another name.")
    if file.is_dir():
        raise ValueError(f"'{file}' is a folder: give a file name for the result.")
    if not force:
        raise ValueError(f"'{file}' exists already: choose another name, or add --force to replace it.")


@contextlib.contextmanager
def staged(folder):
    """Give a hidden folder to write in; move its files to `folder` if the block ends well.

    Parameters
    ----------
    folder : path
        Where the files belong.

    Yields
    ------
    pathlib.Path
        The hidden folder, on the same disk, so that each file appears by one rename.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with staged(place) as stage:
    ...         _ = (stage / "out.txt").write_text("whole")
    ...         during = [p.name for p in pathlib.Path(place).glob("out*")]
    ...     during, [p.name for p in pathlib.Path(place).iterdir()]
    ([], ['out.txt'])

    Lesson
    ------
    Command line
    """
    with tempfile.TemporaryDirectory(prefix=".emgtut-", dir=folder) as name:
        stage = pathlib.Path(name)
        yield stage
        for file in sorted(stage.iterdir()):
            os.replace(file, pathlib.Path(folder) / file.name)
