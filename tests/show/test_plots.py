"""What the plots draw: numbers on the lines, labels with units, and refusals."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from emgtut.contaminate import mix_at_snr
from emgtut.show import plots, reports, style


@pytest.fixture(autouse=True)
def _house():
    with mpl.rc_context():
        style.use()
        yield
    plt.close("all")


@pytest.fixture
def signals(rng):
    clean = rng.standard_normal(4000)
    noise = np.sin(2 * np.pi * 50 * np.arange(4000) / 1000)
    return clean, mix_at_snr(clean, noise, 0.0), noise


def luminance(colour):
    """Relative luminance as WCAG defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_roles_differ_in_colour_and_in_line_style_and_stand_out_from_white():
    looks = list(style.ROLES.values())
    assert len({look["color"] for look in looks}) == len(looks)
    assert len({str(look["linestyle"]) for look in looks}) == len(looks)
    for look in looks:
        assert 1.05 / (luminance(look["color"]) + 0.05) >= 3.0  # WCAG 1.4.11: graphics


def test_style_cycles_line_styles_with_colours():
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()
    assert set(cycle["color"]) <= set(style.OKABE_ITO.values())
    assert len({str(line) for line in cycle["linestyle"]}) == len(cycle["color"])


def test_traces_draw_the_samples_over_seconds(signals):
    ax = plots.traces({"noisy": signals[1], "other": signals[2]}, fs=1000, start_s=2.0, units="µV")
    line = ax.lines[0]
    np.testing.assert_array_equal(line.get_ydata(), signals[1])
    np.testing.assert_allclose(line.get_xdata(), 2.0 + np.arange(4000) / 1000)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "amplitude (µV)")
    assert line.get_color() == style.NOISY
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["noisy", "other"]


def test_long_signals_keep_every_peak(rng):
    x = rng.standard_normal(1_000_003)
    x[777_777] = 100.0
    time_s, drawn = plots.thin(x, 1000.0)
    assert drawn.size <= plots.MAX_POINTS + 2
    assert drawn.max() == 100.0
    assert drawn.min() == x.min()
    assert abs(time_s[np.argmax(drawn)] - 777.777) < 1.0


def test_spectrum_shows_welch_in_decibels():
    tone = np.sin(2 * np.pi * 100 * np.arange(8000) / 1000)
    ax = plots.spectrum({"tone": tone}, fs=1000)
    freqs, level = ax.lines[0].get_data()
    assert freqs[np.argmax(level)] == 100
    # A sine of power 1/2 in a Hann window (noise bandwidth 1.5 bins of 1 Hz) peaks at 10 log10(0.5 / 1.5).
    assert level.max() == pytest.approx(10 * np.log10(0.5 / 1.5), abs=1e-6)
    assert "dB re 1 mV²/Hz" in ax.get_ylabel()


def test_spectrum_of_silence_and_of_unequal_lengths(signals):
    ax = plots.spectrum({"zero": np.zeros(300), "clean": signals[0]}, fs=1000, units="arbitrary")
    assert np.all(np.isfinite(ax.lines[0].get_ydata()))
    assert ax.lines[0].get_xdata().size != ax.lines[1].get_xdata().size
    assert "1 unit²" in ax.get_ylabel()


def test_snr_sweep_draws_each_curve_against_what_was_asked():
    ax = plots.snr_sweep([-10, 0, 10], {"RMS ratio": [-20, 0, 20]})
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [-20, 0, 20])
    with pytest.raises(ValueError, match="one for each"):
        plots.snr_sweep([-10, 0, 10], {"RMS ratio": [-20, 0]})


def test_small_multiple_shows_the_mixtures_of_mix_at_snr(signals):
    clean, _, noise = signals
    figure = plots.mix_small_multiple(clean, noise, fs=1000, snrs=(-10, 5), noise_name="mains")
    assert len(figure.axes) == 4
    for (left, right), snr in zip(np.reshape(figure.axes, (2, 2)), (-10, 5)):
        np.testing.assert_allclose(left.lines[0].get_ydata(), mix_at_snr(clean, noise, snr))
        np.testing.assert_array_equal(right.lines[0].get_ydata(), clean)
        assert left.get_ylim() == right.get_ylim()
    assert figure.axes[0].get_title(loc="left").startswith("−10 dB: clean + ")


def test_denoise_report_shows_what_was_removed(signals):
    clean, noisy, _ = signals
    figure = reports.denoise_report(noisy, 0.25 * noisy, fs=1000, title="quartered", clean=clean)
    before, after, removed, near, spectra = figure.axes
    np.testing.assert_array_equal(before.lines[0].get_ydata(), noisy)
    np.testing.assert_array_equal(after.lines[0].get_ydata(), 0.25 * noisy)
    np.testing.assert_allclose(removed.lines[0].get_ydata(), 0.75 * noisy)
    assert before.get_ylim() == after.get_ylim() == removed.get_ylim()
    assert [line.get_label() for line in near.lines] == ["noisy", "clean", "denoised"]
    assert near.lines[0].get_xdata().size == 500
    assert len(spectra.lines) == 3
    assert figure.get_suptitle() == "quartered"


def test_assess_report_shows_the_difference_and_the_scores(signals):
    clean, noisy, _ = signals
    figure = reports.assess_report(noisy, clean, fs=1000, scores={"snr_in": -1.5, "prd": 100.0})
    np.testing.assert_allclose(figure.axes[2].lines[0].get_ydata(), noisy - clean)
    assert figure.get_supxlabel() == "snr_in −1.5       prd 100"
    assert [text.get_text() for text in figure.axes[4].get_legend().get_texts()] == [
        "signal",
        "reference",
        "difference",
    ]


@pytest.mark.parametrize("n", [3, 499])
def test_reports_take_short_recordings(n, rng):
    x = rng.standard_normal(n)
    reports.denoise_report(x, np.zeros(n), fs=1000).canvas.draw()


def test_one_channel_at_a_time(signals):
    both = np.stack(signals[:2])
    with pytest.raises(ValueError, match="one channel is drawn at a time"):
        plots.traces({"noisy": both}, fs=1000)
    with pytest.raises(ValueError, match="one channel is drawn at a time"):
        reports.denoise_report(both, both, fs=1000)
    with pytest.raises(ValueError, match="equal length"):
        reports.denoise_report(signals[0], signals[1][:-1], fs=1000)
    with pytest.raises(ValueError, match="nothing to draw"):
        plots.traces({}, fs=1000)
    with pytest.raises(ValueError, match="NaN"):
        plots.traces({"x": np.full(5, np.nan)}, fs=1000)
