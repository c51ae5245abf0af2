"""Trained weights on disk: a safetensors file and its card. No pickle: opening weights can never run code."""

import dataclasses
import hashlib
from pathlib import Path

from emgtut.data.prepare import write_whole
from emgtut.learn.cards import FORMAT, read_card, weights_file, write_card

__all__ = ["count_parameters", "load_weights", "save_weights"]


def count_parameters(model):
    """Count the trained numbers of a network.

    Parameters
    ----------
    model : torch.nn.Module
        The network.

    Returns
    -------
    int
        Their number; running means and the like are not trained and do not count.

    Examples
    --------
    >>> import torch
    >>> count_parameters(torch.nn.Linear(3, 2))
    8

    Lesson
    ------
    15 FCN
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def save_weights(folder, name, model, card, *, half=False):
    """Write the weights of a network and their card.

    Parameters
    ----------
    folder : path
        Where to; made if needed.
    name : str
        Name of the two files.
    model : torch.nn.Module
        The network.
    card : Card
        What to say about it; name, format, number of parameters, storage and checksum are filled in.
    half : bool
        Store 16-bit numbers: half the size, an error of up to one part in two thousand.

    Returns
    -------
    Card
        The card as written.

    Raises
    ------
    ValueError
        If a weight is not finite, or too large for 16 bits.

    Examples
    --------
    >>> import tempfile, torch
    >>> from emgtut.learn import Card
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     card = save_weights(folder, "line", torch.nn.Linear(3, 2), Card("line", "torch.nn.Linear"))
    ...     sorted(path.name for path in Path(folder).iterdir()), card.n_parameters
    (['line.safetensors', 'line.toml'], 8)

    Lesson
    ------
    15 FCN
    """
    import torch
    from safetensors.torch import save

    tensors = {}
    for key, x in model.state_dict().items():
        x = x.detach().cpu().contiguous().clone()
        x = x.half() if half and x.is_floating_point() else x
        if not torch.isfinite(x).all():
            raise ValueError(
                f"The weight {key} of {name} is not finite as {x.dtype}: train again, or save without half."
            )
        tensors[key] = x
    content = save(tensors)
    card = dataclasses.replace(
        card,
        name=name,
        version=FORMAT,
        n_parameters=count_parameters(model),
        dtype="float16" if half else "float32",
        sha256=hashlib.sha256(content).hexdigest(),
    )
    write_whole(Path(folder) / f"{name}.safetensors", content)
    write_whole(Path(folder) / f"{name}.toml", write_card(card).encode())
    return card


def load_weights(name_or_path, model):
    """Load trained weights into a network and leave it ready for use.

    Parameters
    ----------
    name_or_path : str or path
        Name of shipped weights, or a ``.safetensors`` file with its card beside it.
    model : torch.nn.Module
        A network made with the settings of the card; weights stored with 16 bits become 32-bit again.

    Returns
    -------
    Card
        What is known about the weights.

    Raises
    ------
    ValueError
        If the files are missing, cut short, changed, of another format, or of another network.

    Examples
    --------
    >>> import tempfile, torch
    >>> from emgtut.learn import Card
    >>> first, second = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_weights(folder, "line", first, Card("line", "torch.nn.Linear"))
    ...     _ = load_weights(Path(folder) / "line.safetensors", second)
    >>> torch.equal(first.weight, second.weight)
    True

    Lesson
    ------
    15 FCN
    """
    from safetensors.torch import load

    card = read_card(name_or_path)
    path = weights_file(name_or_path)
    if not path.is_file():
        raise ValueError(f"The weights file {path.name} is missing though its card is there: get the weights again.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise ValueError(
            f"The weights file {path.name} is cut short or was changed (its checksum is not the one on its card): get "
            "the weights again."
        )
    tensors = load(content)
    _check_fits(path.stem, tensors, model.state_dict())
    model.load_state_dict(tensors)  # copies into the network's own numbers: 16 bits become 32
    model.eval()
    return card


def _check_fits(name, stored, wanted):
    """Refuse weights of another network, and name the first thing that differs."""
    for key in {**wanted, **stored}:
        here = tuple(wanted[key].shape) if key in wanted else None
        there = tuple(stored[key].shape) if key in stored else None
        if here != there:
            raise ValueError(
                f"The weights {name} do not fit this network: {key} has shape {there} in the file and {here} in the "
                "network (None: absent); make the network with the settings on the card."
            )
