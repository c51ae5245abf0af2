"""Room IV, assess: how good is an estimate, and what does a signal look like to a reader of sEMG."""

from emgtut.assess.features import arv, kurtosis, mdf, mnf, zcr
from emgtut.assess.metrics import evaluate, lsd, prd, rmse, snr_db

__all__ = ["arv", "evaluate", "kurtosis", "lsd", "mdf", "mnf", "prd", "rmse", "snr_db", "zcr"]
