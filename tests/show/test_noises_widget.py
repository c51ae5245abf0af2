"""The arithmetic of the noise board, run under node, against Python; and the widget in headless Chromium."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.contaminate import mix_at_snr
from emgtut.show.noises_widget import CORNERS_HZ, SPEEDS, NoiseBoard
from emgtut.signals import butterworth, filter_zero_phase, unit_power

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE NOISE BOARD'S SCRIPT WAS NOT TESTED")

DRIVER = """
const core = await import(process.argv[2]);
const { muscle, noise, cases } = JSON.parse(process.argv[3]);
const out = { corners: core.CORNERS, speeds: core.SPEEDS, texts: [1, 0.5, 0.012, 0.0001].map(core.percent) };
out.boards = cases.map((c) => {
  const s = core.boardAt({ muscle: Float32Array.from(muscle), noise: Float32Array.from(noise), ...c });
  return { ...s, wave: Array.from(s.wave), said: core.describeBoard(s, "hum") };
});
console.log(JSON.stringify(out));
"""
CASES = [{"fs": 1000, "snr": s, "corner": c} for s, c in [(0, 0), (-10, 20), (15, 100), (-20, 1)]]


@pytest.fixture(scope="module")
def signals():
    rng = np.random.default_rng(0)
    muscle = unit_power(rng.standard_normal(1024)).astype(np.float32)
    noise = unit_power(np.cumsum(rng.standard_normal(1024))).astype(np.float32)
    return muscle, noise


@pytest.fixture(scope="module")
def board(signals):
    return NoiseBoard(signals[0], {"brown": signals[1], "white": signals[0][::-1].copy()}, fs=1000)


@needs_node
def test_the_script_equals_numpy(signals, board, tmp_path):
    (tmp_path / "core.mjs").write_text(board._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    muscle, noise = signals
    job = json.dumps({"muscle": muscle.tolist(), "noise": noise.tolist(), "cases": CASES})
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), job]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert tuple(out["corners"]) == CORNERS_HZ
    assert tuple(out["speeds"]) == SPEEDS
    assert out["texts"] == ["100\u00a0%", "50\u00a0%", "1.2\u00a0%", "under 0.1\u00a0%"]
    m, n = muscle.astype(float), noise.astype(float)
    freqs = np.fft.fftfreq(1024, 1 / 1000)
    for case, got in zip(CASES, out["boards"], strict=True):
        with np.errstate(divide="ignore"):
            h = 1 / (1 + (case["corner"] / np.abs(freqs)) ** 8) if case["corner"] else np.ones(1024)
        mixed = mix_at_snr(m, n, case["snr"])
        wave = np.fft.ifft(h * np.fft.fft(mixed)).real
        np.testing.assert_allclose(got["wave"], wave, atol=1e-9)
        assert got["snrOut"] == pytest.approx(10 * np.log10(np.sum(m**2) / np.sum((wave - m) ** 2)), abs=1e-6)
        for name, x in (("kept", m), ("left", n)):
            spectrum = np.abs(np.fft.fft(x)) ** 2
            assert got[name] == pytest.approx(np.sum(h**2 * spectrum) / np.sum(spectrum), rel=1e-9)
    assert "No filter" in out["boards"][0]["said"]
    assert "high-pass at 20\u00a0Hz" in out["boards"][1]["said"]


def test_the_gain_is_that_of_the_house_filter():
    """The frequency-domain gain equals the digital filter run both ways, away from half the sampling rate."""
    impulse = np.zeros(20_000)
    impulse[10_000] = 1.0
    found = np.abs(np.fft.rfft(filter_zero_phase(butterworth(4, 20, "highpass", fs=1000), impulse)))
    freqs = np.fft.rfftfreq(20_000, 1 / 1000)
    low = (freqs > 2) & (freqs < 100)
    np.testing.assert_allclose(found[low], 1 / (1 + (20 / freqs[low]) ** 8), atol=0.01)


@pytest.mark.parametrize(
    "bad",
    [{"muscle": np.ones(1000)}, {"muscle": np.zeros((2, 512))}, {"noises": {}}, {"noises": {"a": np.ones(5)}},
     {"corner_hz": 7}, {"snr_db": 30}, {"which": 2}],
)  # fmt: skip
def test_bad_boards_are_refused(bad, signals):
    good = {"muscle": signals[0], "noises": {"a": signals[1]}, "fs": 1000}
    with pytest.raises(ValueError):
        NoiseBoard(**(good | bad))


@pytest.mark.browser
def test_in_the_browser_with_the_keyboard(open_widget, board):
    page = open_widget(board, ("names", "fs", "which", "snr_db", "corner_hz", "speed", "muscle", "noises"))
    root = page.find(".emg-front")
    before = float(root.get_attribute("data-out"))
    page.find("input[data-key=corner_hz]").send_keys(page.END)  # 100 Hz
    assert float(root.get_attribute("data-left")) < 0.2
    assert float(root.get_attribute("data-out")) != before
    page.find("input[data-key=which]").send_keys(page.RIGHT)
    assert root.get_attribute("data-noise") == "white"
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()


@pytest.mark.browser
def test_listen_starts_and_stops(open_widget, board):
    """The sound lasts a second: both clicks come at once, so that a slow browser cannot miss it."""
    page = open_widget(board, ("names", "fs", "which", "snr_db", "corner_hz", "speed", "muscle", "noises"))
    button = "document.querySelector('.emg-front-listen')"
    twice = "[0, 1].map(() => (BUTTON.click(), BUTTON.textContent))".replace("BUTTON", button)
    assert page.run(twice) == ["Stop", "Listen"]
