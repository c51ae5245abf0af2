"""Download one file: resumed where it was cut, tried again with growing pauses, checked, renamed when whole.

pooch does the last two steps: it calls the downloader given here with a temporary name, compares the SHA-256 and
renames. It does not resume, and its pauses do not grow; that is what this module adds.
"""

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from emgtut.data.checksums import sha256_of

CHUNK = 1 << 13  # bytes; of an interrupted download, at most so much is lost
AGAIN = (408, 425, 429, 500, 502, 503, 504)  # answers that may be better next time


class DownloadFailed(OSError):
    """A file could not be had whole; the message has the address, what was expected, what was found and what to do.

    Parameters
    ----------
    url : str
        The address.
    expected, found : str
        What should have come and what came.
    advice : str
        What to do.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> print(DownloadFailed("https://example.org/100.dat", "an answer", "none", "check the network"))
    Could not download https://example.org/100.dat: expected an answer, found none; check the network.
    """

    def __init__(self, url, expected, found, advice):
        super().__init__(f"Could not download {url}: expected {expected}, found {found}; {advice}.")
        self.url, self.expected, self.found, self.advice = url, expected, found, advice


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Parameters
    ----------
    attempts : int
        How often one file is tried before giving up; an attempt that brought new bytes starts the count again.
    first_pause_s : float, seconds
        Pause after the first failure; each later one is twice as long.
    longest_pause_s : float, seconds
        No pause is longer.
    connect_s, stall_s : float, seconds
        Give up waiting for a connection, and for the next bytes.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> [Patience().pause_s(failures) for failures in (1, 2, 3, 9)]
    [1.0, 2.0, 4.0, 30.0]
    """

    attempts: int = 5
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    connect_s: float = 10.0
    stall_s: float = 30.0

    def pause_s(self, failures):
        """Pause after so many failures in a row, in seconds."""
        return min(self.first_pause_s * 2.0 ** (failures - 1), self.longest_pause_s)


def download(url, path, *, sha256=None, size=None, bar=None, patience=None):
    """Download a file; it bears its final name only when it is whole.

    Parameters
    ----------
    url : str
        Address, http or https.
    path : pathlib.Path
        Final name. The folder is made. An existing file is replaced only by one that has passed.
    sha256 : str, optional
        What the file must have. Without it, an interrupted download starts again from the beginning, because its two
        halves could be of two versions.
    size : int, bytes, optional
        What the file must have, checked before it is read.
    bar : str, optional
        Title of a progress bar; without it, none.
    patience : Patience, optional
        Attempts, pauses and time-outs.

    Raises
    ------
    DownloadFailed
        If all attempts failed.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> download("ftp://example.org/100.dat", Path("100.dat"))
    Traceback (most recent call last):
    ...
    ValueError: The address 'ftp://example.org/100.dat' is refused: only http and https are supported.
    """
    import pooch

    if not url.startswith(("https://", "http://")):
        raise ValueError(f"The address {url!r} is refused: only http and https are supported.")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    patience = patience or Patience()
    downloader = Resuming(path.with_name(path.name + ".part"), sha256, size, bar, patience)
    known = f"sha256:{sha256}" if sha256 else None
    for last in (False, True):
        try:
            with _quiet(pooch.get_logger()):
                pooch.retrieve(url, known, path.name, path.parent, downloader=downloader)
            return
        except ValueError as error:
            # Whole and wrong: perhaps an old half was continued with a new file, so once more from the beginning.
            if not downloader.found_sha256:
                raise
            if last:
                advice = "the file changed at its source or on the way: try again later, or report it"
                raise DownloadFailed(url, f"SHA-256 {sha256}", downloader.found_sha256, advice) from error


@dataclass
class Resuming:
    """Downloader for pooch: brings `url` whole to the name it is given, by way of a ``.part`` file that stays."""

    part: Path
    sha256: str | None
    size: int | None
    bar: str | None
    patience: Patience
    found_sha256: str = field(default="", init=False)

    def __call__(self, url, output_file, pooch=None, check_only=False):
        """Download; pooch compares the checksum afterwards."""
        import requests

        self.found_sha256 = ""
        failures, most = 0, self._had()
        while True:
            if self.sha256 is None:
                self.part.unlink(missing_ok=True)
            try:
                self._transfer(requests, url)
                break
            except (requests.RequestException, Again) as error:
                failures = 1 if self._had() > most else failures + 1
                most = max(most, self._had())
                if failures >= self.patience.attempts:
                    raise self._failure(url, error) from error
                time.sleep(self.patience.pause_s(failures))
        self.found_sha256 = f"SHA-256 {sha256_of(self.part)}"
        os.replace(self.part, output_file)

    def _had(self):
        return self.part.stat().st_size if self.part.exists() else 0

    def _transfer(self, requests, url):
        """One attempt: ask for what is lacking and append it."""
        had = self._had()
        if self.size is not None and had > self.size:
            self.part.unlink()
            had = 0
        if had and had == self.size:
            return
        headers = {"Accept-Encoding": "identity", "User-Agent": "emgtut"}
        if had:
            headers["Range"] = f"bytes={had}-"
        timeout = (self.patience.connect_s, self.patience.stall_s)
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as answer:
            if answer.status_code == 416:
                self.part.unlink(missing_ok=True)
                raise Again("no such range at the source")
            if answer.status_code in AGAIN:
                raise Again(f"the answer {answer.status_code}")
            if answer.status_code not in (200, 206):
                advice = "the file may have moved: look at the dataset's page, or report it"
                raise DownloadFailed(url, "the file", f"the answer {answer.status_code}", advice)
            resumed = answer.status_code == 206 and _starts_at(answer.headers.get("Content-Range", ""), had)
            if answer.status_code == 206 and not resumed:
                self.part.unlink(missing_ok=True)
                raise Again("another range than the one asked for")
            self._receive(answer, had if resumed else 0)

    def _receive(self, answer, start):
        """Write what comes behind the first `start` bytes, and count it."""
        from tqdm import tqdm

        length = answer.headers.get("Content-Length", "")
        promised = start + int(length) if length.isdecimal() else None
        if self.size is not None and promised is not None and promised != self.size:
            self.part.unlink(missing_ok=True)
            advice = "the file changed at its source, or something on the way answers in its place: report it"
            raise DownloadFailed(answer.url, f"{self.size} bytes", f"{promised}", advice)
        total = promised or self.size
        with (
            open(self.part, "r+b" if start else "wb") as file,
            tqdm(desc=self.bar, total=total, initial=start, unit="B", unit_scale=True, disable=self.bar is None) as bar,
        ):
            file.seek(start)
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
        if total is not None and self._had() != total:
            raise Again(f"{self._had()} of {total} bytes")

    def _failure(self, url, error):
        """Put the last error of the network into words."""
        import requests

        if isinstance(error, Again):
            found = str(error)
        elif isinstance(error, requests.ConnectTimeout | requests.ReadTimeout) or "timed out" in str(error):
            found = f"no bytes for {self.patience.stall_s:g} s"
        elif isinstance(error, requests.exceptions.ChunkedEncodingError):
            found = f"a connection cut after {self._had()} bytes"
        elif isinstance(error, requests.ConnectionError):
            found = "no connection"
        else:
            found = f"an answer that cannot be used ({type(error).__name__})"
        kept = f"{self._had()} bytes are kept and continued: " if self.sha256 and self._had() else ""
        advice = f"{kept}check the network and run the same command again"
        return DownloadFailed(url, "the whole file" if not self.size else f"{self.size} bytes", found, advice)


class Again(Exception):
    """An answer that is not the file and may be better next time."""


def _starts_at(content_range, start):
    """Whether a Content-Range such as "bytes 100-199/200" begins where our half ends."""
    return content_range.startswith(f"bytes {start}-")


@contextlib.contextmanager
def _quiet(logger):
    """Keep pooch's own messages to warnings while the progress bar is on."""
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)
