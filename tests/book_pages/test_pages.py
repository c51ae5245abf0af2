"""The Start and Reference pages: promises are kept, linked words are explained, pictures are described."""

import html.parser
import pathlib
import re

import jupytext
import pytest
import yaml
from pybtex.database import parse_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PAGES = sorted(BOOK.glob("*.md"))
SOURCES = PAGES + sorted((ROOT / "notebooks").glob("*.md"))
START_PAGES = {"welcome", "how_to_use", "refresher", "safety", "conventions", "glossary", "instructors", "errata"}
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
LISTED = [TOC["root"]] + [chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]]


def text_of(name):
    return (BOOK / f"{name}.md").read_text("utf-8")


def cells_of(path):
    """The notebook's cells, or none for a page without code."""
    text = path.read_text("utf-8")
    return jupytext.reads(text, fmt="md:myst").cells if "kernelspec:" in text else []


def without_code(text):
    return re.sub(r"^```\{code-cell\}.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


# ------------------------------------------------------------------------------------------ glossary and references


def glossary():
    """term -> definition, aliases included."""
    body = text_of("glossary").split(":sorted:")[1].split("```")[0]
    found, waiting = {}, []
    for block in re.split(r"\n\s*\n", body.strip()):
        lines = block.splitlines()
        waiting = [line for line in lines if not line.startswith(" ")]
        definition = " ".join(line.strip() for line in lines if line.startswith(" "))
        for term in waiting:
            assert term not in found, f"{term} is explained twice"
            found[term] = definition
    return found


def test_the_glossary_explains_enough_words_briefly():
    entries = glossary()
    assert len(set(entries.values())) >= 60
    for term, definition in entries.items():
        assert 20 < len(definition) < 420, f"{term}: one to three sentences"
        assert definition.endswith("."), term


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_linked_word_is_explained(path):
    known = {term.lower() for term in glossary()}
    for written in re.findall(r"\{term\}`([^`]+)`", path.read_text("utf-8")):
        target = re.fullmatch(r"(?:.*<)?([^<>]+?)>?", written)[1]
        assert target.lower() in known, f"{path.name} links {written!r}"


def test_the_bibliography_is_sound():
    entries = parse_file(BOOK / "references.bib").entries
    assert len(entries) > 40
    lowered = [key.lower() for key in entries]
    assert len(set(lowered)) == len(lowered)
    for key, entry in entries.items():
        assert entry.persons.get("author"), f"{key} has no author"
        assert {"title", "year"} <= set(entry.fields), key
        assert re.fullmatch(r"\d{4}|n\.d\.", entry.fields["year"]), key
        doi = entry.fields.get("doi", "10.1/x")
        assert re.fullmatch(r"10\.\d+/\S+", doi), f"{key}: a DOI without its address, not {doi}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_citation_has_an_entry(path):
    keys = set(parse_file(BOOK / "references.bib").entries)
    for cited in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", path.read_text("utf-8")):
        assert {key.strip() for key in cited.split(",")} <= keys, f"{path.name} cites {cited}"


# ------------------------------------------------------------------------------------------ promises


def test_the_start_pages_are_in_the_book():
    assert {f"book/{name}" for name in START_PAGES | {"bibliography"}} <= set(LISTED)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_to_pages_of_this_edition(path):
    text = without_code(path.read_text("utf-8"))
    for name in re.findall(r"\{doc\}`(?:[^`<]*<)?([\w/]+)>?`", text):
        assert f"book/{name}" in LISTED, f"{path.name} links the page {name}"
    for name in re.findall(r"\]\(\.\./(notebooks/\w+)\.md", text):
        assert name in LISTED, f"{path.name} links {name}"


CORE = {"01", "02", "05", "07", "08", "09", "10", "11", "15", "19", "21", "22"}


def test_the_welcome_promises_what_is_there():
    rows = [
        [field.strip() for field in line.strip("|").split("|")]
        for line in text_of("welcome").splitlines()
        if re.match(r"\| \d\d[a-z]? \|", line)
    ]
    assert [row[0] for row in rows] == sorted([f"{number:02d}" for number in range(1, 26)] + ["18b"])
    assert {row[0] for row in rows if row[3] == "●"} == CORE
    present = {name.removeprefix("notebooks/").split("_")[0] for name in LISTED if name.startswith("notebooks/")}
    assert {row[0] for row in rows if "](../notebooks/" in row[2]} == present


@pytest.mark.parametrize("rule", [
    r"on its own battery", r"certified medical isolation", r"USB cable is not an isolation barrier",
    r"\{term\}`driven electrode`\) needs a series resistor", r"IEC 60601-1", r"consent \*\*in writing", r"pacemaker",
    r"`emgtut stream --virtual`, the default in class", r"not a medical device",
])  # fmt: skip
def test_the_safety_page_has_the_rules_for_recording_people(rule):
    assert re.search(rule, text_of("safety").replace("*on its own battery*", "on its own battery"))


@pytest.mark.parametrize("chapter", ["02_electrode_and_mains", "05_streaming"])
def test_chapters_that_speak_of_boards_send_the_reader_to_safety_first(chapter):
    assert "{doc}`../book/safety`" in (ROOT / "notebooks" / f"{chapter}.md").read_text("utf-8")


def test_the_term_plan_is_the_core_path():
    plan = re.findall(r"^\| \d+ \| \**(\d\d) ", text_of("instructors"), flags=re.MULTILINE)
    assert plan == sorted(CORE)


def test_commands_on_the_pages_exist():
    from typer.testing import CliRunner

    from emgtut.cli import app

    shown = {
        name: set(re.findall(rf"^emgtut {name}\b.*", text, flags=re.MULTILINE))
        for text in [text_of("how_to_use") + text_of("instructors")]
        for name in ("book", "denoise", "assess", "data list", "data fetch", "data verify")
    }
    for name, lines in shown.items():
        assert lines, f"no page shows `emgtut {name}`"
        answer = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
        assert answer.exit_code == 0
        for option in set(re.findall(r"--[a-z-]+", " ".join(lines))):
            assert option in answer.output, f"`emgtut {name}` has no {option}"


def test_no_page_names_a_workplace():
    for path in PAGES:
        assert not re.search(r"(?<![\w.])/(work|root|tmp)/", path.read_text("utf-8")), path.name


# ------------------------------------------------------------------------------------------ pictures


def pages_with_code():
    return [path for path in PAGES if cells_of(path)]


def test_these_pages_compute():
    assert {path.stem for path in pages_with_code()} == {"welcome", "refresher", "conventions", "leaderboard"}


@pytest.mark.parametrize("path", pages_with_code(), ids=lambda path: path.stem)
def test_every_figure_is_captioned_described_and_labelled(path):
    for cell in cells_of(path):
        if cell.cell_type != "code" or "plt.show()" not in cell.source:
            continue
        settings = cell.metadata["mystnb"]
        alt, caption = settings["image"]["alt"], settings["figure"]["caption"]
        assert len(alt) > 60, f"{path.name}: {alt!r} describes nothing"
        assert len(caption) > 40
        assert alt != caption
        assert settings["figure"]["name"].startswith(f"fig-{path.stem}")
        assert re.search(r"xlabel", cell.source)
        assert re.search(r"ylabel", cell.source)


@pytest.mark.parametrize("path", pages_with_code(), ids=lambda path: path.stem)
def test_pages_assert_their_claims(path):
    checks = [
        cell for cell in cells_of(path) if "remove-cell" in cell.metadata.get("tags", []) and "assert" in cell.source
    ]
    assert checks


class Drawing(html.parser.HTMLParser):
    """Collects the attributes of svg elements and the text of their title and desc."""

    def __init__(self):
        super().__init__()
        self.svgs, self.words, self.inside = [], {}, None

    def handle_starttag(self, tag, attrs):
        if tag == "svg":
            self.svgs.append(dict(attrs))
        self.inside = dict(attrs).get("id") if tag in ("title", "desc") else None

    def handle_data(self, data):
        if self.inside:
            self.words[self.inside] = self.words.get(self.inside, "") + data


def test_the_drawing_of_the_rooms_is_described():
    drawing = Drawing()
    drawing.feed(text_of("welcome"))
    assert len(drawing.svgs) == 1
    assert drawing.svgs[0]["role"] == "img"
    spoken = [drawing.words[name] for name in drawing.svgs[0]["aria-labelledby"].split()]
    for room in ("acquire", "contaminate", "denoise", "assess", "apply"):
        assert room in " ".join(spoken)
