"""Room IV, assess: how good is an estimate, and what does a signal look like to a reader of sEMG."""

from emgtut.assess.compat import evaluate_compat
from emgtut.assess.faults import clipped_share, flat_share, hum_share, odd_channels, whiteness
from emgtut.assess.features import arv, kurtosis, mdf, mnf, zcr
from emgtut.assess.metrics import evaluate, lsd, prd, rmse, snr_db
from emgtut.assess.onset import onset_error_ms, onset_s, teager_kaiser
from emgtut.assess.qasenet import Quality, predict_snr, snr_grade
from emgtut.assess.screening import Rules, Screened, contrast_snr_db, grade, screen, screen_recording
from emgtut.assess.spectral_quality import hampel_error_ratio, spectral_quality

__all__ = [
    "Quality",
    "Rules",
    "Screened",
    "arv",
    "clipped_share",
    "contrast_snr_db",
    "evaluate",
    "evaluate_compat",
    "flat_share",
    "grade",
    "hampel_error_ratio",
    "hum_share",
    "kurtosis",
    "lsd",
    "mdf",
    "mnf",
    "odd_channels",
    "onset_error_ms",
    "onset_s",
    "prd",
    "predict_snr",
    "rmse",
    "screen",
    "screen_recording",
    "snr_db",
    "snr_grade",
    "spectral_quality",
    "teager_kaiser",
    "whiteness",
    "zcr",
]
