"""The precomputed-frame slider: what its HTML holds, and what it refuses."""

import base64
import re
import warnings
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from emgtut.show import frames
from emgtut.show.frames import frame_slider


def line(value):
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, 1], [0, float(value)])
    return figure


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_one_frame_for_each_value_in_order():
    slider = frame_slider(line, [-10, 0, 10], label="SNR", unit="dB", alt="A line to {value}.", start=0)
    page = Page(slider.html())
    images = page.all("img")
    assert [image["data-value"] for image in images] == ["-10", "0", "10"]
    assert [image["alt"] for image in images] == ["A line to −10 dB.", "A line to 0 dB.", "A line to 10 dB."]
    assert ["hidden" in image for image in images] == [True, False, True]
    assert len({image["src"] for image in images}) == 3  # three different pictures
    (control,) = page.all("input")
    assert (control["type"], control["min"], control["max"], control["value"]) == ("range", "0", "2", "1")
    assert control["aria-valuetext"] == "0 dB"
    (root,) = [attrs for attrs in page.all("div") if attrs.get("class") == "emg-frames"]
    assert root["data-value"] == "0"


def test_slider_stands_in_its_label_and_nothing_has_an_id():
    text = frame_slider(line, [1, 2], label="gain", alt="{value}").html()
    assert re.search(r"<label[^>]*><span>gain</span><input [^>]*>.*?</label>", text)
    assert not any("id" in attrs for _, attrs in Page(text).tags)


def test_page_needs_no_network():
    text = frame_slider(line, [1, 2], label="gain", alt="{value}").html()
    for _, attrs in Page(text).tags:
        for key in ("src", "href"):
            assert attrs.get(key, "data:").startswith("data:")
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)


def test_pictures_are_png_or_svg_whichever_is_shorter():
    few = frame_slider(line, [1], label="x", alt="a line").pictures[0]

    def many_points(_):
        figure, ax = plt.subplots(figsize=(2, 1))
        ax.scatter(*np.random.default_rng(0).random((2, 5000)), s=4)
        return figure

    cloud = frame_slider(many_points, [1], label="x", alt="a cloud").pictures[0]
    assert few.startswith(("data:image/svg+xml;base64,", "data:image/png;base64,"))
    assert cloud.startswith("data:image/png;base64,")
    assert base64.b64decode(cloud.split(",")[1])[:8] == b"\x89PNG\r\n\x1a\n"


def test_pictures_are_the_same_on_every_run():
    one = frame_slider(line, [1, 2], label="x", alt="{value}")
    two = frame_slider(line, [1, 2], label="x", alt="{value}")
    assert one.html() == two.html()


def test_alt_can_be_a_function():
    slider = frame_slider(line, [1, 2], label="x", alt=lambda value: f"rises by {value} volts")
    assert slider.alts == ["rises by 1 volts", "rises by 2 volts"]


def test_text_is_escaped():
    text = frame_slider(line, [1], label='<b>"x"</b>', unit="<V>", alt='"quoted" & <tagged>').html()
    assert "<b>" not in text
    assert "<tagged>" not in text
    assert Page(text).all("img")[0]["alt"] == '"quoted" & <tagged>'


def test_figures_are_closed():
    before = plt.get_fignums()
    frame_slider(line, [1, 2, 3], label="x", alt="{value}")
    assert plt.get_fignums() == before


def test_over_budget_is_said():
    with pytest.warns(UserWarning, match="more than its budget"):
        frame_slider(line, [1, 2], label="x", alt="{value}", budget_bytes=100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame_slider(line, [1, 2], label="x", alt="{value}")


def test_mimebundle_has_html_and_a_plain_line():
    slider = frame_slider(line, [-1, 1], label="SNR", unit="dB", alt="{value}")
    bundle = slider._repr_mimebundle_()
    assert bundle["text/html"] == slider._repr_html_()
    assert bundle["text/plain"] == "<FrameSlider: SNR, 2 frames from −1 dB to 1 dB>"
    assert len(slider) == 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"values": []}, "no values"),
        ({"values": [1, 1]}, "repeated"),
        ({"values": [1, 2], "start": 3}, "not one of the values"),
        ({"values": [1, 2], "alt": "always the same"}, "same alternative text"),
        ({"values": [1], "alt": " "}, "no alternative text"),
        ({"values": [1], "render": lambda value: value}, "a matplotlib Figure is needed"),
        ({"values": [1, 2], "render": lambda value: plt.figure(figsize=(value, 1))}, "differs in size"),
    ],
)
def test_refuses(call, words):
    settings = {"render": line, "label": "x", "alt": "{value}", **call}
    with pytest.raises(ValueError, match=words):
        frame_slider(settings.pop("render"), settings.pop("values"), **settings)
    plt.close("all")


def test_an_error_in_render_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        frame_slider(lambda value: 1 / 0, [1], label="x", alt="{value}")


def test_script_is_short():
    assert len(frames._SCRIPT.splitlines()) <= 20
