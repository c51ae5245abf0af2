"""The filter bench in headless Chromium: keyboard, names, one heartbeat, telephone width."""

import numpy as np
import pytest

from emgtut import denoise
from emgtut.assess import snr_db
from emgtut.contaminate import mix_at_snr
from emgtut.show.filter_widget import FilterBench

pytestmark = pytest.mark.browser
FS = 1000.0
KEYS = ("clean", "noise", "fs", "corner_hz", "order", "passes", "snr_db")


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(11)
    burst = np.hstack([0.01 * rng.standard_normal(1500), rng.standard_normal(1500)]).astype(np.float32)
    beats = np.zeros(3000, dtype=np.float32)
    beats[[500, 2200]] = 1.0, 0.9
    return burst, np.convolve(beats, np.hanning(60), "same").astype(np.float32)


@pytest.fixture
def page(pair, open_widget):
    return open_widget(FilterBench(*pair, fs=FS), KEYS)


def test_the_page_filters_scores_and_fits(page, pair):
    clean, noise = (x.astype(np.float64) for x in pair)
    noisy = mix_at_snr(clean, noise, -10.0)
    root, traces = page.find(".emg-front"), set()
    for key, slider, method, corner in (
        (None, "corner_hz", "highpass", 40.0),
        (page.HOME, "passes", "highpass_causal", 40.0),
        (page.END, "corner_hz", "highpass_causal", 200.0),
    ):
        if key:
            page.find(f"input[data-key={slider}]").send_keys(key)
        expected = snr_db(clean, denoise.get(method, cutoff_hz=corner)(noisy, fs=FS)) + 10
        assert float(root.get_attribute("data-gain-db")) == pytest.approx(expected, abs=1e-3)
        traces.add(page.find(".emg-front-trace").get_attribute("innerHTML"))
    assert len(traces) == 3
    assert page.find("input[data-key=passes]").get_attribute("aria-valuetext") == "forwards"
    page.wait(lambda: "run forwards only" in page.find("[aria-live=polite]").text)

    assert page.sliders() == ["corner", "order of one pass", "direction", "SNR of the mixture"]
    limit = page.run("[...document.querySelectorAll('.emg-front-trace text')].map((t) => t.textContent)")
    assert any(float(mark) >= 1 for mark in limit if mark.replace(".", "").isdigit()), "the beat in the burst is shown"
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
