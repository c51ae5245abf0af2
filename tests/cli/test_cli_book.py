"""`emgtut book`: options reach the engine, and its errors reach the reader."""

import pytest

from emgtut import book


@pytest.fixture
def calls(monkeypatch):
    """Stand in the engine's place and note how it is called."""
    made = []
    monkeypatch.setattr(book, "build", lambda **given: made.append(("build", given)))
    monkeypatch.setattr(book, "hand_out", lambda *where, **given: made.append(("hand_out", *where, given)))
    return made


def test_build(works, calls):
    works("book")
    works("book", "--fast", "--chapter", "08", "--chapter", "09", "--force")
    assert calls == [
        ("build", {"fast": False, "chapters": None, "force": False}),
        ("build", {"fast": True, "chapters": ["08", "09"], "force": True}),
    ]


def test_hand_out(works, calls, tmp_path):
    works("book", "--notebooks", tmp_path, "--student", "--fast", "--chapter", "08")
    assert calls == [("hand_out", tmp_path, {"student": True, "fast": True, "chapters": ["08"]})]


def test_options_that_do_not_go_together(fails, calls, tmp_path):
    assert "--notebooks" in fails("book", "--student", code=2)
    assert "--force" in fails("book", "--force", "--notebooks", tmp_path / "class", code=2)
    assert calls == []


def test_a_fault_of_the_book_is_told_without_a_traceback(run, monkeypatch):
    def broken(**given):
        raise book.BookError("Chapter 08 failed in cell 3.\nValueError: no")

    monkeypatch.setattr(book, "build", broken)
    result = run("book")
    assert result.exit_code == 1
    assert result.stderr == "Error: Chapter 08 failed in cell 3.\nValueError: no\n"


def test_an_unknown_chapter_is_refused(run):
    result = run("book", "--chapter", "99")
    assert result.exit_code == 1
    assert "99" in result.stderr
    assert "Traceback" not in result.stderr
