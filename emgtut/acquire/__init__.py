"""Acquire: where the signal comes from - the muscle, the body, the signal path, the converter, the stream."""

from emgtut.acquire.amplifier import INA128
from emgtut.acquire.body import (
    differential_hum,
    displacement_current,
    electrode_impedance,
    input_impedance,
    interference,
    loop_pickup,
)
from emgtut.acquire.checkup import (
    Checkup,
    Measured,
    checkup,
    find_contractions,
    grade_repeatability,
    grade_snr,
    rests,
    spread_interval,
)
from emgtut.acquire.converter import ADS1256, alias_of, decimate, uart_load
from emgtut.acquire.discharge import discharge_times
from emgtut.acquire.drive import bursts
from emgtut.acquire.driven import common_mode_voltage, driven_electrode_gain
from emgtut.acquire.electrode import Electrode
from emgtut.acquire.fatigue import slowing, speed_steps
from emgtut.acquire.fibres import Fibres
from emgtut.acquire.frontend import Chain
from emgtut.acquire.gaussian import shaped_gaussian, shaped_power
from emgtut.acquire.muap import MuapBank, action_potential_slope, muap_bank
from emgtut.acquire.muscle import Simulation, simulate
from emgtut.acquire.needle import needle_bank, needle_gradient
from emgtut.acquire.pathology import myopathic, neurogenic
from emgtut.acquire.pool import Pool, motor_unit_pool
from emgtut.acquire.population import random_electrode, random_pool
from emgtut.acquire.profiles import GestureDrive, gestures, hold, ramp
from emgtut.acquire.stages import Stage, gain_stage, multiple_feedback, sallen_key, wide_bandpass
from emgtut.acquire.superpose import superpose
from emgtut.acquire.twin_t import notch, twin_t_response
from emgtut.acquire.twitch import max_force, muscle_force, twitch_gain
from emgtut.acquire.volume import Tissue, across_fibres, transfer_function

__all__ = [
    "ADS1256",
    "INA128",
    "Chain",
    "Checkup",
    "Electrode",
    "Fibres",
    "GestureDrive",
    "Measured",
    "MuapBank",
    "Pool",
    "Simulation",
    "Stage",
    "Tissue",
    "across_fibres",
    "action_potential_slope",
    "alias_of",
    "bursts",
    "checkup",
    "common_mode_voltage",
    "decimate",
    "differential_hum",
    "discharge_times",
    "displacement_current",
    "driven_electrode_gain",
    "electrode_impedance",
    "find_contractions",
    "gain_stage",
    "gestures",
    "grade_repeatability",
    "grade_snr",
    "hold",
    "input_impedance",
    "interference",
    "loop_pickup",
    "max_force",
    "motor_unit_pool",
    "muap_bank",
    "multiple_feedback",
    "muscle_force",
    "myopathic",
    "needle_bank",
    "needle_gradient",
    "neurogenic",
    "notch",
    "ramp",
    "random_electrode",
    "random_pool",
    "rests",
    "sallen_key",
    "shaped_gaussian",
    "shaped_power",
    "simulate",
    "slowing",
    "speed_steps",
    "spread_interval",
    "superpose",
    "transfer_function",
    "twin_t_response",
    "twitch_gain",
    "uart_load",
    "wide_bandpass",
]
