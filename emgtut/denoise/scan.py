"""The selective scan: the recurrence inside a Mamba layer, without a graphics card.

Every channel e keeps N numbers of memory, h. At each time step they fade and take in a little of the input:

    h[t] = exp(dt[t] · A) · h[t-1] + dt[t] · B[t] · u[t]        y[t] = C[t] · h[t]

It is called selective because dt, B and C depend on the input. `scan_naive` says just that. `scan` gives the same
numbers fast: it walks through the window in chunks that fit the processor's cache, and its gradient recomputes the
memory of a chunk from the state at the chunk's start instead of keeping all of it.
"""

import torch
from torch.autograd.function import once_differentiable

__all__ = ["scan", "scan_naive"]

CACHE_BYTES = 2**19  # of one array of a chunk; there are three, and a core has about 1 to 2 MB of its own


def scan_naive(u, dt, A, B, C):
    """Run the recurrence step by step: the readable definition.

    Parameters
    ----------
    u : Tensor, shape (n_windows, n_samples, n_channels), dimensionless
        Input.
    dt : Tensor, shape (n_windows, n_samples, n_channels), samples
        Step size, above zero: how much of the input is taken in and how much of the memory fades.
    A : Tensor, shape (n_channels, n_states), dimensionless
        Rates at which memory fades, below zero.
    B, C : Tensor, shape (n_windows, n_samples, n_states), dimensionless
        How the input is written to the memory and how the output is read from it.

    Returns
    -------
    Tensor, shape (n_windows, n_samples, n_channels), dimensionless
        Output.

    References
    ----------
    [Mamba2023]

    Examples
    --------
    A single number that halves at every step:

    >>> impulse = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1)
    >>> one = torch.ones(1, 3, 1)
    >>> scan_naive(impulse, one, torch.tensor([[0.5]]).log(), one, one).flatten()
    tensor([1.0000, 0.5000, 0.2500])

    Lesson
    ------
    17 MSEMG
    """
    h = u.new_zeros(u.shape[0], *A.shape)
    y = []
    for u_t, dt_t, B_t, C_t in zip(*(x.unbind(1) for x in (u, dt, B, C))):
        h = torch.exp(dt_t[..., None] * A) * h + (dt_t * u_t)[..., None] * B_t[:, None]
        y.append((h * C_t[:, None]).sum(-1))
    return torch.stack(y, dim=1)


def scan(u, dt, A, B, C):
    """Run the recurrence in chunks, with a gradient written by hand.

    Parameters and result are those of `scan_naive`.

    Parameters
    ----------
    u, dt : Tensor, shape (n_windows, n_samples, n_channels), dimensionless
        Input and step size.
    A : Tensor, shape (n_channels, n_states), dimensionless
        Rates, below zero.
    B, C : Tensor, shape (n_windows, n_samples, n_states), dimensionless
        Writing and reading.

    Returns
    -------
    Tensor, shape (n_windows, n_samples, n_channels), dimensionless
        Output.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> u, dt, A = torch.randn(2, 9, 4), torch.rand(2, 9, 4), -torch.rand(4, 3)
    >>> B, C = torch.randn(2, 9, 3), torch.randn(2, 9, 3)
    >>> bool(torch.allclose(scan(u, dt, A, B, C), scan_naive(u, dt, A, B, C), atol=1e-6))
    True

    Lesson
    ------
    17 MSEMG
    """
    return _Scan.apply(*(x.to(A.dtype) for x in (u, dt, A, B, C)))  # autocast may have made some of them coarse


def _chunks(u, A):
    """Slices of the time axis such that a chunk's memory fits the cache."""
    step_bytes = len(u) * A.numel() * u.element_size()
    length = max(CACHE_BYTES // step_bytes, 1)
    return [slice(start, min(start + length, u.shape[1])) for start in range(0, u.shape[1], length)]


def _time_first(*tensors):
    return [x.transpose(0, 1).contiguous() for x in tensors]


def _remember(h, u, dt, rates, B):
    """Fading factors and memory of one chunk, both (n_steps, n_windows, n_states, n_channels), from the state h."""
    fade = torch.exp(dt[:, :, None] * rates)
    memory = (dt * u)[:, :, None] * B[..., None]
    for fade_t, memory_t in zip(fade.unbind(0), memory.unbind(0)):
        h = memory_t.addcmul_(fade_t, h)
    return fade, memory


class _Scan(torch.autograd.Function):
    """The scan and its gradient.

    Inside, time is the first axis, so that one step is one block of memory, and channels are the last, because there
    are more of them than states and the processor takes many neighbours at once.
    """

    @staticmethod
    def forward(ctx, u, dt, A, B, C):
        chunks = _chunks(u, A)
        u, dt, B, C = _time_first(u, dt, B, C)
        rates = A.T.contiguous()
        y = torch.empty_like(u)
        h = u.new_zeros(u.shape[1], *rates.shape)
        starts = []
        for now in chunks:
            starts.append(h)
            _, memory = _remember(h, u[now], dt[now], rates, B[now])
            y[now] = torch.matmul(C[now][:, :, None], memory)[:, :, 0]
            h = memory[-1].clone()
        ctx.save_for_backward(u, dt, rates, B, C, *starts)
        ctx.chunks = chunks
        return y.transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        u, dt, rates, B, C, *starts = ctx.saved_tensors
        (gy,) = _time_first(grad)
        gu, gdt, gB, gC = (torch.empty_like(x) for x in (u, dt, B, C))
        grates = torch.zeros_like(rates)
        later = torch.zeros_like(starts[0])  # what the next chunk passes back to the last state of this one
        for now, start in zip(reversed(ctx.chunks), reversed(starts)):
            fade, memory = _remember(start, u[now], dt[now], rates, B[now])
            g = gy[now][:, :, None] * C[now][..., None]  # becomes the gradient of the loss by h
            g[-1] += later
            steps = g.unbind(0)
            for i in range(len(steps) - 2, -1, -1):
                steps[i].addcmul_(fade[i + 1], steps[i + 1])
            later = fade[0] * g[0]
            written = torch.matmul(B[now][:, :, None], g)[:, :, 0]
            gu[now] = dt[now] * written
            gB[now] = (g * (dt[now] * u[now])[:, :, None]).sum(-1)
            gC[now] = (memory * gy[now][:, :, None]).sum(-1)
            # From here on g holds the gradient by dt · A, the exponent of the fading.
            g *= fade
            g[0] *= start
            g[1:] *= memory[:-1]
            grates += (g * dt[now][:, :, None]).sum((0, 1))
            gdt[now] = u[now] * written + g.mul_(rates).sum(-2)
        gu, gdt, gB, gC = (x.transpose(0, 1) for x in (gu, gdt, gB, gC))
        return gu, gdt, grates.T, gB, gC
