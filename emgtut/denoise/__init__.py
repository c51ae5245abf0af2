"""Room III, denoise: every method behind one contract. `names()` lists them, `get(name)` makes one."""

from emgtut.denoise.base import Denoiser, Info, Stream, get, names, register

# Importing a method registers it; this is the order in which the book meets them.
# isort: off
from emgtut.denoise import reference
from emgtut.denoise import highpass
# isort: on

__all__ = ["Denoiser", "Info", "Stream", "get", "highpass", "names", "reference", "register"]
