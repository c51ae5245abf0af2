"""Live figure: diffusion walks for a single value, where the best possible guess is known in closed form."""

import anywidget
import numpy as np
import traitlets
from scipy.stats import norm

from emgtut.show.widgets import _source
from emgtut.signals import check_count

CALLS = (1, 2, 3, 4, 6, 8, 12, 20, 35, 50)  # the positions of the slider, as in js/walk_core.js
LAST = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)


class WalkProbe(anywidget.AnyWidget):
    """Walk back from noise in the reader's browser, and compare where the walks end with what is exactly possible.

    The clean value has unit variance. It is Gaussian, or stands in two humps; the recording adds Gaussian noise to it.
    Every walk is of first order (DDIM) with the exact guess in place of a network. The walks start at the quantiles of
    a unit Gaussian, so there is no chance in the figure.

    Parameters
    ----------
    recording : float, dimensionless
        The recorded value, -3 to 3.
    noise : float, dimensionless
        Standard deviation of the noise in it, 0.1 to 3.
    hump : float, dimensionless
        The two humps of the clean value lie at plus and minus this, 0 to 0.98; 0 is a Gaussian.
    calls : int, dimensionless
        Calls in a walk, one of 1, 2, 3, 4, 6, 8, 12, 20, 35 and 50.
    first : float, dimensionless
        Level at which walks start, 0.01 to 0.5.
    last : float, dimensionless
        Level of the last call, one of 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99 and 0.999.
    walks : int, dimensionless
        How many walks to make.

    Raises
    ------
    ValueError
        If a slider would start outside its range.

    References
    ----------
    DDIM2021

    Lesson
    ------
    16 SDEMG

    Examples
    --------
    >>> WalkProbe(0.5, hump=0.9, calls=6)
    <WalkProbe: recorded 0.5, noise 1, humps at 0.9, 6 calls from level 0.15 to 0.9>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "walk_core.js", "walk_view.js")
    _css = _source("front_panel.css")

    starts = traitlets.Bytes().tag(sync=True)  # little-endian float32
    recording = traitlets.Float(min=-3.0, max=3.0).tag(sync=True)
    noise = traitlets.Float(min=0.1, max=3.0).tag(sync=True)
    hump = traitlets.Float(min=0.0, max=0.98).tag(sync=True)
    calls = traitlets.Int(min=CALLS[0], max=CALLS[-1]).tag(sync=True)
    first = traitlets.Float(min=0.01, max=0.5).tag(sync=True)
    last = traitlets.Float(min=LAST[0], max=LAST[-1]).tag(sync=True)

    def __init__(self, recording=0.5, *, noise=1.0, hump=0.0, calls=6, first=0.15, last=0.9, walks=400):
        values = {"recording": recording, "noise": noise, "hump": hump, "first": first}
        for name, value in values.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        for name, value, choices in (("calls", calls, CALLS), ("last", last, LAST)):
            if value not in choices:
                raise ValueError(f"{name} is {value}, but it must be one of {', '.join(map(str, choices))}.")
        walks = check_count(walks, name="walks")
        starts = norm.ppf((np.arange(walks) + 0.5) / walks).astype("<f4")
        settings = {name: float(value) for name, value in values.items()}
        super().__init__(starts=starts.tobytes(), calls=int(calls), last=float(last), **settings)

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return (
            f"<WalkProbe: recorded {self.recording:g}, noise {self.noise:g}, humps at {self.hump:g}, "
            f"{self.calls} calls from level {self.first:g} to {self.last:g}>"
        )
