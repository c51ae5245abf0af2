"""The reach meter in headless Chromium: it recomputes by keyboard, and fits a telephone."""

import pytest

from emgtut.show.reach_widget import ReachMeter, dilations_of, reach_of

pytestmark = pytest.mark.browser
STATE = {"blocks": 6, "growth": 2, "stacks": 1, "bpm": 70}


def test_it_recomputes_by_keyboard_and_fits(open_widget):
    page = open_widget(ReachMeter(**STATE), tuple(STATE))
    root, asked = page.find(".emg-front"), dict(STATE)
    for key, press, value in (
        (None, None, None),
        ("bpm", page.END, 180),
        ("stacks", page.END, 3),
        ("growth", page.HOME, 1),
        ("blocks", page.HOME, 1),
        ("blocks", page.END, 7),
        ("growth", page.END, 3),
    ):
        if key:
            page.find(f"input[data-key={key}]").send_keys(press)
            asked[key] = value
        found = reach_of(dilations_of(asked["blocks"], asked["growth"], asked["stacks"]), bpm=asked["bpm"])
        assert int(root.get_attribute("data-reach")) == found["reach_ms"]
        assert int(root.get_attribute("data-near")) == found["near_ms"]
        assert float(root.get_attribute("data-beats")) == pytest.approx(found["beats"], rel=1e-6)
    page.wait(lambda: "reaches both beats" in page.find("[aria-live=polite]").text)
    assert page.sliders() == ["blocks in a stack", "dilation grows by", "stacks", "heart rate"]
    page.check_it_goes_dark()
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
