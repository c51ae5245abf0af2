"""Room V, apply: what sEMG is used for, and what noise and denoising do to it.

evaluation  how all tasks are judged: folds, choices, rows
inputs      clean, noisy and denoised versions of a recording
fatigue     is this muscle tired?
gesture     which movement was meant?
disorder    is this muscle ill, and how?
"""

from emgtut.apply import disorder, evaluation, fatigue, gesture, inputs

__all__ = ["disorder", "evaluation", "fatigue", "gesture", "inputs"]
