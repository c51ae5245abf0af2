"""The judge meter in headless Chromium: it recomputes by keyboard, and fits a telephone."""

import pytest

from emgtut.assess.qase_training import scores
from emgtut.show.judge_widget import JudgeMeter, judged

pytestmark = pytest.mark.browser
STATE = {"bias_db": 0.0, "slope": 1.0, "error_db": 0.5, "range_db": 15.0, "seed": 1}


def test_it_recomputes_by_keyboard_and_fits(open_widget):
    page = open_widget(JudgeMeter(**STATE), tuple(STATE))
    root, asked = page.find(".emg-front"), dict(STATE)
    for key, press, value in (
        (None, None, None),
        ("bias_db", page.END, 6.0),
        ("slope", page.END, 1.5),
        ("error_db", page.END, 6.0),
        ("range_db", page.HOME, 5.0),
        ("seed", page.END, 20),
    ):
        if key:
            page.find(f"input[data-key={key}]").send_keys(press)
            asked[key] = value
        found = scores(*judged(**asked))
        assert float(root.get_attribute("data-mse")) == pytest.approx(found["mse"], rel=1e-6)
        assert float(root.get_attribute("data-lcc")) == pytest.approx(found["lcc"], rel=1e-6)
    page.wait(lambda: "A constant would do better" in page.find("[aria-live=polite]").text)
    assert page.sliders() == ["bias", "slope", "error by chance", "range of true SNRs", "another draw"]
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
