"""Live figure: what a band-pass does to a signal that arrives in packets, with and without its memory."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import butterworth, check_fs, validate

PACKETS = (1, 2, 5, 10, 20, 32, 50, 100, 200, 500, 1000)  # the positions of the slider, as in js/stream_core.js
MEMORIES = ("kept", "zeroed", "guessed")


class PacketFilter(anywidget.AnyWidget):
    """Filter a muscle packet by packet in the reader's browser, and compare with the whole-signal result.

    Three things may happen to the filter's state between packets: it is kept, it is set to zero, or it is guessed from
    the first sample of each packet, as if that had always been there.

    Parameters
    ----------
    muscle : array_like, shape (n_samples,), millivolts
        One channel, 1,000 to 20,000 samples, not constant. The page stores it in float32.
    fs : float, hertz
        Its sampling rate.
    band_hz : tuple of float, hertz
        Edges of the band-pass.
    order : int
        As SciPy counts it (dimensionless): the filter has twice as many poles.
    packet : int, samples
        Where the slider starts, one of 1, 2, 5, 10, 20, 32, 50, 100, 200, 500, 1000.
    memory : str
        "kept", "zeroed" or "guessed" at the start.
    offset : float, millivolts
        Constant added to the muscle at the start, 0 to 2.

    Raises
    ------
    ValueError
        If the muscle cannot be used, or a slider would start outside its range.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> import numpy as np
    >>> PacketFilter(np.random.default_rng(0).standard_normal(4000), fs=1000, memory="zeroed")
    <PacketFilter: 4 s at 1000 Hz in packets of 32, state zeroed, offset 0 mV>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "stream_core.js", "stream_view.js")
    _css = _source("front_panel.css")

    muscle = traitlets.Bytes().tag(sync=True)  # millivolts, little-endian float32
    sos = traitlets.Bytes().tag(sync=True)  # per section six coefficients and two states of rest, float64
    fs = traitlets.Float().tag(sync=True)
    packet = traitlets.Enum(PACKETS).tag(sync=True)
    memory = traitlets.Enum([0, 1, 2]).tag(sync=True)
    offset = traitlets.Float(min=0.0, max=2.0).tag(sync=True)

    def __init__(self, muscle, *, fs, band_hz=(20.0, 450.0), order=2, packet=32, memory="kept", offset=0.0):
        from scipy.signal import sosfilt_zi

        fs, muscle = check_fs(fs), validate(muscle, name="muscle", min_samples=1000)
        if muscle.ndim != 1 or len(muscle) > 20_000:
            raise ValueError(f"muscle has shape {muscle.shape}, but one channel of up to 20,000 samples is shown.")
        if np.ptp(muscle) == 0:
            raise ValueError("muscle is constant, so there is nothing to filter: choose a stretch with a signal in it.")
        if packet not in PACKETS:
            raise ValueError(f"packet must be one of {PACKETS}, got {packet!r}.")
        if memory not in MEMORIES:
            raise ValueError(f"memory must be one of {MEMORIES}, got {memory!r}.")
        if not 0 <= offset <= 2:
            raise ValueError(f"offset must lie between 0 and 2 mV, got {offset!r}.")
        sections = butterworth(order, band_hz, "bandpass", fs=fs)
        super().__init__(
            muscle=muscle.astype("<f4").tobytes(),
            sos=np.hstack([sections, sosfilt_zi(sections)]).astype("<f8").tobytes(),
            fs=fs,
            packet=packet,
            memory=MEMORIES.index(memory),
            offset=float(offset),
        )

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        duration = len(self.muscle) / 4 / self.fs
        return (
            f"<PacketFilter: {duration:g} s at {self.fs:g} Hz in packets of {self.packet}, "
            f"state {MEMORIES[self.memory]}, offset {self.offset:g} mV>"
        )
