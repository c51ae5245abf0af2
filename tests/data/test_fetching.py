"""Downloads against a server on loopback that truncates, stalls, corrupts, fails and disappears."""

import hashlib
import http.server
import socket
import threading

import numpy as np
import pytest

from emgtut.data import DataMissing, DownloadFailed, Patience, manifest
from emgtut.data.checksums import LEDGER
from emgtut.data.downloading import download
from emgtut.data.fetching import fetch, fetch_files, wanted_files
from emgtut.data.manifests import parse

BODY = np.random.default_rng(0).bytes(1 << 18)
SHA = hashlib.sha256(BODY).hexdigest()
HASTY = Patience(attempts=3, first_pause_s=0.0, connect_s=2.0, stall_s=0.3)


class Source:
    """A server that serves `files` and plays `tricks`: one for each request of a path, then it behaves."""

    def __init__(self):
        self.files, self.tricks, self.asked, self.ranges = {}, {}, [], True
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                source.answer(self)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.stop_stalling = threading.Event()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.base = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.stop_stalling.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        name = request.path.lstrip("/")
        self.asked.append((name, request.headers.get("Range")))
        body = self.files.get(name)
        queue = self.tricks.get(name, [])
        trick = queue.pop(0) if queue else "behave"
        if isinstance(trick, int) or body is None:
            request.send_response(404 if body is None else trick)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start = 0
        if self.ranges and request.headers.get("Range"):
            start = int(request.headers["Range"].removeprefix("bytes=").split("-")[0])
        if start >= len(body):
            request.send_response(416)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        part = body[start:]
        if trick == "corrupt":
            part = bytes([part[0] ^ 1]) + part[1:]
        if trick in ("truncate", "stall"):
            part = part[: len(part) // 2]
        request.wfile.write(part)
        request.wfile.flush()
        if trick == "stall":
            self.stop_stalling.wait(5)
        if trick in ("truncate", "stall"):
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def source(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Source()
    server.files["100.dat"] = BODY
    yield server
    server.close()


def names_in(folder):
    """Every file below a folder, by relative name."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_comes_whole(source, tmp_path):
    download(source.base + "100.dat", tmp_path / "new" / "100.dat", sha256=SHA, patience=HASTY)
    assert (tmp_path / "new" / "100.dat").read_bytes() == BODY
    assert names_in(tmp_path) == ["new/100.dat"]


def test_a_cut_download_is_resumed_with_a_range(source, tmp_path):
    source.tricks["100.dat"] = ["truncate", "truncate"]
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, size=len(BODY), patience=HASTY)
    assert (tmp_path / "100.dat").read_bytes() == BODY
    assert [asked for _, asked in source.asked] == [None, "bytes=131072-", "bytes=196608-"]


def test_a_download_is_resumed_by_the_next_call(source, tmp_path):
    once = Patience(attempts=1, stall_s=0.3)
    source.tricks["100.dat"] = ["truncate"]
    with pytest.raises(DownloadFailed, match="131072 bytes are kept"):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, size=len(BODY), patience=once)
    assert names_in(tmp_path) == ["100.dat.part"]
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, size=len(BODY), patience=once)
    assert source.asked[-1] == ("100.dat", "bytes=131072-")
    assert names_in(tmp_path) == ["100.dat"]
    assert (tmp_path / "100.dat").read_bytes() == BODY


def test_a_complete_half_needs_no_request(source, tmp_path):
    (tmp_path / "100.dat.part").write_bytes(BODY)
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, size=len(BODY), patience=HASTY)
    assert source.asked == []
    assert names_in(tmp_path) == ["100.dat"]


def test_a_half_of_another_version_is_thrown_away(source, tmp_path):
    (tmp_path / "100.dat.part").write_bytes(b"x" * 1000)
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert [asked for _, asked in source.asked] == ["bytes=1000-", None]
    assert (tmp_path / "100.dat").read_bytes() == BODY


def test_a_half_longer_than_the_file_is_thrown_away(source, tmp_path):
    (tmp_path / "100.dat.part").write_bytes(BODY + b"more")
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert [asked for _, asked in source.asked] == [f"bytes={len(BODY) + 4}-", None]
    assert (tmp_path / "100.dat").read_bytes() == BODY


def test_a_source_without_ranges_is_asked_again_from_the_start(source, tmp_path):
    source.ranges = False
    source.tricks["100.dat"] = ["truncate"]
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert (tmp_path / "100.dat").read_bytes() == BODY


def test_without_a_checksum_halves_are_never_joined(source, tmp_path):
    source.tricks["100.dat"] = ["truncate"]
    download(source.base + "100.dat", tmp_path / "100.dat", patience=HASTY)
    assert [asked for _, asked in source.asked] == [None, None]
    assert (tmp_path / "100.dat").read_bytes() == BODY


@pytest.mark.parametrize("trick", ["truncate", "stall", 500, 503, 429])
def test_a_trouble_that_passes_is_outlived(source, tmp_path, trick):
    source.tricks["100.dat"] = [trick]
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert (tmp_path / "100.dat").read_bytes() == BODY
    assert len(source.asked) == 2


def test_a_source_that_always_cuts_at_the_same_place_is_given_up(source, tmp_path):
    source.ranges = False
    source.tricks["100.dat"] = ["truncate"] * 50
    with pytest.raises(DownloadFailed, match="a connection cut after 131072 bytes") as failure:
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert source.base in str(failure.value)
    assert len(source.asked) <= 4
    assert names_in(tmp_path) == ["100.dat.part"]


def test_a_source_that_always_stalls_is_given_up_in_time(source, tmp_path):
    source.ranges = False
    source.tricks["100.dat"] = ["stall"] * 50
    with pytest.raises(DownloadFailed, match=r"no bytes for 0\.3 s"):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert "100.dat" not in names_in(tmp_path)


def test_a_source_that_always_corrupts_leaves_nothing(source, tmp_path):
    source.tricks["100.dat"] = ["corrupt"] * 50
    with pytest.raises(DownloadFailed) as failure:
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert failure.value.expected == f"SHA-256 {SHA}"
    wrong = hashlib.sha256(bytes([BODY[0] ^ 1]) + BODY[1:]).hexdigest()
    assert failure.value.found == f"SHA-256 {wrong}"
    assert all(part in str(failure.value) for part in (source.base, SHA, wrong, "try again"))
    assert names_in(tmp_path) == []


def test_a_file_corrupted_once_is_fetched_again(source, tmp_path):
    source.tricks["100.dat"] = ["corrupt"]
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert (tmp_path / "100.dat").read_bytes() == BODY


def test_a_wrong_size_is_said_before_the_file_is_read(source, tmp_path):
    with pytest.raises(DownloadFailed, match="expected 17 bytes, found 262144"):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, size=17, patience=HASTY)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(("trick", "requests"), [(500, 3), (403, 1), (410, 1)])
def test_answers_that_stay_bad(source, tmp_path, trick, requests):
    source.tricks["100.dat"] = [trick] * 50
    with pytest.raises(DownloadFailed, match=f"the answer {trick}"):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert len(source.asked) == requests
    assert names_in(tmp_path) == []


def test_a_source_that_has_disappeared(source, tmp_path):
    source.close()
    with pytest.raises(DownloadFailed, match="found no connection; check the network"):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert names_in(tmp_path) == []


def test_a_failed_update_leaves_the_old_file(source, tmp_path):
    (tmp_path / "100.dat").write_bytes(b"old")
    source.tricks["100.dat"] = ["corrupt"] * 50
    with pytest.raises(DownloadFailed):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=HASTY)
    assert (tmp_path / "100.dat").read_bytes() == b"old"


def test_pauses_grow(source, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("emgtut.data.downloading.time.sleep", pauses.append)
    source.tricks["100.dat"] = [500] * 50
    patience = Patience(attempts=5, first_pause_s=0.5, longest_pause_s=3.0)
    with pytest.raises(DownloadFailed):
        download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, patience=patience)
    assert pauses == [0.5, 1.0, 2.0, 3.0]


def test_the_progress_bar_names_the_file(source, tmp_path, capsys):
    download(source.base + "100.dat", tmp_path / "100.dat", sha256=SHA, bar="mitdb 1/1 100.dat", patience=HASTY)
    assert "mitdb 1/1 100.dat: 100%" in capsys.readouterr().err


# ---- whole datasets


def dataset(server, **changes):
    """A manifest of two records, as a file of data_manifest would make it."""
    table = {
        "title": "t",
        "summary": "s",
        "url": "u",
        "licence": "CC0-1.0",
        "cite": [],
        "may_train_shipped_weights": True,
        "source": {"base": server.base},
        "records": [{"reader": "single_file", "names": ["100", "101"], "files": ["{record}.dat"]}],
        "files": {"100.dat": [len(BODY), SHA]},
    }
    return parse("toy", {**table, **changes})


def get(about, root, records=None):
    return fetch_files(about, root, wanted_files(about, records), progress=False, patience=HASTY)


def test_fetch_brings_what_is_missing_and_nothing_twice(source, tmp_path):
    source.files["101.dat"] = b"second"
    about = dataset(source)
    assert [path.name for path in get(about, tmp_path)] == ["100.dat", "101.dat"]
    assert names_in(tmp_path) == [f"toy/{LEDGER}", "toy/100.dat", "toy/101.dat"]
    get(about, tmp_path)
    assert len(source.asked) == 2


def test_fetch_of_one_record_brings_only_its_files(source, tmp_path):
    get(dataset(source), tmp_path, records=["100"])
    assert names_in(tmp_path) == ["toy/100.dat"]


def test_a_checksum_unknown_to_the_manifest_counts_from_first_sight(source, tmp_path):
    source.files["101.dat"] = b"second"
    about = dataset(source)
    get(about, tmp_path)
    seen = hashlib.sha256(b"second").hexdigest()
    assert (tmp_path / "toy" / LEDGER).read_text() == f"{seen}  101.dat\n"
    (tmp_path / "toy" / "101.dat").write_bytes(b"damage")
    get(about, tmp_path)
    assert (tmp_path / "toy" / "101.dat").read_bytes() == b"second"
    source.files["101.dat"] = b"changed upstream"
    (tmp_path / "toy" / "101.dat").unlink()
    with pytest.raises(DownloadFailed, match=seen):
        get(about, tmp_path)


def test_a_file_that_was_there_before_is_noted_too(source, tmp_path):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "101.dat").write_bytes(b"mine")
    get(dataset(source), tmp_path, records=["101"])
    assert source.asked == []
    assert hashlib.sha256(b"mine").hexdigest() in (tmp_path / "toy" / LEDGER).read_text()


def test_upstream_sums_are_used_where_the_manifest_knows_none(source, tmp_path):
    source.files["101.dat"] = b"not what was promised"
    promised = hashlib.sha256(b"second").hexdigest()
    source.files["SHA256SUMS.txt"] = f"{promised} 101.dat\n".encode()
    about = dataset(source, source={"base": source.base, "sums": "SHA256SUMS.txt"})
    with pytest.raises(DownloadFailed, match=promised):
        get(about, tmp_path)
    assert names_in(tmp_path) == ["toy/100.dat", "toy/SHA256SUMS.txt"]
    source.files["101.dat"] = b"second"
    get(about, tmp_path)
    assert (tmp_path / "toy" / "101.dat").read_bytes() == b"second"


def test_a_damaged_file_is_fetched_again(source, tmp_path):
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "100.dat").write_bytes(b"damaged")
    get(dataset(source), tmp_path, records=["100"])
    assert (tmp_path / "toy" / "100.dat").read_bytes() == BODY


def test_a_path_at_the_source_may_differ(source, tmp_path):
    source.files["raw%20data/1%20ch.dat"] = BODY
    about = dataset(source, source={"base": source.base, "paths": {"100.dat": "raw data/1 ch.dat"}})
    get(about, tmp_path, records=["100"])
    assert names_in(tmp_path) == ["toy/100.dat"]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:evil", "a\0b", ""])
def test_names_that_lead_out_of_the_folder_are_refused(source, tmp_path, name):
    group = {"reader": "single_file", "names": ["x"], "files": [name]}
    with pytest.raises(ValueError, match="is refused"):
        get(dataset(source, records=[group], files={}), tmp_path / "root")
    assert names_in(tmp_path) == []
    assert source.asked == []


def test_what_cannot_be_fetched_says_how_to_get_it(tmp_path):
    with pytest.raises(DataMissing, match="re-packed by hand") as failure:
        fetch("flexemg", root=tmp_path, progress=False)
    assert failure.value.dataset == "flexemg"
    assert names_in(tmp_path) == []


def test_unknown_datasets_are_refused(tmp_path):
    with pytest.raises(ValueError, match="There is no dataset 'nothing'; known are biosignalsnotebooks"):
        fetch("nothing", root=tmp_path)


def test_every_source_is_https():
    from emgtut.data import datasets

    for name in datasets():
        about = manifest(name)
        assert (about.base is None) != (about.manual is None), name
        if about.base:
            assert about.base.startswith("https://")
            assert about.base.endswith("/")
