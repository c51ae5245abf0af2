"""Selective scan without a graphics card: the chunked scan against a Blelloch scan, and MSEMG in real time.

Run: OMP_NUM_THREADS=1 python benchmarks/scan.py. One thread, in processor time, so that other programs count less; the
two alternate, and ratios are medians of the pairs.

The Blelloch scan is the parallel scan of choice on a graphics card: a sweep up and a sweep down a binary tree of pairs
(fading, memory), here in place, with a gradient that is itself such a scan, backwards in time. It does little more
arithmetic than the recurrence, but it walks through the whole memory of the window many times.
"""

import sys
import time

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from emgtut.denoise.msemg import MSEMG
from emgtut.denoise.scan import scan, scan_naive

CHANNELS, STATES, WINDOWS = 256, 16, 2  # of MSEMG at its published width


def sweep(a, x):
    """Solve h[t] = a[t] · h[t-1] + x[t] in place of x, along axis 1, whose length is a power of two; a is used up."""
    length, gap = a.shape[1], 1
    while gap < length:  # up: pairs, pairs of pairs, …
        right, left = slice(2 * gap - 1, None, 2 * gap), slice(gap - 1, None, 2 * gap)
        x[:, right].addcmul_(a[:, right], x[:, left])
        a[:, right].mul_(a[:, left])
        gap *= 2
    gap = length // 4
    while gap:  # down: hand what is finished to those in between
        middle, before = slice(3 * gap - 1, None, 2 * gap), slice(2 * gap - 1, length - gap, 2 * gap)
        x[:, middle].addcmul_(a[:, middle], x[:, before])
        a[:, middle].mul_(a[:, before])
        gap //= 2


def powered(x, fill):
    """Lengthen axis 1 to a power of two."""
    length = 1 << (x.shape[1] - 1).bit_length()
    return torch.cat([x, x.new_full((len(x), length - x.shape[1], *x.shape[2:]), fill)], dim=1)


class TreeScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, x):
        h = powered(x, 0.0)
        sweep(powered(a, 1.0), h)
        h = h[:, : x.shape[1]]
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        a, h = ctx.saved_tensors
        # g[t] = grad[t] + a[t+1] · g[t+1]: the same scan on reversed time
        g = powered(grad.flip(1), 0.0)
        later = torch.cat([torch.ones_like(a[:, :1]), a.flip(1)[:, :-1]], dim=1)
        sweep(powered(later, 1.0), g)
        g = g[:, : a.shape[1]].flip(1)
        before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
        return g * before, g


def scan_blelloch(u, dt, A, B, C):
    fade = torch.exp(dt[..., None] * A)
    h = TreeScan.apply(fade, (dt * u)[..., None] * B[:, :, None])
    return (h @ C[..., None])[..., 0]


def inputs(samples, dtype=torch.float32, windows=WINDOWS, channels=CHANNELS):
    g = torch.Generator().manual_seed(0)
    lead = (windows, samples)
    u, B, C = (torch.randn(*lead, k, generator=g, dtype=dtype) for k in (channels, STATES, STATES))
    dt = 0.1 * torch.rand(*lead, channels, generator=g, dtype=dtype)
    A = -torch.arange(1.0, STATES + 1, dtype=dtype).repeat(channels, 1)
    return [x.requires_grad_() for x in (u, dt, A, B, C)]


def both_ways(function, leaves):
    y = function(*leaves)
    return y, torch.autograd.grad(y.square().sum(), leaves)


def seconds(action):
    began = time.process_time()
    action()
    return time.process_time() - began


def compare(samples, repeats):
    leaves = inputs(samples)
    pairs = np.array([
        [seconds(lambda f=f: both_ways(f, leaves)) for f in (scan_blelloch, scan)] for _ in range(repeats + 1)
    ])[1:]  # fmt: skip
    ratio = pairs[:, 0] / pairs[:, 1]
    slow, fast = np.median(pairs, axis=0)
    print(
        f"{samples} samples x {WINDOWS} windows, forward and backward: Blelloch {slow:.2f} s, chunked {fast:.2f} s, ",
        end="",
    )
    print(f"ratio {np.median(ratio):.1f} (from {ratio.min():.1f} to {ratio.max():.1f})", flush=True)


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    small = inputs(300, torch.float64, channels=8)
    truth = both_ways(scan_naive, small)
    for function in (scan, scan_blelloch):
        y, gradient = both_ways(function, small)
        torch.testing.assert_close(y, truth[0], rtol=1e-12, atol=1e-12)
        for a, b in zip(gradient, truth[1]):
            torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-11)
    for samples in (2000, 10_000):
        compare(samples, repeats)
    for width in (64, 32):
        model = MSEMG(width).eval()
        for samples in (2000, 10_000):
            x = torch.randn(1, samples)
            with torch.no_grad():
                taken = [seconds(lambda m=model, x=x: m(x)) for _ in range(repeats + 1)][1:]
            rtf = np.array(taken) / (samples / 1000)
            print(f"MSEMG width {width}, one window of {samples}: real-time factor {np.median(rtf):.4f}", end=" ")
            print(f"(from {rtf.min():.4f} to {rtf.max():.4f})", flush=True)


if __name__ == "__main__":
    main()
