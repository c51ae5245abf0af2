"""From a current inside the muscle to a potential on the skin: the planar three-layer volume conductor.

Muscle fills the half space below; fat and skin are flat layers above it; above the skin is air. Fibres run along z,
x goes across them, y points from depth to skin. A point current is spread over spatial frequencies, every layer damps
each frequency by its own amount, and what arrives at the skin is a *transfer function* of kx and kz.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Tissue", "across_fibres", "transfer_function"]

_STEP_ACROSS = 0.03  # rad/mm between the spatial frequencies that the integral over kx uses: images 209 mm apart


@dataclass(frozen=True)
class Tissue:
    """Conductivities and thicknesses of muscle, fat and skin.

    Parameters
    ----------
    fat_mm, skin_mm : float, millimetres
        Thickness of the two layers, zero or more.
    muscle_along, muscle_across : float, siemens per metre
        Conductivity of muscle along and across its fibres.
    fat, skin : float, siemens per metre
        Conductivity of the two layers.

    Raises
    ------
    ValueError
        If a conductivity is not positive or a thickness is negative.

    References
    ----------
    FarinaRainoldi1999, Petersen2019

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> Tissue().anisotropy
    5.0
    """

    fat_mm: float = 3.0
    skin_mm: float = 1.0
    muscle_along: float = 0.5
    muscle_across: float = 0.1
    fat: float = 0.05
    skin: float = 1.0

    def __post_init__(self):
        if not (np.isfinite([self.fat_mm, self.skin_mm]).all() and self.fat_mm >= 0 and self.skin_mm >= 0):
            raise ValueError(f"fat_mm={self.fat_mm} and skin_mm={self.skin_mm} must be zero or more millimetres.")
        conductivities = (self.muscle_along, self.muscle_across, self.fat, self.skin)
        if not (np.isfinite(conductivities).all() and min(conductivities) > 0):
            raise ValueError(f"Every conductivity must be above zero siemens per metre, but they are {conductivities}.")

    @property
    def anisotropy(self):
        """Conductivity of muscle along its fibres over that across them, no unit."""
        return self.muscle_along / self.muscle_across


def transfer_function(kx, kz, *, depth_mm, tissue):
    """Potential on the skin for a unit point current in the muscle, over the spatial frequencies.

    The solution of the three layers' boundary conditions in closed form: current is continuous from muscle to fat to
    skin, and none leaves into the air. It is real and even in both frequencies, and infinite where both are zero.

    Parameters
    ----------
    kx, kz : array_like, shape (...,), radians per millimetre
        Spatial frequencies across and along the fibres; they broadcast. Not both zero.
    depth_mm : array_like, shape (...,), millimetres
        Depth of the current below the muscle's surface, zero or more.
    tissue : Tissue
        The layers.

    Returns
    -------
    ndarray, shape (...,), millivolt mm^2 per microampere
        The two-dimensional Fourier transform of the potential on the skin.

    Raises
    ------
    ValueError
        If a depth is negative, or both frequencies are zero somewhere.

    References
    ----------
    FarinaRainoldi1999

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    With one conductivity everywhere the layers vanish: what remains is the decay exp(-k d) / (sigma k).

    >>> same = Tissue(fat_mm=2.0, skin_mm=1.0, muscle_along=1.0, muscle_across=1.0, fat=1.0, skin=1.0)
    >>> h = transfer_function(0.3, 0.4, depth_mm=4.0, tissue=same)
    >>> bool(np.isclose(h, np.exp(-0.5 * (4.0 + 2.0 + 1.0)) / 0.5))
    True
    """
    kx, kz, depth = (np.asarray(value, dtype=float) for value in (kx, kz, depth_mm))
    if np.any(depth < 0):
        raise ValueError(f"The shallowest depth is {depth.min():g} mm, but depths count downwards from zero.")
    k_layer = np.sqrt(kx**2 + kz**2)
    if np.any(k_layer == 0):
        raise ValueError("kx and kz are both zero somewhere, where the potential is infinite: leave that point out.")
    k_muscle = np.sqrt(kx**2 + tissue.anisotropy * kz**2)
    fat_over_muscle = tissue.fat / tissue.muscle_across
    skin_over_fat = tissue.skin / tissue.fat

    # Both terms are divided by exp(k (h + d)), so that thick layers and high frequencies cannot overflow.
    both, difference = tissue.fat_mm + tissue.skin_mm, tissue.fat_mm - tissue.skin_mm

    def term(thickness):
        rising, falling = np.exp(k_layer * (thickness - both)), np.exp(-k_layer * (thickness + both))
        coupling = k_layer * fat_over_muscle
        return 0.5 * ((rising + falling) * k_muscle + (rising - falling) * coupling)

    layers = (1 + skin_over_fat) * term(both) + (1 - skin_over_fat) * term(difference)
    decay = np.exp(-k_muscle * depth - k_layer * both)
    return 2 / tissue.muscle_across * decay / layers


def across_fibres(kz, *, x_mm, depth_mm, tissue, kx_max=4.0):
    """Transfer function along the fibres for currents at given places across them.

    The integral of :func:`transfer_function` over kx, at the lateral distances wanted. Depths are interpolated
    (cubically, in their logarithm) from a table, places are exact, so thousands of fibres cost little.

    Parameters
    ----------
    kz : array_like, shape (n_kz,), radians per millimetre
        Spatial frequencies along the fibres, all above zero.
    x_mm, depth_mm : array_like, shape (n_fibres,), millimetres
        Lateral distance of each fibre from the electrode, and its depth in the muscle, above zero.
    tissue : Tissue
        The layers.
    kx_max : float, radians per millimetre
        Where the integral ends.

    Returns
    -------
    ndarray, shape (n_fibres, n_kz), millivolt mm per microampere
        The one-dimensional Fourier transform of the potential along z.

    Raises
    ------
    ValueError
        If a depth or a frequency is not above zero.

    References
    ----------
    FarinaRainoldi1999, FarinaMerletti2001

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    A deeper fibre loses its high spatial frequencies first:

    >>> near, deep = across_fibres([0.1, 1.0], x_mm=[0.0, 0.0], depth_mm=[1.0, 8.0], tissue=Tissue())
    >>> bool(deep[1] / near[1] < 0.01 * deep[0] / near[0])
    True
    """
    kz, x, depth = (np.atleast_1d(np.asarray(value, dtype=float)) for value in (kz, x_mm, depth_mm))
    if np.any(kz <= 0) or np.any(depth <= 0):
        raise ValueError("Every kz and every depth must be above zero: leave out kz = 0 and fibres on the surface.")
    # Midpoints, because the integrand has a kink at kx = 0 when kz is small.
    kx = np.arange(_STEP_ACROSS / 2, kx_max, _STEP_ACROSS)
    log_depth = np.log(depth)
    spread = log_depth.max() - log_depth.min()
    n_knots = 4 if spread == 0 else int(np.ceil(spread / 0.12)) + 4
    spacing = max(spread / (n_knots - 3), 1e-3)
    knots = log_depth.min() + spacing * (np.arange(n_knots) - 1)
    first = np.clip(np.floor((log_depth - knots[0]) / spacing).astype(int) - 1, 0, n_knots - 4)
    weights = _cubic_weights((log_depth - knots[first]) / spacing)
    waves = np.cos(np.multiply.outer(x, kx)) * (_STEP_ACROSS / np.pi)
    out = np.zeros((x.size, kz.size))
    for index, knot in enumerate(np.exp(knots)):
        used = np.flatnonzero((index >= first) & (index <= first + 3))
        if used.size:
            table = transfer_function(kx[:, None], kz, depth_mm=knot, tissue=tissue)
            share = weights[used, index - first[used]]
            out[used] += (waves[used] * share[:, None]) @ table
    return out


def _cubic_weights(place):
    """Lagrange weights of the knots 0, 1, 2, 3 at `place`, shape (n, 4)."""
    offsets = place[:, None] - np.arange(4)
    others = [[knot for knot in range(4) if knot != k] for k in range(4)]
    columns = [np.prod(offsets[:, rest], axis=1) / np.prod(k - np.array(rest)) for k, rest in enumerate(others)]
    return np.stack(columns, axis=1)
