"""`emgtut data`: list, fetch, verify."""

import functools
import hashlib
import http.server
import shutil
import threading

import pytest

from emgtut.data import datasets, manifests

TOML = """
title = "Toy"
summary = "One file."
url = "http://127.0.0.1/"
licence = "CC0-1.0"
cite = []
may_train_shipped_weights = false

[source]
base = "http://127.0.0.1:{port}/"

[[records]]
reader = "single_file"
pattern = '.+'
files = ["{{record}}.csv"]
names = ["one", "two"]

[files]
"one.csv" = [{size}, "{sha256}"]
"two.csv" = [{size}, "{sha256}"]
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A dataset of two files on a server in this process, of which one file does not exist; returns the data root."""
    shelf, root, toml = (tmp_path / name for name in ("shelf", "root", "toml"))
    for folder in (shelf, root, toml):
        folder.mkdir()
    content = b"time (s),VL (mV)\n0.000,1\n0.001,2\n"
    (shelf / "one.csv").write_bytes(content)
    handler = functools.partial(Quiet, directory=shelf)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = TOML.format(port=server.server_port, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        (toml / "toy.toml").write_text(text)
        monkeypatch.setattr(manifests, "_folder", lambda: toml)
        monkeypatch.setenv("EMGTUT_DATA", str(root))
        manifests.manifest.cache_clear()
        yield root
        server.shutdown()
    manifests.manifest.cache_clear()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that does not chat."""

    def log_message(self, *args):
        """Say nothing."""


def test_list_names_every_dataset(works, tmp_path, monkeypatch):
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path))
    text = works("data", "list")
    assert [name for name in datasets() if name not in text] == []
    assert str(tmp_path) in text
    assert "0 of 48" in text  # no record of mitdb is here
    assert "ODC-By-1.0" in text


@pytest.mark.data
def test_list_counts_what_is_here(works, data_root):
    line = next(line for line in works("data", "list").splitlines() if line.split()[:1] == ["elderly_lower_limb"])
    assert line.split()[-3:] == ["80", "of", "80"]


def test_fetch_brings_a_record_and_says_so(works, toy):
    text = works("data", "fetch", "toy", "--record", "one")
    assert "1 file complete" in text
    assert (toy / "toy" / "one.csv").is_file()
    assert "1 of 2" in works("data", "list")


def test_fetch_of_a_lost_file_fails_in_one_sentence(run, toy):
    result = run("data", "fetch", "toy", "--record", "two")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "two.csv" in result.stderr
    assert "404" in result.stderr
    assert not (toy / "toy" / "two.csv").exists()


@pytest.mark.parametrize("args", [["fetch", "nothing"], ["verify", "nothing"], ["fetch", "mitdb", "--record", "99"]])
def test_unknown_names_fail(fails, args):
    assert args[-1] in fails("data", *args)


def test_verify_tells_missing_from_invalid(works, run, toy):
    assert "toy is not here." in works("data", "verify")
    works("data", "fetch", "toy", "--record", "one")
    text = works("data", "verify", "toy")
    assert "Missing from toy (1 file):\n  two.csv\n" in text
    assert "Invalid in" not in text
    file = toy / "toy" / "one.csv"
    file.write_bytes(file.read_bytes().replace(b"2", b"3"))
    result = run("data", "verify")
    assert result.exit_code == 1
    assert "Missing from toy (1 file):\n  two.csv\n" in result.stdout
    assert "Invalid in toy (1 file):\n  one.csv has SHA-256" in result.stdout
    remedy = "`emgtut data fetch toy` replaces what is broken, or says how to"
    assert result.stderr == f"Error: Invalid: 1 file of toy; {remedy}.\n"
    works("data", "fetch", "toy", "--record", "one")
    assert "Nothing is invalid." in works("data", "verify", "toy")


@pytest.mark.data
def test_the_real_files_are_valid_and_a_flipped_byte_is_not(works, run, data_root, tmp_path, monkeypatch):
    text = works("data", "verify")
    assert "Nothing is invalid." in text
    assert "Missing from mitdb" in text
    shutil.copytree(data_root / "emgdb", tmp_path / "emgdb")
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path))
    file = tmp_path / "emgdb" / "emg_healthy.dat"
    raw = bytearray(file.read_bytes())
    raw[1000] ^= 1
    file.write_bytes(raw)
    result = run("data", "verify", "emgdb")
    assert result.exit_code == 1
    assert "Invalid in emgdb (1 file):\n  emg_healthy.dat has SHA-256" in result.stdout
