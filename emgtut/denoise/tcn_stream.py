"""The causal network at work, sixteen samples at a time, in plain NumPy.

One frame costs a few small matrix products; calling a large library for each would cost more than the products. Every
frame is computed alike, however the signal is cut into chunks, so the result is the same to the last bit.
"""

import numpy as np

from emgtut.denoise.tcn_causal import DECAY, DILATIONS, HIGHPASS_TAPS, HOP, LOOK_AHEAD, RENEWED, WINDOW, highpass_taps
from emgtut.signals import validate

__all__ = ["LATENCY", "CausalWorker", "TwoGrids"]

SHIFT = HOP // 2  # samples; between the two grids of frames
LATENCY = LOOK_AHEAD + SHIFT  # samples


class CausalWorker:
    """A causal network that keeps its state; what comes out is `LOOK_AHEAD` samples late.

    Parameters
    ----------
    model : emgtut.denoise.tcn_causal.CausalTCN
        Trained network; its weights are copied.

    Examples
    --------
    >>> from emgtut.denoise.tcn_causal import CausalTCN
    >>> worker = CausalWorker(CausalTCN(8))
    >>> [worker.push(np.ones(n)).shape for n in (1, 0, 40)]
    [(1,), (0,), (40,)]

    Lesson
    ------
    18b TCN
    """

    def __init__(self, model):
        w = {name: x.detach().numpy() for name, x in model.state_dict().items()}
        self._encode = w["encoder.weight"][:, 0].T.copy(), w["encoder.bias"]
        self._blocks = [_Block(w, i, dilation) for i, dilation in enumerate(DILATIONS)]
        self._head = [(w[f"{name}.weight"][:, :, 0].T.copy(), w[f"{name}.bias"]) for name in ("mask", "addition")]
        self._decode = w["decoder.weight"][:, 0].copy()
        self._highpass = _hop_filter(highpass_taps())
        self._lead = None

    def push(self, chunk):
        """Denoise the next chunk, shape (..., n_samples) in any unit; the result is as long, and late."""
        chunk = validate(chunk, name="chunk", min_samples=0)
        if chunk.shape[-1] == 0:
            return chunk.copy()
        x = chunk.reshape(-1, chunk.shape[-1]).astype(np.float64)
        if self._lead is None:
            self._begin(chunk.shape[:-1], x)
        elif self._lead != chunk.shape[:-1]:
            raise ValueError(
                f"This chunk has leading shape {chunk.shape[:-1]}, but the stream began with {self._lead}: "
                "push the same channels every time, or start a new stream."
            )
        self._waiting = np.concatenate([self._waiting, x], axis=-1)
        done = [self._ready]
        while self._waiting.shape[-1] >= HOP:
            done.append(self._frame(self._waiting[:, :HOP]))
            self._waiting = self._waiting[:, HOP:]
        ready = np.concatenate(done, axis=-1)
        n = chunk.shape[-1]
        self._ready = ready[:, n:]
        return ready[:, :n].reshape(chunk.shape).astype(chunk.dtype, copy=False)

    def _begin(self, lead, x):
        """As if the first sample had always been there."""
        rows = len(x)
        self._lead = lead
        self._waiting = np.empty((rows, 0))
        self._ready = np.zeros((rows, LOOK_AHEAD))
        self._past = np.repeat(x[:, :1], HIGHPASS_TAPS - 1, axis=-1)
        self._window = np.zeros((rows, WINDOW))
        self._tail = np.zeros((rows, RENEWED - HOP))
        self._power, self._weight, self._first = np.zeros((rows, 1)), 0.0, True
        for block in self._blocks:
            block.begin(rows)

    def _frame(self, new):
        """Take one hop of new samples and return the hop that is now complete; the first completes nothing."""
        seen = np.concatenate([self._past, new], axis=-1)
        self._past = seen[:, HOP:]
        high = seen @ self._highpass
        before = self._window[:, -HOP:]
        self._window = np.concatenate([self._window[:, HOP:], high], axis=-1)
        level = self._level(high)
        scaled = self._window / np.where(level > 0, level, 1.0)  # silence stays silence
        x = encoded = _affine(scaled.astype(np.float32), self._encode)
        for block in self._blocks:
            x = block.step(x)
        mask, addition = (_affine(x, part) for part in self._head)
        correction = (encoded * _sigmoid(mask) + addition) @ self._decode * level
        complete = before + self._tail + correction[:, :HOP]
        self._tail = correction[:, HOP:]
        if self._first:
            self._first = False
            return complete[:, :0]
        return complete

    def _level(self, high):
        """Root of the mean power so far, where the past counts less and less."""
        self._power = DECAY * self._power + _power(high)
        self._weight = DECAY * self._weight + 1.0
        return np.sqrt(self._power / self._weight)


class TwoGrids:
    """A causal network on two grids of frames half a hop apart: the mean of both, `LATENCY` samples late.

    Every frame ends where the other grid is in the middle of one, so the small step at an edge is halved. Both grids
    are rows of the same products, which costs little more than one.

    Parameters
    ----------
    model : emgtut.denoise.tcn_causal.CausalTCN
        Trained network; its weights are copied.

    Examples
    --------
    >>> from emgtut.denoise.tcn_causal import CausalTCN
    >>> worker = TwoGrids(CausalTCN(8))
    >>> [worker.push(np.ones(n)).shape for n in (1, 0, 40)]
    [(1,), (0,), (40,)]

    Lesson
    ------
    18b TCN
    """

    def __init__(self, model):
        self._worker = CausalWorker(model)
        self._lead = None

    def push(self, chunk):
        """Denoise the next chunk, shape (..., n_samples) in any unit; the result is as long, and late."""
        chunk = validate(chunk, name="chunk", min_samples=0)
        n = chunk.shape[-1]
        if n == 0:
            return chunk.copy()
        x = chunk.astype(np.float64, copy=False)
        if self._lead is None:
            self._lead = chunk.shape[:-1]
            self._before = np.repeat(x[..., :1], SHIFT, axis=-1)  # as if the first sample had always been there
            self._early = np.zeros_like(self._before)
        elif self._lead != chunk.shape[:-1]:
            raise ValueError(
                f"This chunk has leading shape {chunk.shape[:-1]}, but the stream began with {self._lead}: "
                "push the same channels every time, or start a new stream."
            )
        late = np.concatenate([self._before, x], axis=-1)
        early_estimate, late_estimate = self._worker.push(np.stack([x, late[..., :n]]))
        early = np.concatenate([self._early, early_estimate], axis=-1)
        self._before, self._early = late[..., n:], early[..., n:]
        return (0.5 * (early[..., :n] + late_estimate)).astype(chunk.dtype, copy=False)


class _Block:
    """A residual block with its memory: as many past frames as its taps reach back."""

    def __init__(self, w, index, dilation):
        taps = [w[f"blocks.{index}.look.weight"][:, :, tap].T for tap in range(3)]
        self._look = np.concatenate(taps), w[f"blocks.{index}.look.bias"]
        self._mix = w[f"blocks.{index}.mix.weight"][:, :, 0].T.copy(), w[f"blocks.{index}.mix.bias"]
        self._dilation, self._width = dilation, len(taps[0])

    def begin(self, rows):
        """Forget everything."""
        self._memory = np.zeros((2 * self._dilation, rows, self._width), dtype=np.float32)
        self._at = 0

    def step(self, x):
        """Refine one frame, shape (n_rows, width)."""
        even = x / np.sqrt(_power(x) + np.float32(1e-5))
        oldest, middle = self._memory[self._at], self._memory[(self._at + self._dilation) % len(self._memory)]
        heard = _affine(np.concatenate([oldest, middle, even], axis=-1), self._look)
        self._memory[self._at] = even
        self._at = (self._at + 1) % len(self._memory)
        return x + _affine(heard * _sigmoid(heard), self._mix)


def _hop_filter(taps):
    """The filter as a matrix from its past and one hop of new samples to one hop of filtered ones."""
    matrix = np.zeros((HIGHPASS_TAPS - 1 + HOP, HOP))
    for sample in range(HOP):
        matrix[sample : sample + HIGHPASS_TAPS, sample] = taps[::-1]
    return matrix


def _power(x):
    """Mean square of each row, shape (n_rows, 1); quicker for short rows than the mean of squares."""
    return np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[-1])


def _affine(x, weights):
    return x @ weights[0] + weights[1]


def _sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))  # never overflows
