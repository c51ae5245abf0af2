"""The selective scan: the fast one against its definition, and its hand-written gradient against finite differences."""

import pytest
import torch

from emgtut.denoise import scan as home
from emgtut.denoise.scan import scan, scan_naive


def inputs(windows=2, samples=41, channels=6, states=3, dtype=torch.float64, seed=0):
    g = torch.Generator().manual_seed(seed)
    lead = (windows, samples)
    u, B, C = (torch.randn(*lead, k, generator=g, dtype=dtype) for k in (channels, states, states))
    dt = torch.rand(*lead, channels, generator=g, dtype=dtype)
    A = -4 * torch.rand(channels, states, generator=g, dtype=dtype)
    return [x.requires_grad_() for x in (u, dt, A, B, C)]


def gradients(function, leaves):
    y = function(*leaves)
    (y * torch.arange(y.numel(), dtype=y.dtype).reshape(y.shape).sin()).sum().backward()
    return y, [x.grad for x in leaves]


@pytest.fixture(params=[1, 7, 1000], ids=["one step", "seven steps", "all at once"])
def chunk(request, monkeypatch):
    """Chunks of one step, of seven (the last one shorter), and one chunk for all."""
    monkeypatch.setattr(home, "CACHE_BYTES", request.param * 2 * 6 * 3 * 8)
    return request.param


def test_it_equals_the_recurrence_whatever_the_chunk(chunk):
    fast, slow = gradients(scan, inputs()), gradients(scan_naive, inputs())
    torch.testing.assert_close(fast[0], slow[0], rtol=0, atol=1e-12)
    for a, b in zip(fast[1], slow[1]):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


def test_its_gradient_is_that_of_finite_differences(monkeypatch):
    monkeypatch.setattr(home, "CACHE_BYTES", 3 * 2 * 3 * 2 * 8)  # three steps a chunk
    assert torch.autograd.gradcheck(scan, inputs(samples=7, channels=3, states=2))


def test_the_gradient_check_can_fail():
    """The same check catches a step size whose gradient is off by one part in a hundred."""

    class Wrong(home._Scan):
        @staticmethod
        def backward(ctx, grad):
            gu, gdt, *others = home._Scan.backward(ctx, grad)
            return gu, 1.01 * gdt, *others

    assert not torch.autograd.gradcheck(Wrong.apply, inputs(samples=7, channels=3, states=2), raise_exception=False)


def test_float32_stays_near_float64_over_a_long_window():
    double = inputs(1, 2000, 8, 16)
    single = [x.detach().float() for x in double]
    y = scan(*double)
    assert (scan(*single) - y).abs().max() < 1e-5 * y.abs().max()


def test_the_past_matters_and_the_future_does_not():
    u, dt, A, B, C = (x.detach() for x in inputs())
    changed = u.clone()
    changed[:, 20] += 1.0
    difference = (scan(changed, dt, A, B, C) - scan(u, dt, A, B, C)).abs().amax(dim=(0, 2))
    assert not difference[:20].any()
    assert (difference[20:25] > 0).all()


def test_windows_do_not_mix():
    u, dt, A, B, C = (x.detach() for x in inputs())
    alone = scan(u[1:], dt[1:], A, B[1:], C[1:])
    torch.testing.assert_close(scan(u, dt, A, B, C)[1:], alone, rtol=0, atol=1e-12)


def test_autocast_does_not_make_the_memory_coarse():
    """Under autocast the inputs come as bfloat16; the memory is kept in the precision of the rates."""
    u, dt, A, B, C = (x.detach().float() for x in inputs())
    coarse = [x.bfloat16() for x in (u, dt, B, C)]
    y = scan(coarse[0], coarse[1], A, coarse[2], coarse[3])
    assert y.dtype == torch.float32
    fine = [x.float() for x in coarse]
    torch.testing.assert_close(y, scan_naive(fine[0], fine[1], A, fine[2], fine[3]), rtol=1e-5, atol=1e-5)
