"""The diagnostic quiz of the refresher: complete, and answered with the keyboard in a page that has no kernel."""

import html.parser
import pathlib
import re
import shutil

import jupytext
import pytest

PAGE = pathlib.Path(__file__).resolve().parents[2] / "book" / "refresher.md"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed: THE QUIZ WAS NOT TRIED"
)


@pytest.fixture(scope="module")
def quiz():
    """What the quiz cell defines, and the HTML it shows."""
    cells = jupytext.reads(PAGE.read_text("utf-8"), fmt="md:myst").cells
    (cell,) = [cell for cell in cells if cell.source.rstrip().endswith("HTML(quiz_html(QUIZ, SECTIONS))")]
    assert cell.metadata["tags"] == ["remove-input"]
    space = {}
    exec(cell.source, space)
    space["shown"] = space["quiz_html"](space["QUIZ"], space["SECTIONS"])
    return space


class Form(html.parser.HTMLParser):
    """Counts what a reader meets: questions, their answers, and what is said about each."""

    def __init__(self):
        super().__init__()
        self.questions, self.names = [], set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "fieldset":
            self.questions.append({"right": attrs["data-right"], "section": attrs["data-section"], "said": {}})
        if tag == "input":
            assert attrs["type"] == "radio"
            self.names.add(attrs["name"])
            self.questions[-1]["said"][attrs["value"]] = attrs["data-feedback"]


def test_ten_questions_with_feedback_for_every_answer(quiz):
    form = Form()
    form.feed(quiz["shown"])
    assert len(form.questions) == len(form.names) == 10
    for question in form.questions:
        assert question["right"] in question["said"]
        assert len(question["said"]) >= 3
        assert all(len(words) > 20 for words in question["said"].values())
        assert len(set(question["said"].values())) == len(question["said"])
    assert quiz["shown"].count("<legend>") == 10
    assert quiz["shown"].count("<label>") == sum(len(question["said"]) for question in form.questions)
    assert {question["right"] for question in form.questions} == {"0", "1", "2"}, "no place is always right"


def test_every_section_is_asked_about_and_exists(quiz):
    asked = {section for section, *_ in quiz["QUIZ"]}
    text = PAGE.read_text("utf-8")
    assert asked == set(quiz["SECTIONS"])
    for target, title in quiz["SECTIONS"].items():
        assert f"({target})=\n## {title}\n" in text


def test_the_quiz_needs_nothing_from_outside(quiz):
    assert not re.search(r"https?:|src=|fetch\(|import\(|localStorage|cookie", quiz["shown"])


@pytest.fixture
def browser(quiz, tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    targets = "".join(f'<h2 id="{name}">{title}</h2>' for name, title in quiz["SECTIONS"].items())
    page = tmp_path / "quiz.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><title>quiz</title>{targets}{quiz["shown"]}', "utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=500,900"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.get(page.as_uri())
    yield driver
    driver.quit()


def answer_by_keyboard(driver, choices):
    """Tab through the form; Space takes the first answer of a question, arrow down the next ones."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    for choice in choices:
        keys = ActionChains(driver).send_keys(Keys.TAB).send_keys(Keys.SPACE)
        for _ in range(choice):
            keys = keys.send_keys(Keys.ARROW_DOWN)
        keys.perform()


@pytest.mark.browser
@needs_browser
def test_all_right_sends_the_reader_on(browser, quiz):
    answer_by_keyboard(browser, [right for _, _, right, _ in quiz["QUIZ"]])
    said = [element.text for element in browser.find_elements("css selector", ".emg-quiz-say")]
    assert len(said) == 10
    assert all(words.startswith("Right. ") for words in said)
    total = browser.find_element("css selector", ".emg-quiz-sum").text
    assert total.startswith("10 of 10 right.")
    assert "start with the first chapter" in total


@pytest.mark.browser
@needs_browser
def test_wrong_answers_name_the_section_to_reread(browser, quiz):
    choices = [right for _, _, right, _ in quiz["QUIZ"]]
    choices[0] = (choices[0] + 1) % 3  # decibels
    choices[7] = (choices[7] + 1) % 3  # filters
    answer_by_keyboard(browser, choices[:9])
    total = browser.find_element("css selector", ".emg-quiz-sum")
    assert total.text == "9 of 10 answered."
    answer_by_keyboard(browser, choices[9:])
    assert total.text == "8 of 10 right. Reread, then start with the first chapter: Decibels, Filters."
    links = [link.get_attribute("href").split("#")[1] for link in total.find_elements("tag name", "a")]
    assert links == ["refresher-decibels", "refresher-filters"]
    wrong = browser.find_elements("css selector", ".emg-quiz-say")[0].text
    assert wrong == "Not quite. " + quiz["QUIZ"][0][3][choices[0]][1]
    browser.find_element("css selector", ".emg-quiz button").click()
    assert not browser.find_elements("css selector", ".emg-quiz input:checked")
    assert total.get_attribute("textContent") == ""
