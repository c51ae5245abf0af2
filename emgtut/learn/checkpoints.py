"""A checkpoint: one safetensors file with everything a run needs to go on, and a JSON file that vouches for it.

The JSON file is renamed into place last and names the tensors by their SHA-256. Whenever a run is killed, the JSON file
therefore points to a whole and fitting set of tensors.
"""

import hashlib
import json
import os

from emgtut.data.prepare import write_whole

__all__ = ["FORMAT", "check_folder", "read_checkpoint", "write_checkpoint"]

FORMAT = 1
NAME = "checkpoint.json"


def check_folder(folder):
    """Make a folder to write in, or say in one sentence why that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"The folder '{folder}' cannot be made ({error.strerror}): choose another place.") from error
    if not os.access(folder, os.W_OK):
        raise ValueError(f"The folder '{folder}' does not let you write: choose another place for the run.")
    return folder


def write_checkpoint(folder, identity, state, tensors):
    """Write a checkpoint whole; the one before is removed only afterwards."""
    from safetensors.torch import save

    content = save({name: x.detach().cpu().contiguous().clone() for name, x in tensors.items()})
    digest = hashlib.sha256(content).hexdigest()
    name = f"step_{state['step']:07d}_{digest[:8]}.safetensors"
    write_whole(folder / name, content)
    note = {"format": FORMAT, "tensors": name, "sha256": digest, "identity": identity, "state": state}
    write_whole(folder / NAME, json.dumps(note, indent=1).encode())
    for old in folder.glob("step_*"):
        if old.name != name:
            old.unlink()


def read_checkpoint(folder, identity):
    """Read state and tensors of a run, or return None where there is none yet."""
    if not (folder / NAME).exists():
        return None
    note = _read_note(folder)
    _check_same(folder, note["identity"], json.loads(json.dumps(identity)))
    try:
        content = (folder / note["tensors"]).read_bytes()
    except FileNotFoundError as error:
        raise _damaged(folder, f"{note['tensors']} is missing") from error
    if hashlib.sha256(content).hexdigest() != note["sha256"]:
        raise _damaged(folder, f"{note['tensors']} is cut short or was changed")
    from safetensors.torch import load

    return note["state"], load(content)


def _read_note(folder):
    try:
        note = json.loads((folder / NAME).read_bytes())
    except ValueError as error:
        raise _damaged(folder, f"{NAME} is not whole") from error
    if not isinstance(note, dict) or note.get("format") != FORMAT:
        raise _damaged(folder, f"{NAME} is not a checkpoint of format {FORMAT}")
    if {"tensors", "sha256", "identity", "state"} - set(note):
        raise _damaged(folder, f"{NAME} lacks entries")
    return note


def _check_same(folder, there, here):
    """Refuse to go on with another run, and name the first thing that differs."""
    for part, what in (("recipe", "recipe"), ("about", "facts"), ("shapes", "network")):
        for key in {**there[part], **here[part]}:
            if there[part].get(key) != here[part].get(key):
                raise ValueError(
                    f"The folder '{folder}' holds another run: in its {what}, {key} is {there[part].get(key)!r}, here "
                    f"{here[part].get(key)!r}; choose another folder, or remove that one to start again."
                )


def _damaged(folder, why):
    return ValueError(f"The checkpoint in '{folder}' is damaged ({why}): remove the folder to start again.")
