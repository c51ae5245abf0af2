"""Chance in training: each step has its own stream, so that a run that was stopped goes on as if it had not been."""

import contextlib

import numpy as np

from emgtut.signals import check_count

__all__ = ["rng_for", "seeded"]


def rng_for(seed, step):
    """Make the generator of one training step.

    Parameters
    ----------
    seed : int
        Seed of the run (dimensionless).
    step : int
        Number of the step.

    Returns
    -------
    numpy.random.Generator
        The same for the same seed and step, whatever happened before.

    Examples
    --------
    >>> int(rng_for(0, 7).integers(1000)) == int(rng_for(0, 7).integers(1000))
    True
    >>> int(rng_for(0, 7).integers(1000)) == int(rng_for(0, 8).integers(1000))
    False

    Lesson
    ------
    15 FCN
    """
    return np.random.default_rng(_sequence(seed, step))


@contextlib.contextmanager
def seeded(seed, step=0):
    """Seed torch for a block, and give it its old state back afterwards.

    Use it around the constructor of a network, whose weights start at random.

    Parameters
    ----------
    seed : int
        Seed (dimensionless).
    step : int
        Number of the step, for chance that belongs to one.

    Returns
    -------
    context manager
        For a `with` statement.

    Examples
    --------
    >>> import torch
    >>> with seeded(0):
    ...     first = torch.nn.Linear(3, 1).weight
    >>> with seeded(0):
    ...     second = torch.nn.Linear(3, 1).weight
    >>> torch.equal(first, second)
    True

    Lesson
    ------
    15 FCN
    """
    import torch

    with torch.random.fork_rng():
        seed_torch(seed, step)
        yield


def seed_torch(seed, step):
    """Seed torch's generators, on every device, for one step."""
    import torch

    high, low = (int(word) for word in _sequence(seed, step).generate_state(2))
    word = (high << 31) ^ low
    torch.default_generator.manual_seed(word)  # torch.manual_seed asks for every kind of device: half a millisecond
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(word)


def _sequence(seed, step):
    seed = check_count(seed, name="seed", smallest=0)
    return np.random.SeedSequence(seed, spawn_key=(check_count(step, name="step", smallest=0),))
