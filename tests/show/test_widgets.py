"""The Python side of the live figures."""

import re
import warnings

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
import traitlets
from IPython.core.formatters import DisplayFormatter

from emgtut.show.widgets import Mixer, explore


@pytest.fixture
def pair(rng):
    return rng.standard_normal(3000), rng.standard_normal(3000)


def test_mixer_carries_float32_samples(pair):
    mixer = Mixer(*pair, fs=1000, seconds=2)
    np.testing.assert_array_equal(np.frombuffer(mixer.clean, "<f4"), pair[0][:2000].astype(np.float32))
    np.testing.assert_array_equal(np.frombuffer(mixer.noise, "<f4"), pair[1][:2000].astype(np.float32))
    assert (mixer.fs, mixer.snr_db, mixer.definition, mixer.units) == (1000, 0, "energy", "mV")


def test_mixer_script_needs_no_network(pair):
    mixer = Mixer(*pair, fs=1000)
    assert not re.search(r"https?:|\bimport\b|fetch\(|XMLHttp", mixer._esm + mixer._css)
    assert "export default { render };" in mixer._esm


def test_mixer_has_a_plain_text_form(pair):
    mixer = Mixer(*pair, fs=1000, snr_db=-10, definition="rms", label_clean="biceps")
    data, _ = DisplayFormatter().format(mixer)
    assert data["text/plain"] == "<Mixer: biceps and ECG, 3 s at 1000 Hz, −10 dB by rms>"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_mixer_state_is_kept_within_its_range(pair):
    mixer = Mixer(*pair, fs=1000)
    with pytest.raises(traitlets.TraitError):
        mixer.snr_db = 21
    with pytest.raises(traitlets.TraitError):
        mixer.definition = "amplitude"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clean": np.ones(3000)}, "constant"),
        ({"noise": np.zeros(3000)}, "constant"),
        ({"noise": np.random.default_rng(0).standard_normal(2999)}, "one length"),
        ({"clean": np.random.default_rng(0).standard_normal((2, 3000))}, "one channel"),
        ({"clean": np.full(3000, np.nan)}, "finite"),
        ({"clean": np.arange(3000)}, "floating"),
        ({"clean": np.linspace(0, 1e-60, 3000)}, "constant"),
        ({"seconds": 0.01}, "at least 64"),
        ({"fs": -1}, "fs"),
        ({"snr_db": 30}, "off the slider"),
        ({"snr_db": np.nan}, "off the slider"),
        ({"definition": "power"}, "unknown"),
    ],
)
def test_mixer_refuses(pair, changes, words):
    call = {"clean": pair[0], "noise": pair[1], "fs": 1000, **changes}
    with pytest.raises(ValueError, match=words):
        Mixer(call.pop("clean"), call.pop("noise"), **call)


def test_mixer_over_budget_is_said():
    long = np.random.default_rng(0).standard_normal(200_000)
    with pytest.warns(UserWarning, match="budget"):
        Mixer(long, long[::-1], fs=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Mixer(long, long[::-1], fs=1000, seconds=5)


def line(slope=1.0, shift=0.0):
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, 1], [shift, shift + slope])
    return figure


def test_explore_shows_one_picture_with_its_alternative_text():
    shown = explore(line, alt="A line of slope {slope} & shift {shift}.", slope=(0.0, 4.0, 1.0), shift=(0.0, 1.0))
    text = shown.static_html()
    assert text.count("<img") == 1
    assert 'alt="A line of slope 1.0 &amp; shift 0.0."' in text
    assert "JupyterLab" in text
    assert "slope = 1.0" in text
    assert not plt.get_fignums()


def test_explore_redraws_only_when_the_slider_rests():
    shown = explore(line, alt="a line", slope=(0.0, 4.0, 1.0), shift=ipywidgets.FloatText(0.0))
    assert [control.continuous_update for control in shown.live.kwargs_widgets] == [False, False]


def test_explore_is_live():
    drawn = []

    def record(slope=1.0):
        drawn.append(slope)
        return line(slope)

    shown = explore(record, alt="a line", slope=(0.0, 4.0, 1.0))
    shown.live.kwargs_widgets[0].value = 3.0
    assert drawn[-1] == 3.0
    assert not plt.get_fignums()


def test_explore_hides_the_dead_handle_on_a_page():
    shown = explore(line, alt="a line", slope=(0.0, 4.0, 1.0))
    assert "emg-explore" in shown.live._dom_classes
    assert re.search(r"\.cell_output \.emg-explore\b[^{]*{display:none!important}", shown.static_html())


def test_explore_lets_errors_through():
    with pytest.raises(ZeroDivisionError):
        explore(lambda slope: 1 / 0, alt="a line", slope=(0, 4))
    with pytest.raises(ValueError, match="a matplotlib Figure is needed"):
        explore(lambda slope: slope, alt="a line", slope=(0, 4))
    with pytest.raises(ValueError, match="no alternative text"):
        explore(line, alt="", slope=(0.0, 4.0))
