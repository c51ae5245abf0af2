"""The turned ring in headless Chromium: it computes there, answers to the keyboard, and fits a telephone."""

import numpy as np
import pytest

from emgtut.show.turn_widget import TurnedRing, turn_accuracy

pytestmark = pytest.mark.browser
KEYS = ("train", "test", "train_labels", "test_labels", "electrodes", "classes", "turn", "copies")


def test_the_page_trains_and_turns_and_fits(open_widget):
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 8
    rows = (np.eye(16)[2 * labels] + 0.4 * rng.standard_normal((80, 16))).astype("<f4")
    given = rows[:40], labels[:40], rows[40:], labels[40:]
    page = open_widget(TurnedRing(*given), KEYS)
    root = page.find(".emg-front")

    def shows(turn, copies):
        expected = turn_accuracy(*given, turns=[turn], copies=copies)[0]
        page.wait(lambda: float(root.get_attribute("data-here")) == pytest.approx(expected))

    shows(0, 0)
    page.find("input[data-key=turn]").send_keys(page.END)
    shows(8, 0)
    page.find("input[data-key=copies]").send_keys(page.END)
    shows(8, 4)
    page.wait(lambda: "turned by 8 places" in page.find("[aria-live=polite]").text.replace("+", ""))
    assert page.sliders() == ["turn of the ring", "copies turned by up to"]
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
