"""The rounds of `vmd_core`, compiled: one pass over the bins for each mode, real and imaginary parts apart."""

import numba
import numpy as np

__all__ = ["make_rounds"]


def make_rounds(spectrum, freqs, n_modes, alpha, tau, keep_dc, compat, absolute, relative, max_rounds):
    """Do what `vmd_core.make_rounds` does; the numbers agree to rounding.

    Parameters
    ----------
    spectrum : ndarray, shape (n_bins,), any unit
    freqs : ndarray, shape (n_bins,), dimensionless
        Frequencies in cycles per sample.
    n_modes, alpha, tau, keep_dc, compat, absolute, relative, max_rounds
        As for `vmd_core.make_rounds`.

    Returns
    -------
    modes : ndarray, shape (n_modes, n_bins), unit of the spectrum
    centres : ndarray, shape (n_rounds + 1, n_modes), dimensionless
        Centres in cycles per sample.

    Examples
    --------
    >>> freqs = np.arange(100) / 200
    >>> make_rounds(1 + freqs + 0j, freqs, 2, 2000.0, 0.0, False, False, 0.0, 1e-9, 500)[0].shape
    (2, 100)

    Lesson
    ------
    14 VMD
    """
    centres = np.zeros((max_rounds + 1, n_modes))
    centres[0] = 0.5 / n_modes * np.arange(n_modes)
    real, imag = np.ascontiguousarray(spectrum.real), np.ascontiguousarray(spectrum.imag)
    modes, before, rounds = _rounds(real, imag, freqs, centres, alpha, tau, keep_dc, absolute, relative, max_rounds)
    kept = before if compat else modes
    return kept[0] + 1j * kept[1], centres[: rounds + 1]


@numba.njit(fastmath={"reassoc", "contract", "nsz", "arcp"}, error_model="numpy", cache=False)
def _mode(re, im, new_re, new_im, old_re, old_im, freqs, centre, alpha):
    """One mode from `re + i im`, what the others leave: its change, its energy and its first moment."""
    change = energy = moment = 0.0
    for b in range(freqs.size):
        u, v = re[b] + old_re[b], im[b] + old_im[b]
        away = freqs[b] - centre
        gain = 1.0 / (1.0 + alpha * away * away)
        p, q = u * gain, v * gain
        re[b], im[b] = u - p, v - q
        d, e = p - old_re[b], q - old_im[b]
        power = p * p + q * q
        change += d * d + e * e
        energy += power
        moment += freqs[b] * power
        new_re[b], new_im[b] = p, q
    return change, energy, moment


@numba.njit(fastmath={"reassoc", "contract", "nsz", "arcp"}, error_model="numpy", cache=False)
def _rounds(real, imag, freqs, centres, alpha, tau, keep_dc, absolute, relative, max_rounds):
    n_modes, n_bins = centres.shape[1], freqs.size
    modes, before = np.zeros((2, n_modes, n_bins)), np.zeros((2, n_modes, n_bins))
    re, im = real.copy(), imag.copy()  # spectrum less multiplier less all modes
    half_re, half_im = np.zeros(n_bins), np.zeros(n_bins)  # half of the multiplier
    rounds = 0
    while True:
        modes, before = before, modes
        change = total = 0.0
        for k in range(n_modes):
            moved, energy, moment = _mode(
                re, im, modes[0, k], modes[1, k], before[0, k], before[1, k], freqs, centres[rounds, k], alpha
            )
            change += moved
            total += energy
            centres[rounds + 1, k] = moment / energy if energy > 0 and not (keep_dc and k == 0) else centres[rounds, k]
        if tau > 0:
            for b in range(n_bins):
                # re is spectrum - multiplier/2 - modes, so what the modes lack is re + multiplier/2.
                step_re, step_im = -tau * (re[b] + half_re[b]) / 2, -tau * (im[b] + half_im[b]) / 2
                half_re[b] += step_re
                half_im[b] += step_im
                re[b] -= step_re
                im[b] -= step_im
        rounds += 1
        if change <= absolute + relative * total or rounds >= max_rounds:
            return modes, before, rounds
