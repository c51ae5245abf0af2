"""Manifests are complete, consistent with one another, and named on the book's page."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from emgtut.data import datasets, load, manifest
from emgtut.data.manifests import parse

REPOSITORY = Path(__file__).resolve().parents[2]
MAY_TRAIN = {"CC0-1.0", "ODC-By-1.0"}


@pytest.fixture(params=datasets())
def about(request):
    return manifest(request.param)


def test_the_datasets_of_this_course():
    assert datasets() == [
        "biosignalsnotebooks", "cleansemg", "diaphragm_emg", "elderly_lower_limb", "emgdb", "flexemg", "machado",
        "mitdb", "muscletracker", "ninapro_db10", "ninapro_db2", "ninapro_db3", "ninapro_db4", "ninapro_db7",
        "ninapro_db8", "nsrdb", "nsrdb_excerpts", "nstdb", "nstdb_excerpts", "upper_limb_fatigue",
    ]  # fmt: skip


def test_record_counts():
    counts = {name: len(manifest(name).records) for name in datasets()}
    assert counts == {
        "biosignalsnotebooks": 25, "diaphragm_emg": 1, "elderly_lower_limb": 80, "emgdb": 3, "flexemg": 20, "mitdb": 48,
        "muscletracker": 225, "nsrdb": 18, "nsrdb_excerpts": 10, "nstdb": 15, "nstdb_excerpts": 7,
        # 36 archives, clean and noisy; subjects times exercises, of DB8 times acquisitions.
        "cleansemg": 72, "machado": 30, "ninapro_db2": 120, "ninapro_db3": 33, "ninapro_db4": 30, "ninapro_db7": 44,
        "ninapro_db8": 36, "ninapro_db10": 45,
        "upper_limb_fatigue": 0,  # its reader in room V takes what it finds
    }  # fmt: skip


def test_record_names_are_unique_and_match_their_pattern(about):
    assert len(set(about.records)) == len(about.records)
    for group in about.groups:
        for name in group.names:
            assert re.fullmatch(group.pattern, name), name
            assert all("{" not in file for file in group.files_of(name))


def test_every_reader_exists(about):
    for group in about.groups:
        assert (REPOSITORY / "emgtut" / "data" / "collections" / f"{group.reader}.py").is_file()


def test_checksums_are_whole_and_every_file_is_plain(about):
    for name, file in about.files.items():
        for sha256 in [file.sha256, *(sha for _, sha in file.also)]:
            assert sha256 is None or re.fullmatch("[0-9a-f]{64}", sha256), name
        assert not name.startswith("/")
        assert ".." not in name


def test_what_cannot_be_fetched_has_all_its_checksums(about):
    """Except where nobody here has seen the files: one has to register or ask for them, or no record is listed."""
    if about.base is None and about.records and not about.licence.startswith("LicenseRef-"):
        assert all(file.sha256 and file.size for file in about.files.values())


def test_shipped_weights_are_trained_on_open_data_only(about):
    assert about.may_train_shipped_weights == (about.licence in MAY_TRAIN)


def test_splits_name_records_that_exist_and_share_none(about):
    for rule in about.splits.values():
        values = {group.fields(name).get(rule["by"]) for group in about.groups for name in group.names}
        parts = [set(rule[part]) for part in ("train", "validation", "test")]
        assert set.union(*parts) <= values
        assert sum(map(len, parts)) == len(set.union(*parts))


def test_citations_are_in_the_bibliography(about):
    bibliography = (REPOSITORY / "book" / "references.bib").read_text("utf-8")
    assert about.cite
    for key in about.cite:
        assert re.search(rf"@\w+\{{{key},", bibliography), key


def test_the_page_names_every_dataset(about):
    """The book's page has the name, licence, DOI, source, citations, split and every warning of each manifest."""
    page = (REPOSITORY / "book" / "datasets.md").read_text("utf-8")
    section = page.split(f"\n`{about.name}`: ")[1].split("\n## ")[0]
    assert f"**Licence**: {about.licence}." in section
    assert about.doi is None or f"https://doi.org/{about.doi}" in section
    assert about.url in section
    assert f"{{cite}}`{','.join(about.cite)}`" in section
    assert f"{len(about.records)} record" in section
    for quirk in about.quirks:
        assert f"  - {quirk}\n" in section
    assert about.manual is None or about.manual in section
    for rule in about.splits.values():
        assert f"| `{about.name}` | {rule['by']} |" in page


def test_the_page_names_no_dataset_that_is_not_there():
    page = (REPOSITORY / "book" / "datasets.md").read_text("utf-8")
    assert set(re.findall(r"^`(\w+)`: ", page, re.MULTILINE)) == set(datasets())


def test_a_manifest_with_a_word_too_much_is_refused():
    text = (REPOSITORY / "data_manifest" / "emgdb.toml").read_text("utf-8")
    parse("emgdb", tomllib.loads(text))
    with pytest.raises(TypeError, match="licens"):
        parse("emgdb", tomllib.loads('licens = "x"\n' + text))


def test_unknown_names():
    with pytest.raises(ValueError, match="There is no dataset 'mit-bih'; known are biosignalsnotebooks"):
        load("mit-bih", "100")
    with pytest.raises(ValueError, match="has no record '17'; it has 1/VL, 1/BF"):
        load("elderly_lower_limb", 17)


def test_importing_the_data_layer_is_light():
    """The libraries of single formats are loaded with the first file of that format."""
    code = (
        "import sys, emgtut.data as d; d.datasets(); d.manifest('mitdb'); "
        "print([m for m in ('pandas', 'wfdb', 'h5py', 'python_calamine', 'edfio', 'requests', 'pooch', 'scipy', "
        "'torch', 'matplotlib', 'sklearn', 'tqdm') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
