"""Long recordings in overlapping blocks: bounded memory, and no seam where two blocks meet.

A method that looks at a whole window (a decomposition, a network) makes its errors at the ends of the window. So
neighbouring blocks overlap. In the middle of the overlap one block fades out while the next fades in; what lies outside
the fade, nearest to the ends, is thrown away.
"""

import math

import numpy as np

from emgtut.signals import check_count, validate

__all__ = ["in_blocks"]


def in_blocks(process, x, *, block, fade, margin=0):
    """Apply a function block by block along time, with cross-fades between the blocks.

    A signal that is not longer than one block is handed over whole. Otherwise all blocks have exactly the same length,
    the starts are spread evenly, and each sample of the result comes from one block or from a fade of two.

    Parameters
    ----------
    process : callable
        Takes an array, shape (..., n), and returns an estimate of the same shape in the same unit.
    x : array_like, shape (..., n_samples), any unit
        Signal.
    block : int, samples
        Length of a block.
    fade : int, samples
        Length of the cross-fade between two blocks, at least 1.
    margin : int, samples
        How much, at least, is thrown away beside a fade; the true ends of the signal are kept.

    Returns
    -------
    ndarray, shape (..., n_samples), same unit
        The joined result. Besides it, memory holds a block at a time.

    Raises
    ------
    ValueError
        If a block is so short that fades would touch: not longer than an overlap, `fade + 2 * margin`, and the larger
        of another overlap and two fades.

    Examples
    --------
    >>> x = np.arange(1000.0)
    >>> np.allclose(in_blocks(lambda piece: 2 * piece, x, block=100, fade=20, margin=10), 2 * x)
    True

    Lesson
    ------
    13 EMD
    """
    x = validate(x)
    block, fade = check_count(block, name="block", smallest=2), check_count(fade, name="fade")
    margin = check_count(margin, name="margin", smallest=0)
    overlap = fade + 2 * margin
    longer_than = overlap + max(overlap, 2 * fade)
    if block <= longer_than:
        raise ValueError(
            f"block is {block} samples, but with a fade of {fade} and a margin of {margin} it must be longer than "
            f"{longer_than}: pass a longer block."
        )
    n = x.shape[-1]
    if n <= block:
        return process(x)
    starts = np.rint(np.linspace(0, n - block, 1 + math.ceil((n - block) / (block - overlap)))).astype(int)
    rising = (np.arange(fade) + 0.5) / fade
    out = np.empty(x.shape, dtype=np.float64)
    previous = None
    for index, start in enumerate(starts):
        done = process(x[..., start : start + block])
        first = start if previous is None else _fade_start(starts[index - 1] + block, start, fade)
        last = n if index == len(starts) - 1 else _fade_start(start + block, starts[index + 1], fade)
        out[..., first:last] = done[..., first - start : last - start]
        if previous is not None:  # `previous` is the tail of the block before, over the fade
            out[..., first : first + fade] *= rising
            out[..., first : first + fade] += previous * (1 - rising)
        previous = done[..., last - start : last - start + fade]
    return out.astype(x.dtype, copy=False)


def _fade_start(end_of_this, start_of_next, fade):
    """First sample of the fade: it lies in the middle of what the two blocks share."""
    return (end_of_this + start_of_next - fade) // 2
