"""The command as a whole: version, help, speed of start, and the form of its errors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import emgtut
from emgtut.cli import sentence

HEAVY = ("numpy", "scipy", "pandas", "matplotlib", "wfdb", "torch", "sklearn", "h5py", "jupytext")


def console_script():
    """The `emgtut` that pip has put beside this Python."""
    script = Path(sys.executable).with_name("emgtut.exe" if os.name == "nt" else "emgtut")
    assert script.is_file(), f"{script} is missing: install the package (pip install -e .)"
    return str(script)


def test_version(works):
    assert works("--version").strip() == f"emgtut {emgtut.__version__}"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ["data", "denoise", "assess", "train", "book"]),
        (["data"], ["list", "fetch", "verify"]),
        (["data", "fetch"], ["DATASET", "--record"]),
        (["denoise"], ["IN", "OUT", "--method", "--setting", "--fs", "--units", "--channel", "--plot", "--force"]),
        (["assess"], ["IN", "--clean", "--noisy", "--plot"]),
        (["stream"], ["--port", "--virtual", "--record", "--seconds", "--mains", "--band", "--baud", "--fs"]),
        (
            ["train"],
            ["MODEL", "--seed", "--steps", "--minutes", "--width", "--device", "--corpus", "--folder", "--ship"],
        ),
        (["book"], ["--fast", "--chapter", "--notebooks", "--student", "--force"]),
    ],
)
def test_help_names_what_there_is(works, command, words):
    text = works(*command, "--help")
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    "args", [["denoise"], ["--nonsense"], ["denoise", "a", "b", "--method", "zero", "--fs", "fast"]]
)
def test_wrong_usage_exits_2_with_a_hint(run, args):
    result = run(*args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "help" in result.stderr


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom emgtut.cli import app\n"
        "assert CliRunner().invoke(app, ['denoise', '--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_sentences_are_one_line():
    assert sentence(ValueError("Give fs\n   in hertz.")) == "Give fs in hertz."
    assert sentence(FileNotFoundError(2, "No such file or directory", "a.csv")) == "No such file or directory: 'a.csv'."
    assert sentence(OSError("no place left.")) == "no place left."


def test_the_installed_script_denoises_and_scores(tmp_path, recording):
    from emgtut.data import write

    write(recording, tmp_path / "in.csv")
    steps = [
        ["denoise", "in.csv", "out.npz", "--method", "highpass", "--plot"],
        ["assess", "out.npz", "--clean", "in.csv"],
    ]
    for step in steps:
        done = subprocess.run([console_script(), *step], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.npz", "out_0_VL.png", "out_1_BF.png"]
    done = subprocess.run(
        [console_script(), "assess", "out.npz", "--clean", "none.csv"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "none.csv" in done.stderr


def test_a_closed_pipe_is_no_error(tmp_path):
    """`emgtut ... | head -0` ends quietly."""
    command = [console_script(), "data", "list"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        told = process.stderr.read()
    assert "Traceback" not in told
    assert "Error" not in told


def test_a_package_that_is_not_installed_is_named(fails, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "in.h5").write_bytes(b"something")
    assert "'h5py'" in fails("denoise", tmp_path / "in.h5", tmp_path / "out.csv", "--method", "zero")


def test_a_lost_module_of_ours_is_a_bug(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "emgtut.data.readers.text_table", None)
    (tmp_path / "in.csv").write_bytes(b"something")
    with pytest.raises(ModuleNotFoundError):
        run("denoise", tmp_path / "in.csv", tmp_path / "out.csv", "--method", "zero")
