"""Room II, contaminate: sources of noise and the art of mixing them in at a chosen SNR."""

from emgtut.contaminate import compat, corpus
from emgtut.contaminate.batch import mix_batch
from emgtut.contaminate.broadband import coloured_noise
from emgtut.contaminate.grid import Condition, condition_grid, draw_mixture, stream
from emgtut.contaminate.heart import random_heart, synthetic_ecg
from emgtut.contaminate.library import KINDS, Draw, check_disjoint, draw, draw_with_source, real_records
from emgtut.contaminate.mains import power_line, random_mains
from emgtut.contaminate.mix import Mixture, gain_for_snr, mix_at_snr, mix_components
from emgtut.contaminate.motion import motion_artefact

__all__ = [
    "KINDS",
    "Condition",
    "Draw",
    "Mixture",
    "check_disjoint",
    "coloured_noise",
    "compat",
    "condition_grid",
    "corpus",
    "draw",
    "draw_mixture",
    "draw_with_source",
    "gain_for_snr",
    "mix_at_snr",
    "mix_batch",
    "mix_components",
    "motion_artefact",
    "power_line",
    "random_heart",
    "random_mains",
    "real_records",
    "stream",
    "synthetic_ecg",
]
