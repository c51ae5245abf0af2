"""Live figure: one muscle, one of five noises, one high-pass - what is left of each, seen and heard."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, unit_power, validate

CORNERS_HZ = (0, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100)  # positions of the slider, as in js/noises_core.js
SPEEDS = (1, 4)


class NoiseBoard(anywidget.AnyWidget):
    """Mix a muscle with a noise of one's choice, high-pass the mixture, look and listen: computed in the browser.

    The filter is a fourth-order Butterworth high-pass forwards and backwards, applied as a gain in the frequency
    domain, so that the two seconds shown have no start-up transient.

    Parameters
    ----------
    muscle : array_like, shape (n_samples,), any unit
        Clean muscle; a power of two of samples, 256 to 8192. It is brought to unit power.
    noises : dict of str to array_like, shape (n_samples,), any unit
        Noises by name, of the same length, at least one.
    fs : float, hertz
        Sampling rate.
    snr_db : float, decibels
        SNR at the start, -20 to 20.
    corner_hz : int, hertz
        Corner at the start, one of `CORNERS_HZ`; 0 is no filter.
    which : int, index
        Noise at the start.

    Raises
    ------
    ValueError
        If the length is no power of two, a noise does not fit, or a slider would start outside its range.

    Lesson
    ------
    07 Noise sources

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> NoiseBoard(rng.standard_normal(1024), {"white": rng.standard_normal(1024)}, fs=1000)
    <NoiseBoard: muscle and white, 1.02 s at 1000 Hz>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "noises_core.js", "noises_view.js")
    _css = (
        _source("front_panel.css") + "\n.emg-front-listen{min-width:7em;padding:.4em .8em;margin:.4em 0;font:inherit}"
    )

    muscle = traitlets.Bytes().tag(sync=True)  # little-endian float32
    noises = traitlets.Bytes().tag(sync=True)  # one after the other
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    which = traitlets.Int(0, min=0).tag(sync=True)
    snr_db = traitlets.Float(0.0, min=-20.0, max=20.0).tag(sync=True)
    corner_hz = traitlets.Int(0).tag(sync=True)
    speed = traitlets.Int(1).tag(sync=True)

    def __init__(self, muscle, noises, *, fs, snr_db=0.0, corner_hz=0, which=0):
        muscle = validate(muscle, name="muscle", min_samples=256)
        if muscle.ndim != 1 or muscle.size > 8192 or muscle.size & (muscle.size - 1):
            raise ValueError(
                f"muscle has shape {muscle.shape}, but one channel of 256, 512, … or 8192 samples is needed."
            )
        if not noises or any(np.shape(x) != muscle.shape for x in noises.values()):
            raise ValueError("noises must hold at least one noise as long as the muscle: cut them to one length.")
        if corner_hz not in CORNERS_HZ or not -20 <= snr_db <= 20 or not 0 <= which < len(noises):
            raise ValueError(
                f"The sliders cannot start at corner_hz={corner_hz}, snr_db={snr_db}, which={which}: the corner is one "
                f"of {CORNERS_HZ}, the SNR lies from -20 to 20 dB, and which counts the {len(noises)} noises from 0."
            )
        rows = np.stack([unit_power(validate(np.asarray(x), name=name)) for name, x in noises.items()])
        super().__init__(
            muscle=unit_power(muscle).astype("<f4").tobytes(),
            noises=rows.astype("<f4").tobytes(),
            names=list(noises),
            fs=check_fs(fs),
            which=which,
            snr_db=float(snr_db),
            corner_hz=int(corner_hz),
        )

    def __repr__(self):
        """Say in one line what can be mixed; this is what a page without scripts shows."""
        duration = len(self.muscle) / 4 / self.fs
        return f"<NoiseBoard: muscle and {', '.join(self.names)}, {duration:.3g} s at {self.fs:g} Hz>"
