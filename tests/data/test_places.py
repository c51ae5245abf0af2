"""The data root: what it may be, and what is said when it is something else."""

import pytest

from emgtut.data import data_root, read


def test_a_file_is_no_data_root(tmp_path, monkeypatch):
    file = tmp_path / "recordings"
    file.write_text("not a folder")
    monkeypatch.setenv("EMGTUT_DATA", str(file))
    with pytest.raises(ValueError, match="which is a file"):
        data_root()


def test_a_root_that_does_not_exist_yet_is_fine(tmp_path, monkeypatch):
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path / "later"))
    assert data_root() == tmp_path / "later"


def test_a_folder_is_no_recording(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        read(tmp_path)
