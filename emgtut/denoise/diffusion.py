"""Diffusion: bury a clean signal in noise step by step, learn to tell the noise, and walk back.

A diffused signal is `v · clean + sqrt(1 - v²) · noise`, where v is the noise level: 1 is clean, 0 pure noise. The
network sees it beside the recording and guesses the noise. Everything here knows the network only as a function
`predict(x, level, noisy)`.
"""

import math

import torch

__all__ = [
    "REFRESHED",
    "ancestral",
    "cosine_levels",
    "deterministic",
    "diffuse",
    "draw_levels",
    "few_levels",
    "refreshed",
]

STEPS = 50
_OFFSET = 0.008  # keeps the first steps of the cosine schedule from being vanishingly small
_LARGEST_BETA = 0.999
REFRESHED = {"first": 0.3, "last": 0.98}  # ends of `few_levels` for `refreshed`, chosen by benchmarks/sdemg.py


def cosine_levels(n_steps=STEPS):
    """Noise levels of the cosine schedule.

    Parameters
    ----------
    n_steps : int
        Number of steps T (dimensionless).

    Returns
    -------
    Tensor, shape (n_steps + 1,), dimensionless, float64
        Level v after 0, 1, … T steps, from 1 down to nearly 0.

    References
    ----------
    [Nichol2021]

    Examples
    --------
    >>> [round(v, 4) for v in cosine_levels()[[0, 1, 25, 50]].tolist()]
    [1.0, 0.9991, 0.7027, 0.001]

    Lesson
    ------
    16 SDEMG
    """
    t = torch.arange(n_steps + 1, dtype=torch.float64) / n_steps
    wanted = torch.cos((t + _OFFSET) / (1 + _OFFSET) * math.pi / 2) ** 2
    beta = (1 - wanted[1:] / wanted[:-1]).clamp(max=_LARGEST_BETA)
    return torch.cat([torch.ones(1, dtype=torch.float64), (1 - beta).cumprod(0).sqrt()])


def draw_levels(levels, count, *, faithful=False):
    """Draw training levels: a step at random, then a level anywhere within that step.

    Parameters
    ----------
    levels : Tensor, shape (n_steps + 1,), dimensionless
        Schedule, for example `cosine_levels()`.
    count : int
        Number of levels wanted (dimensionless).
    faithful : bool
        Keep the fault of the published code: steps are counted from 0, and step 0 looks up the level "before the
        first", which Python takes from the end of the list. One draw in T then comes from the whole range, and the
        last step, where sampling starts, is never drawn by itself.

    Returns
    -------
    Tensor, shape (count,), dimensionless, float32
        Levels, from PyTorch's own random numbers.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> v = draw_levels(cosine_levels(), 1000)
    >>> bool(v.min() < 0.03), bool(v.max() > 0.999)
    (True, True)

    Lesson
    ------
    16 SDEMG
    """
    step = torch.randint(len(levels) - 1, (count,)) + (0 if faithful else 1)
    before, after = levels[step - 1], levels[step]
    return (before + torch.rand(count) * (after - before)).float()


def diffuse(clean, noise, level):
    """Bury a clean signal in noise.

    Parameters
    ----------
    clean : Tensor, shape (n_windows, n_samples), dimensionless
        Clean windows.
    noise : Tensor, shape (n_windows, n_samples), dimensionless
        Gaussian noise of unit variance.
    level : Tensor, shape (n_windows,), dimensionless
        Noise levels v.

    Returns
    -------
    Tensor, shape (n_windows, n_samples), dimensionless
        `v · clean + sqrt(1 - v²) · noise`.

    Examples
    --------
    >>> diffuse(torch.ones(1, 2), torch.zeros(1, 2), torch.tensor([0.5]))
    tensor([[0.5000, 0.5000]])

    Lesson
    ------
    16 SDEMG
    """
    v = level[:, None]
    return v * clean + (1 - v**2).sqrt() * noise


def _guess_clean(predict, x, v, noisy, limit):
    """The clean signal that the network's guess of the noise implies, within ±limit."""
    level = torch.full((len(x),), v, dtype=x.dtype, device=x.device)
    guess = (x - math.sqrt(1 - v**2) * predict(x, level, noisy)) / v
    return guess.clamp(-limit, limit)


@torch.no_grad()
def ancestral(predict, noisy, *, levels=None, limit=1.0, generator=None):
    """Walk back from pure noise through every step, with fresh noise at each: the published sampler.

    All windows get the same noise, so that the result of one does not depend on its place among the others.

    Parameters
    ----------
    predict : callable
        `predict(x, level, noisy)`, the network.
    noisy : Tensor, shape (n_windows, n_samples), dimensionless
        Recordings that steer the walk.
    levels : Tensor, shape (n_steps + 1,), dimensionless, optional
        Schedule; by default `cosine_levels()`.
    limit : float
        Every guess of the clean signal is kept within ±limit (dimensionless); the published code has 1.
    generator : torch.Generator, optional
        Source of the noise.

    Returns
    -------
    Tensor, shape (n_windows, n_samples), dimensionless
        One sample of what the clean windows may have been.

    References
    ----------
    [Ho2020]

    Examples
    --------
    >>> clean = torch.tensor([[0.5, -0.25]])
    >>> def perfect(x, level, noisy):
    ...     return (x - level[:, None] * clean) / (1 - level[:, None] ** 2).sqrt()
    >>> bool(torch.allclose(ancestral(perfect, clean), clean, atol=1e-5))
    True

    Lesson
    ------
    16 SDEMG
    """
    v = (cosine_levels() if levels is None else levels).tolist()
    x = torch.randn(noisy.shape[-1], generator=generator, dtype=noisy.dtype).expand(noisy.shape)
    for t in range(len(v) - 1, 0, -1):
        clean = _guess_clean(predict, x, v[t], noisy, limit)
        kept, before = v[t] ** 2, v[t - 1] ** 2
        alpha = kept / before
        x = (1 - alpha) * v[t - 1] / (1 - kept) * clean + (1 - before) * math.sqrt(alpha) / (1 - kept) * x
        if t > 1:
            spread = math.sqrt((1 - alpha) * (1 - before) / (1 - kept))
            x = x + spread * torch.randn(noisy.shape[-1], generator=generator, dtype=noisy.dtype)
    return x


def few_levels(n_calls, *, first=0.15, last=0.9):
    """Levels for a short walk: evenly spaced in the logarithm of signal over noise.

    Parameters
    ----------
    n_calls : int
        Number of network calls (dimensionless).
    first : float
        Level at which the walk starts (dimensionless). Nearer to 0 the clean signal is the small difference of two
        large numbers, and an error of the network is magnified by `1 / first`. Farther from 0 pure noise is no longer
        what the network was trained on at that level. The better it is trained, the smaller the best value.
    last : float
        Level of the last call (dimensionless).

    Returns
    -------
    Tensor, shape (n_calls + 1,), dimensionless, float64
        Levels from 1 down to `first`, in the order of `cosine_levels`.

    Examples
    --------
    >>> few_levels(3)
    tensor([1.0000, 0.9000, 0.4884, 0.1500], dtype=torch.float64)

    Lesson
    ------
    16 SDEMG
    """
    ends = torch.tensor([last, first], dtype=torch.float64)
    low_high = torch.log(ends / (1 - ends**2).sqrt())
    ratio = torch.linspace(low_high[0], low_high[1], n_calls, dtype=torch.float64).exp()
    if n_calls == 1:
        ratio = ratio * 0 + low_high[1].exp()
    return torch.cat([torch.ones(1, dtype=torch.float64), ratio / (1 + ratio**2).sqrt()])


@torch.no_grad()
def deterministic(predict, noisy, noise, *, levels, order=2, limit=12.0):
    """Walk back without fresh noise, in few and large steps.

    First order is DDIM: hold the guess of the clean signal over the step. Second order is DPM-Solver++: extend the
    line through the last two guesses to the middle of the step. At every call the network sees the true recording.

    Parameters
    ----------
    predict : callable
        `predict(x, level, noisy)`, the network.
    noisy : Tensor, shape (n_windows, n_samples), dimensionless
        Recordings that steer the walk.
    noise : Tensor, shape (n_windows, n_samples), dimensionless
        Gaussian noise of unit variance, the start of the walk; the result is a function of it.
    levels : Tensor, shape (n_calls + 1,), dimensionless
        1, then the levels of the calls in reverse, for example `few_levels(6)`.
    order : {1, 2}
        DDIM or DPM-Solver++ (dimensionless).
    limit : float
        Every guess of the clean signal is kept within ±limit (dimensionless).

    Returns
    -------
    Tensor, shape (n_windows, n_samples), dimensionless
        Estimate of the clean windows.

    References
    ----------
    [DDIM2021], [Lu2022]

    Examples
    --------
    >>> clean = torch.tensor([[0.5, -0.25]])
    >>> def perfect(x, level, noisy):
    ...     return (x - level[:, None] * clean) / (1 - level[:, None] ** 2).sqrt()
    >>> result = deterministic(perfect, clean, torch.ones(1, 2), levels=few_levels(4))
    >>> bool(torch.allclose(result, clean, atol=1e-5))
    True

    Lesson
    ------
    16 SDEMG
    """
    if order not in (1, 2):
        raise ValueError(f"order is {order!r}, but only 1 (DDIM) and 2 (DPM-Solver++) are known: choose one.")
    v = levels.tolist()
    ratio = [math.log(a / math.sqrt(1 - a**2)) for a in v[1:]]  # half the log of signal over noise, one per call
    x, previous = noise, None
    for t in range(len(v) - 1, 0, -1):
        clean = _guess_clean(predict, x, v[t], noisy, limit)
        if t == 1:
            return clean
        step = ratio[t - 2] - ratio[t - 1]
        ahead = clean
        if order == 2 and previous is not None:
            before = ratio[t - 1] - ratio[t]
            ahead = clean + (step / (2 * before)) * (clean - previous)
        shrink = math.sqrt((1 - v[t - 1] ** 2) / (1 - v[t] ** 2))
        x = shrink * x - v[t - 1] * math.expm1(-step) * ahead
        previous = clean
    raise ValueError("levels holds no level to call the network at: pass for example few_levels(6).")


@torch.no_grad()
def refreshed(predict, noisy, noises, *, levels, limit=12.0):
    """Walk back in few and large steps, and bury the guess of the clean signal in fresh noise at each.

    A network that errs reads something into the noise that is not there. Where a walk keeps its noise,
    as in `deterministic`, it meets the same noise at each call; here it meets another one, and the recording stays.

    Parameters
    ----------
    predict : callable
        `predict(x, level, noisy)`, the network.
    noisy : Tensor, shape (n_windows, n_samples), dimensionless
        Recordings that steer the walk.
    noises : Tensor, shape (n_calls, n_windows, n_samples), dimensionless
        Gaussian noise of unit variance, one for each call.
    levels : Tensor, shape (n_calls + 1,), dimensionless
        1, then the levels of the calls in reverse, for example `few_levels(6)`.
    limit : float
        Every guess of the clean signal is kept within ±limit (dimensionless).

    Returns
    -------
    Tensor, shape (n_windows, n_samples), dimensionless
        Estimate of the clean windows.

    Raises
    ------
    ValueError
        If there is not one noise for each call.

    Examples
    --------
    >>> clean = torch.tensor([[0.5, -0.25]])
    >>> def perfect(x, level, noisy):
    ...     return (x - level[:, None] * clean) / (1 - level[:, None] ** 2).sqrt()
    >>> result = refreshed(perfect, clean, torch.ones(4, 1, 2), levels=few_levels(4))
    >>> bool(torch.allclose(result, clean, atol=1e-5))
    True

    Lesson
    ------
    16 SDEMG
    """
    path = levels.flip(0).tolist()[:-1]
    if not path or len(noises) != len(path):
        raise ValueError(
            f"levels asks for {len(path)} calls, but there are {len(noises)} noises: pass one for each call."
        )
    clean = None
    for v, noise in zip(path, noises):
        # At the first call nothing is known yet: the walk starts from noise alone.
        x = noise if clean is None else v * clean + math.sqrt(1 - v**2) * noise
        clean = _guess_clean(predict, x, v, noisy, limit)
    return clean
