"""Room II, contaminate: sources of noise and the art of mixing them in at a chosen SNR."""

from emgtut.contaminate.broadband import coloured_noise
from emgtut.contaminate.heart import synthetic_ecg
from emgtut.contaminate.mains import power_line
from emgtut.contaminate.mix import Mixture, gain_for_snr, mix_at_snr, mix_components
from emgtut.contaminate.motion import motion_artefact

__all__ = [
    "Mixture",
    "coloured_noise",
    "gain_for_snr",
    "mix_at_snr",
    "mix_components",
    "motion_artefact",
    "power_line",
    "synthetic_ecg",
]
