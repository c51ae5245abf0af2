"""Live figure: a classifier that learns patients instead of diseases, on features that hold no disease at all."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_count

WINDOWS = 8  # of each patient
CHOICES = {"features": [1, 2, 5, 10, 20, 40], "patients": [6, 9, 15, 24, 36]}


class LeakMeter(anywidget.AnyWidget):
    """Accuracy with windows shuffled and with patients apart, recomputed in the browser; no kernel is needed.

    Parameters
    ----------
    spread : float, dimensionless
        Spread between patients over the spread within, where the slider starts: 0 to 3.
    features : int
        Number of features: 1, 2, 5, 10, 20 or 40.
    patients : int
        Number of patients: 6, 9, 15, 24 or 36, a third of them in each class.
    seed : int
        Which draw, 1 to 20.

    Raises
    ------
    ValueError
        If a slider would start where it has no position.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> LeakMeter(spread=2, features=20)
    <LeakMeter: 15 patients, 20 features, spread 2>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "leak_core.js", "leak_view.js")
    _css = _source("front_panel.css")

    spread = traitlets.Float(min=0.0, max=3.0).tag(sync=True)
    features = traitlets.Int().tag(sync=True)
    patients = traitlets.Int().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)

    def __init__(self, *, spread=2.0, features=20, patients=15, seed=1):
        if not 0 <= spread <= 3:
            raise ValueError(f"spread must lie between 0 and 3, got {spread}.")
        for name, value in {"features": features, "patients": patients}.items():
            if value not in CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}, got {value}.")
        if seed not in range(1, 21):
            raise ValueError(f"seed must be a whole number from 1 to 20, got {seed}.")
        super().__init__(spread=float(spread), features=features, patients=patients, seed=seed)

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return f"<LeakMeter: {self.patients} patients, {self.features} features, spread {self.spread:g}>"


def leak_of(*, spread, features, patients, seed, windows=WINDOWS):
    """Compute what the leak meter shows.

    Parameters
    ----------
    spread : float, dimensionless
        Spread between patients over the spread within.
    features, patients, windows : int
        Number of features, of patients, and of windows of each patient.
    seed : int
        Which draw.

    Returns
    -------
    shuffled, apart : float
        Accuracy, as a fraction, with neighbours from everywhere and with neighbours of other patients only.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> shuffled, apart = leak_of(spread=3.0, features=20, patients=15, seed=1)
    >>> shuffled > 0.99, apart < 0.6
    (True, True)
    """
    numbers = _normals(seed, check_count(patients) * (1 + windows) * features).reshape(patients, 1 + windows, features)
    x = (spread * numbers[:, :1] + numbers[:, 1:]).reshape(-1, features)
    patient = np.repeat(np.arange(patients), windows)
    distance = np.sum((x[:, None] - x[None]) ** 2, axis=-1)
    np.fill_diagonal(distance, np.inf)
    shuffled = np.mean(patient[np.argmin(distance, axis=1)] % 3 == patient % 3)
    distance[patient[:, None] == patient] = np.inf
    apart = np.mean(patient[np.argmin(distance, axis=1)] % 3 == patient % 3)
    return float(shuffled), float(apart)


def _normals(seed, count):
    """The page's generator (mulberry32), then Box and Muller."""
    a = (np.uint64(seed) + np.uint64(0x6D2B79F5) * np.arange(1, 2 * count + 1, dtype=np.uint64)) & np.uint64(0xFFFFFFFF)
    mask = np.uint64(0xFFFFFFFF)
    t = ((a ^ (a >> np.uint64(15))) * (a | np.uint64(1))) & mask
    t = ((t + (((t ^ (t >> np.uint64(7))) * (t | np.uint64(61))) & mask)) & mask) ^ t
    u = ((t ^ (t >> np.uint64(14))) & mask) / 4294967296
    return np.sqrt(-2 * np.log(1 - u[0::2])) * np.cos(2 * np.pi * u[1::2])
