"""The leak meter in headless Chromium: it recomputes by keyboard, fits a telephone, and shows both themes."""

import pytest

from emgtut.show.leak_widget import LeakMeter, leak_of

pytestmark = pytest.mark.browser


def test_it_recomputes_by_keyboard_and_fits_a_telephone(open_widget):
    page = open_widget(
        LeakMeter(spread=2.0, features=20, patients=15, seed=1), ("spread", "features", "patients", "seed")
    )
    root = page.find(".emg-front")

    def tells(**settings):
        shown = [float(root.get_attribute(f"data-{key}")) for key in ("shuffled", "apart")]
        return shown == pytest.approx(leak_of(spread=2.0, patients=15, **settings))

    page.wait(lambda: tells(features=20, seed=1))
    page.find("input[data-key=features]").send_keys(page.HOME)  # one feature
    page.wait(lambda: tells(features=1, seed=1))
    page.find("input[data-key=seed]").send_keys(page.RIGHT)
    page.wait(lambda: tells(features=1, seed=2))
    assert "patients" in page.find(".emg-front-said").text
    page.check_it_goes_dark()
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
    page.resize(320)  # a narrower one
    page.wait(lambda: page.run("document.querySelector('svg').clientWidth") < 310)
    assert page.run("document.documentElement.scrollWidth") <= 320
