"""Run the command in this process, and insist on how it fails."""

import warnings

import numpy as np
import pytest
from typer.testing import CliRunner

from emgtut.cli import app
from emgtut.data import Recording

HIDDEN_BY_PYTHON = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


@pytest.fixture
def run():
    """Run `emgtut ARGS`; a bug's traceback fails the test."""

    def run(*args):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = CliRunner().invoke(app, [str(arg) for arg in args])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        seen = [str(w.message) for w in caught if not issubclass(w.category, HIDDEN_BY_PYTHON)]
        assert not seen, f"warnings a user would see on stderr: {seen}"
        return result

    return run


@pytest.fixture
def works(run):
    """Run `emgtut ARGS`, expect success and silence on stderr, and return what it printed."""

    def works(*args):
        result = run(*args)
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        return result.stdout

    return works


@pytest.fixture
def fails(run, tmp_path):
    """Run `emgtut ARGS`, expect one sentence on stderr and an untouched folder, and return the sentence."""

    def fails(*args, code=1):
        before = snapshot(tmp_path)
        result = run(*args)
        assert result.exit_code == code, result.output
        told = result.stderr.splitlines()
        assert len(told) == 1, result.stderr
        assert told[0].startswith("Error: ")
        assert told[0].endswith((".", "?"))
        assert "Traceback" not in result.output
        assert snapshot(tmp_path) == before
        return told[0]

    return fails


def snapshot(folder):
    """Every file below a folder, hidden ones too, with its content."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def recording(rng):
    """Two channels, two seconds, in millivolts: noise over a slow drift, with an offset."""
    time = np.arange(2000) / 1000
    drift = np.sin(2 * np.pi * 1.5 * time)
    signal = 0.1 * rng.standard_normal((2, 2000)) + drift + np.array([[0.2], [-0.3]])
    return Recording(signal, 1000, ["VL", "BF"], units="mV")
