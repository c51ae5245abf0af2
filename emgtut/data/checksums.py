"""SHA-256 sums: of a file, of a folder's own record, of an upstream list; and whether a file is what it should be."""

import hashlib
import os
import re

LEDGER = (
    ".emgtut-sha256"  # in each dataset's folder: what was seen at the first download, where the manifest knows nothing
)
LINE = re.compile(r"^([0-9a-f]{64})\s+\*?(\S.*?)\s*$")


def sha256_of(path):
    """Compute the SHA-256 of a file, as 64 hexadecimal digits.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "empty"
    >>> _ = path.write_bytes(b"")
    >>> sha256_of(path)
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    >>> folder.cleanup()
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(path):
    """Read a list of sums in the form of the program ``sha256sum``: name -> SHA-256; no file, no sums."""
    if not path.is_file():
        return {}
    lines = path.read_text("utf-8", "replace").splitlines()
    return {found[2]: found[1] for found in map(LINE.match, lines) if found}


def note_first_sight(folder, name, sha256):
    """Add a file to the folder's own record; the record is replaced as a whole, never half-written."""
    sums = {**read_sums(folder / LEDGER), name: sha256}
    fresh = folder / (LEDGER + ".part")
    fresh.write_text("".join(f"{value}  {key}\n" for key, value in sorted(sums.items())), "utf-8")
    os.replace(fresh, folder / LEDGER)


def fault(path, file, noted=None):
    """Say what is wrong with a file that is there.

    Parameters
    ----------
    path : pathlib.Path
        Where it lies.
    file : File
        What the manifest knows.
    noted : str, optional
        SHA-256 seen at first sight, or upstream's own; counts where the manifest knows none.

    Returns
    -------
    str or None
        One sentence, or None if nothing is wrong or nothing is known.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from emgtut.data.manifests import File
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "100.dat"
    >>> _ = path.write_bytes(b"abc")
    >>> fault(path, File("100.dat", size=4, sha256="0" * 64))
    '100.dat has 3 bytes where 4 are expected'
    >>> folder.cleanup()
    """
    accepted = {file.sha256 or noted, *(sha256 for _, sha256 in file.also)} - {None}
    if not accepted:
        return None
    size = path.stat().st_size
    sizes = {file.size, *(size for size, _ in file.also)}
    if None not in sizes and size not in sizes:
        return f"{file.name} has {size} bytes where {' or '.join(map(str, sorted(sizes)))} are expected"
    found = sha256_of(path)
    if found in accepted:
        return None
    return f"{file.name} has SHA-256 {found} where {' or '.join(sorted(accepted))} is expected"
