"""The slope meter in headless Chromium: it recomputes by keyboard, and fits a telephone."""

import pytest

from emgtut.show.slope_widget import SlopeMeter, slope_of

pytestmark = pytest.mark.browser
STATE = {"fall": 25.0, "snr_db": 30.0, "cutoff_hz": 0, "seconds": 60, "seed": 1}


def test_it_recomputes_by_keyboard_and_fits(open_widget):
    page = open_widget(SlopeMeter(**STATE), tuple(STATE))
    root, asked = page.find(".emg-front"), dict(STATE)
    for key, press, value in (
        (None, None, None),
        ("fall", page.END, 40.0),
        ("snr_db", page.HOME, -20.0),
        ("cutoff_hz", page.END, 100),
        ("seconds", page.END, 240),
        ("seed", page.END, 20),
    ):
        if key:
            page.find(f"input[data-key={key}]").send_keys(press)
            asked[key] = value
        line = slope_of(**asked)[1]
        assert float(root.get_attribute("data-slope")) == pytest.approx(line.per_minute, rel=1e-6)
        assert float(root.get_attribute("data-low")) == pytest.approx(line.low, rel=0.02)
    page.wait(lambda: "velocity lost 40" in page.find("[aria-live=polite]").text)
    assert page.sliders() == ["fall of the velocity", "muscle over hum", "high-pass at", "length", "another muscle"]
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
