"""The network in headless Chromium: it computes there, answers to the keyboard, and fits a telephone."""

import numpy as np
import pytest

from emgtut.denoise.fcn import FCN
from emgtut.learn import seeded
from emgtut.show.fcn_widget import FcnProbe

pytestmark = pytest.mark.browser
KEYS = ("layers", "weights", "clean", "noises", "names", "fs", "kind", "snr_db", "level_db")


@pytest.fixture
def page(open_widget):
    rng = np.random.default_rng(15)
    noises = {"tone": np.sin(0.3 * np.arange(800)), "white noise": rng.standard_normal(800)}
    with seeded(0):
        probe = FcnProbe(FCN(8).eval(), rng.standard_normal(800), noises, fs=1000, snr_db=-10)
    return open_widget(probe, KEYS)


def test_the_page_runs_the_network_and_fits(page):
    root, seen = page.find(".emg-front"), {}
    for key, press in (("start", None), ("kind", page.END), ("snr_db", page.END), ("level_db", page.HOME)):
        if press:
            page.find(f"input[data-key={key}]").send_keys(press)
        seen[key] = root.get_attribute("data-gain-db"), page.find(".emg-front-output").get_attribute("innerHTML")
    assert all(np.isfinite(float(gain)) for gain, _ in seen.values())
    assert len({picture for _, picture in seen.values()}) == 4
    assert page.find("input[data-key=kind]").get_attribute("aria-valuetext") == "white noise"
    page.wait(lambda: "white noise at 30" in page.find("[aria-live=polite]").text.replace("+", ""))

    assert page.sliders() == ["noise", "SNR of the mixture", "level handed over"]
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
