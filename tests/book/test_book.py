"""The built book as a reader meets it: pages, pictures, links, figures that move. Run after `emgtut book`."""

import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

import numpy as np
import pytest
from bs4 import BeautifulSoup

from emgtut.assess import snr_db
from emgtut.book.layout import STATUS_PAGE, find_layout
from emgtut.contaminate import gain_for_snr, mix_at_snr

pytestmark = pytest.mark.built

LAYOUT = find_layout()
PAGES = LAYOUT.pages()
CHAPTERS = [LAYOUT.name(source) for source in LAYOUT.chapters()]
MIXING = "notebooks/08_mixing"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="session")
def book(request):
    """The folder of finished pages."""
    if not (LAYOUT.html / "index.html").is_file():
        message = "THERE IS NO BUILT BOOK: run `emgtut book` or `emgtut book --fast` first"
        (pytest.fail if request.config.option.markexpr == "built" else pytest.skip)(message)
    return LAYOUT.html


@pytest.fixture(scope="session")
def soups(book):
    return {name: BeautifulSoup((book / f"{name}.html").read_text(encoding="utf-8"), "html.parser") for name in PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_page_exists_and_has_a_title_and_no_error_box(book, soups, page):
    assert (book / f"{page}.html").stat().st_size > 1000
    article = soups[page].find("article")
    assert len(article.find_all("h1")) == 1
    assert not article.select(".system-message, .problematic, .output.traceback")


def test_first_page_leads_to_the_root_of_the_contents(book):
    assert f"{PAGES[0]}.html" in (book / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_image_says_what_it_shows(soups, page):
    images = soups[page].find_all("img")
    silent = [image.get("src", "")[:80] for image in images if not (image.get("alt") or "").strip()]
    assert not silent, "images without alternative text"
    alts = [image["alt"].strip() for image in soups[page].find("article").find_all("img")]
    poor = [alt for alt in alts if len(alt.split()) < 4 or re.search(r"[\\/]\S+\.\w{3,4}$|^\S+\.\w{3,4}$", alt)]
    assert not poor, "alternative texts that say nothing"
    repeated = {alt for alt in alts if alts.count(alt) > 1}
    assert not repeated, "alternative texts used twice on one page"


def references(soup):
    """Everything that a browser fetches by itself for a page."""
    for tag, attribute in (("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("audio", "src")):
        yield from (element[attribute] for element in soup.find_all(tag) if element.get(attribute))
    yield from (
        link["href"] for link in soup.find_all("link") if set(link["rel"]) - {"next", "prev", "search", "index"}
    )


@pytest.mark.parametrize("page", PAGES)
def test_page_fetches_nothing_from_the_network(book, soups, page):
    wanted = [address for address in references(soups[page]) if not address.startswith("data:")]
    assert not [address for address in wanted if re.match(r"(\w+:)?//", address)]
    files = [(book / page).parent / urllib.parse.unquote(address.split("?")[0]) for address in wanted]
    assert not [str(file) for file in files if not file.is_file()], (
        "files that the page asks for and that are not there"
    )
    styles = [file.read_text(encoding="utf-8") for file in files if file.suffix == ".css"]
    styles += [style.get_text() for style in soups[page].find_all("style")]
    assert not [
        found for text in styles for found in re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)'\"]+", text)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_book_lead_somewhere(book, soups, page):
    dead = []
    for link in soups[page].find("article").find_all("a", href=True):
        address = urllib.parse.urlsplit(link["href"])
        if address.scheme or address.netloc:
            continue
        target = (book / page).parent / urllib.parse.unquote(address.path) if address.path else book / f"{page}.html"
        if not target.is_file():
            dead.append(link["href"])
        elif address.fragment and target.suffix == ".html":
            name = target.resolve().relative_to(book.resolve()).with_suffix("").as_posix()
            if name in soups and not soups[name].find(id=urllib.parse.unquote(address.fragment)):
                dead.append(link["href"])
    assert not dead


@pytest.mark.parametrize("page", PAGES)
def test_page_tells_no_paths_of_the_machine_it_was_built_on(soups, page):
    text = soups[page].find("article").get_text()
    assert str(LAYOUT.root) not in text
    assert str(pathlib.Path.home()) + "/" not in text
    assert tempfile.gettempdir() + "/" not in text


def test_status_page_lists_every_chapter_with_its_time_and_the_versions(soups):
    rows = soups[STATUS_PAGE].find("article").find_all("tr")
    cells = [[cell.get_text(strip=True) for cell in row.find_all(["td", "th"])] for row in rows]
    runs = [row for row in cells if len(row) == 5 and row[1] in ("FAST", "full")]
    assert len(runs) == len(CHAPTERS), "a chapter was not executed"
    assert all(float(row[2]) > 0 and re.match(r"\d{4}-\d\d-\d\d \d\d:", row[3]) for row in runs)
    versions = {row[0]: row[1] for row in cells if len(row) == 2}
    assert versions["numpy"] == np.__version__
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))


def test_plain_sphinx_builds_the_same_book(book, soups, tmp_path):
    """The way out should Jupyter Book 1.x rot: its configuration, written down, and Sphinx alone."""
    source = tmp_path / "stage"
    shutil.copytree(LAYOUT.stage, source)
    write_conf = "from jupyter_book.cli.main import main; main()"
    for command in (
        [sys.executable, "-c", write_conf, "config", "sphinx", str(source)],
        [
            sys.executable,
            "-m",
            "sphinx",
            "-b",
            "html",
            "-W",
            "--keep-going",
            "-n",
            "-q",
            str(source),
            str(tmp_path / "html"),
        ],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    for page in PAGES:
        plain = BeautifulSoup((tmp_path / "html" / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        assert plain.find("article").get_text().split() == soups[page].find("article").get_text().split(), page


# --- in a browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser(book, tmp_path_factory):
    """Headless Chromium that finds no server anywhere."""
    if not (BROWSER and DRIVER):
        pytest.skip("NO BROWSER, THE PAGES WERE NOT TRIED: apt-get install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=1280,900",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(120)
    yield driver
    driver.quit()


def wait(condition, message, seconds=40):
    """Return what `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    pytest.fail(message)


def visit(browser, book, page, ready="return document.readyState === 'complete'"):
    """Open a page and wait until it is complete; forget what earlier pages logged."""
    for log in ("performance", "browser"):
        browser.get_log(log)
    browser.get((book / f"{page}.html").resolve().as_uri())
    wait(lambda: browser.execute_script(ready), f"{page} does not become ready")


def set_width(browser, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_page_works_with_the_network_gone(browser, book, page):
    visit(browser, book, page)
    time.sleep(1.5)  # widgets are made after the page is complete
    addresses, failed = {}, []
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        request = event["params"].get("requestId")
        if event["method"] == "Network.requestWillBeSent":
            if event["params"]["request"]["url"].startswith("chrome"):
                continue  # the tab that the browser opens with asks for things of its own
            addresses[request] = event["params"]["request"]["url"]
        elif event["method"] == "Network.loadingFailed" and request in addresses:
            failed.append(addresses[request])
    assert not [address for address in addresses.values() if address.startswith(("http", "ws"))]
    assert not failed
    assert not [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_page_fits_a_phone_and_a_picture_keeps_its_white_ground_in_the_dark(browser, book, page):
    set_width(browser, 390)
    visit(browser, book, page)
    time.sleep(1)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert not browser.execute_script(
        "return [...document.querySelectorAll('.bd-article img')].filter(i => i.clientWidth > 390).map(i => i.alt)"
    )
    set_width(browser, 1280)
    browser.execute_script("document.documentElement.dataset.theme = 'dark'")
    images = "[...document.querySelectorAll('.bd-article .cell_output img')]"
    grounds = browser.execute_script(f"return {images}.map(image => getComputedStyle(image).backgroundColor)")
    assert set(grounds) <= {"rgb(255, 255, 255)"}


@pytest.mark.browser
def test_the_theme_button_reaches_the_dark_theme(browser, book):
    visit(browser, book, MIXING)
    seen = set()
    for _ in range(3):
        browser.execute_script("document.querySelector('.theme-switch-button').click()")
        seen.add(browser.execute_script("return document.documentElement.dataset.theme"))
    assert seen == {"light", "dark"}
    browser.execute_script("localStorage.clear()")


@pytest.mark.browser
def test_formulas_are_set(browser, book):
    visit(browser, book, MIXING)
    count = "return document.querySelectorAll('mjx-container').length"
    wait(lambda: browser.execute_script(count) > 10, "MathJax set no formula")
    assert not browser.execute_script("return document.querySelectorAll('mjx-merror').length")


@pytest.mark.browser
def test_search_finds_a_word_without_a_server(browser, book):
    browser.get((book / "search.html").resolve().as_uri() + "?q=gain")
    found = "return [...document.querySelectorAll('#search-results a')].map(a => a.getAttribute('href'))"
    # Sphinx adds the hits one by one, so the chapter may come after the first.
    wait(lambda: any(MIXING in hit for hit in browser.execute_script(found)), "no hit in the chapter")


def mixers_of(book, page):
    """Clean and noise of every mixer on a page, decoded from the page's own text."""
    soup = BeautifulSoup((book / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
    signals = []
    for script in soup.find_all("script", type="application/vnd.jupyter.widget-state+json"):
        for model in json.loads(script.string)["state"].values():
            buffers = {entry["path"][0]: base64.b64decode(entry["data"]) for entry in model.get("buffers", [])}
            if buffers.keys() >= {"clean", "noise"}:
                signals.append([np.frombuffer(buffers[n], "<f4").astype(float) for n in ("clean", "noise")])
    return signals


PICTURES = "return [...document.querySelectorAll('.emg-mixer canvas')].map(c => c.toDataURL())"


@pytest.mark.browser
def test_the_snr_slider_redraws_the_plot_and_agrees_with_python(browser, book):
    from selenium.webdriver.common.keys import Keys

    ((clean, noise),) = mixers_of(book, MIXING)
    visit(browser, book, MIXING)
    root = wait(lambda: browser.find_elements("css selector", ".emg-mixer[data-gain]"), "no mixer appears")[0]
    slider = root.find_element("css selector", "input[type=range]")
    assert slider.accessible_name
    seen = {}
    for key, presses in (
        (Keys.ARROW_RIGHT, 0),
        (Keys.ARROW_RIGHT, 7),
        (Keys.ARROW_LEFT, 12),
        (Keys.END, 1),
        (Keys.HOME, 1),
    ):
        before = float(slider.get_property("value"))
        slider.send_keys(key * presses)
        time.sleep(0.5)
        asked = float(slider.get_property("value"))
        if key in (Keys.ARROW_RIGHT, Keys.ARROW_LEFT):
            assert asked == before + (presses if key == Keys.ARROW_RIGHT else -presses)
        gain = gain_for_snr(clean, noise, asked).item()
        assert float(root.get_attribute("data-gain")) == pytest.approx(gain, rel=1e-9)
        measured = snr_db(clean, mix_at_snr(clean, noise, asked))
        assert float(root.get_attribute("data-snr-db")) == pytest.approx(measured, abs=1e-9) == asked
        numbers = root.find_element("css selector", ".emg-mixer-numbers").text.replace("\N{MINUS SIGN}", "-")
        shown = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        assert any(value == pytest.approx(gain, rel=6e-3) for value in shown)
        assert any(value == pytest.approx(asked, abs=6e-3) for value in shown)
        seen[asked] = tuple(browser.execute_script(PICTURES))
    assert len(seen) == 5
    for pictures in zip(*seen.values(), strict=True):  # the wave and the spectrum: each position draws another picture
        assert len(set(pictures)) == 5


@pytest.mark.browser
@pytest.mark.parametrize("page", CHAPTERS)
def test_frame_sliders_show_another_picture_and_say_which(browser, book, soups, page):
    from selenium.webdriver.common.keys import Keys

    expected = len(soups[page].select(".emg-frames"))
    if page == MIXING:
        assert expected >= 1
    visit(browser, book, page)
    roots = browser.find_elements("css selector", ".emg-frames")
    assert len(roots) == expected
    for root in roots:
        slider = root.find_element("css selector", "input[type=range]")
        assert slider.accessible_name
        slider.send_keys(Keys.HOME)
        views = []
        for _ in range(int(slider.get_property("max")) + 1):
            shown = [image for image in root.find_elements("css selector", "img") if image.is_displayed()]
            assert len(shown) == 1
            views.append(
                (root.get_attribute("data-value"), shown[0].get_attribute("alt"), shown[0].get_attribute("src"))
            )
            slider.send_keys(Keys.ARROW_RIGHT)
        assert len(views) > 1
        assert all(len(set(column)) == len(views) for column in zip(*views, strict=True))
