"""Fetching the book's JavaScript: pinned, checked, complete or not at all."""

import base64
import hashlib
import json
import pathlib
import re
import sys

import pytest

from emgtut.book import BookError, vendor, vendoring

ROOT = pathlib.Path(__file__).parents[2]

FAKE_NPM = """
import pathlib, sys, tarfile
name, version = sys.argv[2].rsplit("@", 1)
folder = pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1])
source = pathlib.Path(__file__).parent / "archives" / (name.replace("/", "-") + ".tgz")
if not source.exists():
    sys.exit("npm error code E404 " + name)
(folder / source.name).write_bytes(source.read_bytes())
"""


def archive(file, members):
    """Write an npm archive and return the digest that npm would print."""
    import io
    import tarfile

    file.parent.mkdir(exist_ok=True)
    with tarfile.open(file, "w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout whose npm is a script that hands out archives made here."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/welcome\n")
    (tmp_path / "npm.py").write_text(FAKE_NPM)
    monkeypatch.setattr(vendoring, "_npm", lambda: [sys.executable, str(tmp_path / "npm.py")])
    monkeypatch.setattr(
        vendoring, "WANTED", {"tool": {"package/a.js": "", "package/fonts/": "f/", "package/*.woff2": ""}}
    )
    members = {"package/a.js": "A", "package/fonts/x/y.woff": "Y", "package/z.woff2": "Z", "package/not-wanted.js": "N"}
    digest = archive(tmp_path / "archives" / "tool.tgz", members)
    package = {"dependencies": {"tool": "1.2.3"}, "integrity": {"tool": digest}}
    (root / "package.json").write_text(json.dumps(package))
    return root


def test_wanted_files_arrive_with_the_widget_code_and_nothing_else(checkout):
    folder = vendor(checkout)
    found = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    assert found == ["a.js", "anywidget.js", "f/x/y.woff", "versions.json", "z.woff2"]
    assert (folder / "a.js").read_text() == "A"
    assert "export" in (folder / "anywidget.js").read_text() or "define" in (folder / "anywidget.js").read_text()


def test_what_is_complete_is_not_fetched_again(checkout, monkeypatch):
    vendor(checkout)

    def fails():
        raise AssertionError("npm was run again")

    monkeypatch.setattr(vendoring, "_npm", fails)
    assert vendor(checkout) == checkout / "vendor"
    package = json.loads((checkout / "package.json").read_text())
    package["dependencies"]["tool"] = "1.2.4"
    (checkout / "package.json").write_text(json.dumps(package))
    with pytest.raises(AssertionError, match="npm was run again"):
        vendor(checkout)


def test_another_archive_than_the_pinned_one_is_refused_and_the_old_files_stay(checkout):
    vendor(checkout)
    archive(checkout.parent / "archives" / "tool.tgz", {"package/a.js": "evil"})
    with pytest.raises(BookError, match=r"tool 1\.2\.3 is not the pinned one: expected sha512-.*, found sha512-"):
        vendor(checkout, force=True)
    assert (checkout / "vendor" / "a.js").read_text() == "A"


def test_an_archive_that_lacks_a_file_is_refused(checkout, monkeypatch):
    monkeypatch.setattr(vendoring, "WANTED", {"tool": {"package/gone.js": ""}})
    with pytest.raises(BookError, match=r"tool\.tgz lacks package/gone\.js"):
        vendor(checkout)
    assert not (checkout / "vendor").exists()


def test_a_checkout_without_a_package_list_is_refused(checkout):
    (checkout / "package.json").unlink()
    with pytest.raises(BookError, match=r"package\.json is missing"):
        vendor(checkout)


def test_a_failing_npm_is_reported_in_one_sentence(checkout):
    (checkout.parent / "archives" / "tool.tgz").unlink()
    with pytest.raises(BookError, match=r"^npm could not fetch tool 1\.2\.3 \(npm error code E404 tool\)"):
        vendor(checkout)


def test_without_npm_the_reader_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(vendoring.shutil, "which", lambda name: None)
    monkeypatch.setattr(vendoring.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BookError, match=r"install Node\.js 18 or newer.*emgtut book --vendor"):
        vendoring._npm()


def test_the_real_package_list_is_pinned_and_names_no_server():
    text = (ROOT / "package.json").read_text()
    package = json.loads(text)
    assert package["dependencies"].keys() == package["integrity"].keys() == vendoring.WANTED.keys()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())
    assert all(re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", digest) for digest in package["integrity"].values())
    assert "://" not in text
