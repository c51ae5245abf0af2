"""Live figure: how far a stack of dilated convolutions sees, over a heartbeat."""

import anywidget
import numpy as np
import traitlets

from emgtut.denoise.tcn import TCN
from emgtut.show.widgets import _source

FRAME_MS, KERNEL_MS = TCN.STRIDE, TCN.KERNEL  # at 1 kHz a sample is a millisecond
MOST = {"blocks": 7, "growth": 3, "stacks": 3}
BPM = (40, 180)
# Waves of a beat: middle (s after R), height (R = 1), width (s). The T wave comes later when the heart is slow.
WAVES = ((-0.17, 0.12, 0.025), (-0.03, -0.12, 0.009), (0.0, 1.0, 0.011), (0.03, -0.2, 0.01), (0.27, 0.3, 0.05))


class ReachMeter(anywidget.AnyWidget):
    """The reach of a temporal convolutional network beside an ECG, recomputed in the browser.

    Parameters
    ----------
    blocks : int
        Residual blocks in a stack, where the slider starts: 1 to 7.
    growth : int
        By which factor the dilation grows from block to block: 1, 2 or 3.
    stacks : int
        How often the stack is repeated: 1, 2 or 3.
    bpm : int, beats per minute
        Heart rate: 40 to 180.

    Raises
    ------
    ValueError
        If a slider would start where it has no position.

    Lesson
    ------
    18b TCN

    Examples
    --------
    >>> ReachMeter(blocks=3, growth=1)
    <ReachMeter: dilations 1, 1, 1, reach 55 ms to either side, heart at 70 beats a minute>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "reach_core.js", "reach_view.js")
    _css = _source("front_panel.css")

    blocks = traitlets.Int().tag(sync=True)
    growth = traitlets.Int().tag(sync=True)
    stacks = traitlets.Int().tag(sync=True)
    bpm = traitlets.Int().tag(sync=True)

    def __init__(self, *, blocks=6, growth=2, stacks=1, bpm=70):
        for name, value in {"blocks": blocks, "growth": growth, "stacks": stacks}.items():
            if value not in range(1, MOST[name] + 1):
                raise ValueError(f"{name} must be a whole number from 1 to {MOST[name]}, got {value}.")
        if bpm not in range(BPM[0], BPM[1] + 1):
            raise ValueError(f"bpm must be a whole number from {BPM[0]} to {BPM[1]}, got {bpm}.")
        super().__init__(blocks=blocks, growth=growth, stacks=stacks, bpm=bpm)

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        found = reach_of(dilations_of(self.blocks, self.growth, self.stacks), bpm=self.bpm)
        dilations = ", ".join(map(str, found["dilations"]))
        return (
            f"<ReachMeter: dilations {dilations}, reach {found['reach_ms']} ms to either side, "
            f"heart at {self.bpm} beats a minute>"
        )


def dilations_of(blocks, growth, stacks):
    """List the dilations of stacks of blocks that see ever farther apart.

    Parameters
    ----------
    blocks : int
        Blocks in a stack.
    growth : int
        Factor from block to block.
    stacks : int
        How often the stack is repeated.

    Returns
    -------
    tuple of int
        Distance of the taps of each block, in frames.

    Lesson
    ------
    18b TCN

    Examples
    --------
    >>> dilations_of(3, 2, 2)
    (1, 2, 4, 1, 2, 4)
    """
    return tuple(growth**k for _ in range(stacks) for k in range(blocks))


def reach_of(dilations, *, bpm=70):
    """Compute what the reach meter shows, for blocks with three taps on frames of 32 ms that come every 8 ms.

    Parameters
    ----------
    dilations : sequence of int
        Distance of the taps of each block, in frames.
    bpm : float, beats per minute
        Heart rate.

    Returns
    -------
    dict
        `dilations`; `reach_ms`, to either side, of the correction; `beats`, the reach to both sides in intervals from
        beat to beat; `neighbours`, whether the one who looks at a beat reaches both beats beside it; `ways`, ndarray,
        shape (2 n_frames + 1,), share (dimensionless) of all ways from the input to the middle frame, by frame;
        `near_ms`, within which nineteen of twenty ways stay.

    Notes
    -----
    A way goes, in every block, straight on, or through one of the three taps: so four ways a block, two of which stay
    at the same frame. It is a count of ways, not a measurement of a trained network.

    Lesson
    ------
    18b TCN

    Examples
    --------
    >>> found = reach_of((1, 2, 4, 8, 16, 32, 1, 4, 16), bpm=60)
    >>> found["reach_ms"], found["neighbours"], round(found["beats"], 2)
    (703, False, 1.41)
    """
    ways = np.ones(1)
    for dilation in dilations:
        block = np.zeros(2 * dilation + 1)
        block[[0, dilation, -1]] = 0.25, 0.5, 0.25
        ways = np.convolve(ways, block)
    frames = len(ways) // 2
    outwards = ways[frames] + np.concatenate([[0.0], np.cumsum(2 * ways[frames + 1 :])])
    reach_ms = FRAME_MS * frames + KERNEL_MS - 1
    return {
        "dilations": tuple(dilations),
        "reach_ms": reach_ms,
        "beats": 2 * reach_ms * bpm / 60_000,
        "neighbours": reach_ms * bpm >= 60_000,
        "ways": ways,
        "near_ms": FRAME_MS * int(np.argmax(outwards >= 0.95 - 1e-9)) + KERNEL_MS - 1,
    }


def heart_curve(times, bpm):
    """Draw a plain ECG with an R wave at time zero: for the eye, not for scores.

    Parameters
    ----------
    times : ndarray, shape (n_samples,), seconds
        When.
    bpm : float, beats per minute
        Heart rate.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless (R = 1)
        Curve.

    Lesson
    ------
    18b TCN

    Examples
    --------
    >>> bool(heart_curve(np.array([0.0]), 60)[0] > 0.95)
    True
    """
    beat, curve = 60 / bpm, np.zeros_like(times)
    last = int(np.ceil(np.abs(times).max() / beat)) + 1
    for n in range(-last, last + 1):
        for middle, height, width in WAVES:
            at = n * beat + (middle * min(1.0, beat**0.5) if abs(middle) > 0.1 else middle)
            curve += height * np.exp(-0.5 * ((times - at) / width) ** 2)
    return curve
