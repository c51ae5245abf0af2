"""verify: valid, missing and invalid files in separate lists, and not a byte may differ."""

import shutil

import pytest

from emgtut.data import datasets, verify
from emgtut.data.checksums import LEDGER, sha256_of


def test_every_real_file_is_valid(data_root):
    """All that lies in the data root, but for the notes somebody wrote beside the recordings."""
    valid = 0
    for name in datasets():
        report = verify(name, root=data_root)
        assert report.ok, report.faults
        assert report.unchecked == []
        assert all(file.endswith("README.md") for file in report.unlisted), report.unlisted
        valid += len(report.valid)
        assert len(report.valid) == sum(
            path.is_file() and path.relative_to(data_root / name).as_posix() not in report.unlisted
            for path in (data_root / name).rglob("*")
        )
    assert valid == 350


def test_missing_files_are_listed_apart(data_root):
    report = verify("mitdb", root=data_root)
    assert len(report.valid) == 21
    assert len(report.missing) == 41 * 3
    assert {"200.hea", "200.dat", "200.atr"} <= set(report.missing)
    assert report.invalid == []


@pytest.mark.parametrize(("dataset", "name"), [("emgdb", "emg_healthy.dat"), ("nstdb_excerpts", "bwm_10s.mat")])
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_flipped_bit_is_found(data_root, tmp_path, dataset, name, where):
    shutil.copytree(data_root / dataset, tmp_path / dataset)
    path = tmp_path / dataset / name
    content = bytearray(path.read_bytes())
    content[{"first": 0, "middle": len(content) // 2, "last": -1}[where]] ^= 1
    path.write_bytes(content)
    report = verify(dataset, root=tmp_path)
    assert report.invalid == [name]
    assert not report.ok
    assert name not in report.valid + report.missing
    assert report.faults[name].startswith(f"{name} has SHA-256 {sha256_of(path)} where ")


def test_a_flipped_bit_in_a_repacked_header_is_found(data_root, tmp_path):
    """The .hea files there are re-wrapped, and accepted as such; any other change is not."""
    (tmp_path / "mitdb").mkdir()
    good = (data_root / "mitdb" / "100.hea").read_bytes()
    path = tmp_path / "mitdb" / "100.hea"
    for content, verdict in [(good, "valid"), (good.replace(b"\n", b"\r\n"), "valid"), (good[:-1] + b" ", "invalid")]:
        path.write_bytes(content)
        assert "100.hea" in getattr(verify("mitdb", root=tmp_path), verdict)


def test_a_file_cut_short_is_told_by_its_size(data_root, tmp_path):
    shutil.copytree(data_root / "emgdb", tmp_path / "emgdb")
    path = tmp_path / "emgdb" / "emg_healthy.dat"
    path.write_bytes(path.read_bytes()[:1000])
    report = verify("emgdb", root=tmp_path)
    assert report.faults == {"emg_healthy.dat": "emg_healthy.dat has 1000 bytes where 101720 are expected"}


def test_a_file_of_unknown_checksum_is_not_called_valid(tmp_path):
    folder = tmp_path / "nsrdb"
    folder.mkdir()
    (folder / "16265.dat").write_bytes(b"samples")
    (folder / "notes.txt").write_text("mine")
    report = verify("nsrdb", root=tmp_path)
    assert (report.valid, report.invalid) == ([], [])
    assert (report.unchecked, report.unlisted) == (["16265.dat"], ["notes.txt"])
    (folder / LEDGER).write_text(f"{sha256_of(folder / '16265.dat')}  16265.dat\n")
    assert verify("nsrdb", root=tmp_path).valid == ["16265.dat"]
    (folder / "16265.dat").write_bytes(b"Samples")
    assert verify("nsrdb", root=tmp_path).invalid == ["16265.dat"]


def test_verify_writes_nothing(data_root, tmp_path):
    shutil.copytree(data_root / "emgdb", tmp_path / "emgdb")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "emgdb").iterdir())
    verify("emgdb", root=tmp_path)
    assert sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "emgdb").iterdir()) == before
