"""The template bench in headless Chromium: keyboard, names, numbers, telephone width."""

import numpy as np
import pytest

from emgtut.show.template_widget import TemplateBench

pytestmark = pytest.mark.browser
MUSCLE = np.random.default_rng(5).standard_normal((32, 300))
SHAPE = np.pad(np.diff(np.hanning(62)), 120)[:300]
KEYS = ("muscle", "shape", "offsets", "fs", "n_beats", "snr_db", "jitter_ms")


@pytest.fixture
def page(open_widget):
    return open_widget(TemplateBench(MUSCLE, SHAPE, fs=1000), KEYS)


def test_the_page_averages_subtracts_and_fits(page):
    root = page.find(".emg-front")
    scaled = MUSCLE / np.std(MUSCLE)

    def law(n):  # without jitter the error is the mean of the first n rows
        return 10 * np.log10(np.sum(scaled[:n] ** 2) / (n * np.sum(scaled[:n].mean(axis=0) ** 2)))

    pictures = set()
    for key, n in ((None, 2), (page.END, 32), (page.HOME, 1)):
        if key:
            page.find("input[data-key=n_beats]").send_keys(key)
        assert float(root.get_attribute("data-out-db")) == pytest.approx(law(n), abs=1e-4)
        pictures.add(page.find(".emg-front-leftover").get_attribute("innerHTML"))
    assert len(pictures) == 3
    page.wait(lambda: "neither heart nor muscle" in page.find("[aria-live=polite]").text)
    page.find("input[data-key=n_beats]").send_keys(page.END)
    page.find("input[data-key=jitter_ms]").send_keys(page.END)
    assert float(root.get_attribute("data-out-db")) < law(32) - 3
    assert page.find("input[data-key=jitter_ms]").get_attribute("aria-valuetext").replace("\xa0", " ") == "8 ms"

    assert page.sliders() == ["number of beats", "SNR in the beats", "jitter of the beats"]
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
