"""Room III, denoise: every method behind one contract. `names()` lists them, `get(name)` makes one."""

from emgtut.denoise.base import Denoiser, Info, Stream, get, names, register, unregister
from emgtut.denoise.contract import check_contract

# Importing a method registers it; this is the order in which the book meets them.
# isort: off
from emgtut.denoise import reference
from emgtut.denoise import highpass
from emgtut.denoise import bandpass_notch
from emgtut.denoise import template
from emgtut.denoise import emd
from emgtut.denoise import vmd
from emgtut.denoise import networks
from emgtut.denoise import tcn_methods
# isort: on

__all__ = [
    "Denoiser",
    "Info",
    "Stream",
    "bandpass_notch",
    "check_contract",
    "emd",
    "get",
    "highpass",
    "names",
    "networks",
    "reference",
    "register",
    "tcn_methods",
    "template",
    "unregister",
    "vmd",
]
