"""The ranking in headless Chromium: it computes there, answers to the keyboard, and fits a telephone."""

import numpy as np
import pandas as pd
import pytest

from emgtut.benchmark import exact_interval, paired, summarise
from emgtut.benchmark.summary import cell_means
from emgtut.show.rank_widget import RankBoard

pytestmark = pytest.mark.browser
KEYS = (
    "names", "test_names", "kind_names", "scores", "units", "steps", "better", "tests", "people", "levels", "kinds",
    "values", "test", "score", "against", "pick", "low", "high",
)  # fmt: skip
LEVELS, METHODS = (-10.0, 0.0), {"poor": 0.0, "middling": 2.0, "good": 5.0}


def scores(seed):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"case": f"{who}/{level}", "subject": f"s{who}", "snr_db": level, "kinds": "ecg", "method": method,
         "mode": "blind", "failure": "", "snr_imp": mean + rng.uniform(), "lsd": 9 - mean, "rmse_mdf": 5.0}
        for who in range(4) for level in LEVELS for method, mean in METHODS.items()
    )  # fmt: skip


TABLES = {"one": scores(1), "two": scores(2)}


def test_the_page_ranks_again_and_fits(open_widget):
    page = open_widget(RankBoard(TABLES), KEYS)
    root = page.find(".emg-front")

    def told(key):
        return float(root.get_attribute(f"data-{key}"))

    macro = summarise(TABLES["one"], scores=["snr_imp"]).set_index("method")["macro"]
    good = TABLES["one"].query("method == 'good'")
    assert (told("windows"), root.get_attribute("data-first")) == (8, "good")
    assert told("mean") == pytest.approx(macro["good"], abs=0.005)
    assert (told("from"), told("to")) == pytest.approx(exact_interval(cell_means(good, "snr_imp")), abs=0.005)

    page.find("input[data-key=test]").send_keys(page.END)
    page.find("input[data-key=against]").send_keys(page.END)  # the last row, which leaves the list
    page.find("input[data-key=high]").send_keys(page.HOME + "\ue014" * 5)  # five to the right: -6 dB
    gaps = paired(TABLES["two"].query("snr_db == -10"), baseline="good").set_index("method")["macro"]
    assert page.find("input[data-key=against]").get_attribute("aria-valuetext") == "good"
    assert (told("windows"), root.get_attribute("data-first")) == (4, "middling")
    assert told("mean") == pytest.approx(gaps["middling"], abs=0.01)
    page.wait(lambda: "difference to good" in page.find("[aria-live=polite]").text)

    page.find("input[data-key=pick]").send_keys(page.END)  # two and more kinds: there are none
    page.wait(lambda: "no such window" in page.find("[aria-live=polite]").text)
    page.find("input[data-key=pick]").send_keys(page.HOME)

    names = ["test", "score", "contaminants", "compared with", "lowest input SNR", "highest input SNR"]
    assert page.sliders() == names
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
