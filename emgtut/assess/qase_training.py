"""How the judges of SNR are trained: mixtures of known SNR in, one number out, squared error in dB² as loss.

An SNR needs a decision about what is signal. Recordings of muscles hold the sway of a cable, too, which nobody can tell
from the sway of a heart. So "muscle" is what a band-pass from 20 to 450 Hz leaves of a clean recording, as in the
course's benchmark. Noise keeps all its frequencies in one half of the windows; in the other half it has passed the
high-pass of a recorder, so that nobody learns to look below 20 Hz only.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.contaminate.corpus import TASKS
from emgtut.learn import Card, Recipe, fit, rng_for, save_weights, seeded

__all__ = ["JUDGES", "Judge", "labelled", "scores", "ship_judge", "train_judge"]

WINDOW_S = 4.0
FS = 1000.0
RECORDER_HZ = (2.0, 25.0)  # corner of a recorder's high-pass, drawn on a logarithmic scale
CHOICE, CALIBRATION, SCORE = 1, 2, 3  # seeds of validation windows: to choose weights, to calibrate, to score
CALIBRATION_WINDOWS = 2000


@dataclass(frozen=True)
class Judge:
    """One judge: its task, its SNR range and its recipe.

    Parameters
    ----------
    task : {"ecg", "mixture"}
        What its mixtures hold.
    range_db : tuple of float
        SNR range in dB that it answers for.
    recipe : Recipe
        How it is trained.
    margin_db : float
        Training goes this far beyond the range on both sides, in dB, so that the ends are not special.

    Examples
    --------
    >>> JUDGES["qase_ecg"].range_db
    (-15.0, 0.0)

    Lesson
    ------
    21 QASE-net
    """

    task: str
    range_db: tuple
    recipe: Recipe
    margin_db: float = 2.0


def _recipe(name):
    return Recipe(
        name,
        steps=8_000,
        batch=32,
        lr=1e-3,
        schedule="cosine",
        warmup=200,
        check_every=400,
        ema_decay=0.998,
        clip_norm=1.0,
    )


JUDGES = {
    "qase_ecg": Judge("ecg", (-15.0, 0.0), _recipe("qase_ecg")),
    "qase_mixture": Judge("mixture", TASKS["mixture"], _recipe("qase_mixture")),
}


def labelled(corpus, rng, n, part, judge, *, margin_db=0.0, recorded=0.5, **choice):
    """Draw noisy windows of 4 s and the SNR of each.

    Parameters
    ----------
    corpus : emgtut.contaminate.corpus.Corpus
        Material.
    rng : numpy.random.Generator
        Source of chance.
    n : int
        Number of windows.
    part : {"train", "validation"}
        Part of the corpus.
    judge : Judge
        Whose task and range.
    margin_db : float
        How far beyond the range to go, in dB.
    recorded : float
        Share of windows, dimensionless, whose noise has passed a recorder's high-pass of 2 to 25 Hz.
    **choice
        Passed on to `Corpus.batch`, for example ``muscle="elderly_lower_limb"``.

    Returns
    -------
    noisy : ndarray, shape (n, n_samples), float32, dimensionless
        Windows at unit standard deviation.
    truth_db : ndarray, shape (n,), dB
        SNR of each, measured on the very samples.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> import tempfile
    >>> from emgtut.contaminate.corpus import build
    >>> from emgtut.contaminate.material import Sizes
    >>> few = Sizes(people=(1, 1), hearts=(1, 1), movements=(1, 1), grids=(1, 1), colours=(1, 1), seconds=10.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corpus = build(f"{folder}/corpus.npz", sizes=few, real="none")
    >>> noisy, truth_db = labelled(corpus, np.random.default_rng(0), 5, "train", JUDGES["qase_ecg"])
    >>> noisy.shape, bool(np.all((truth_db > -15.01) & (truth_db < 0.01)))
    ((5, 4000), True)
    """
    low, high = judge.range_db
    span = (low - margin_db, high + margin_db)
    noisy, clean = corpus.batch(rng, n, part, round(WINDOW_S * FS), judge.task, **({"snr_db": span} | choice))
    clean = clean.astype(np.float64)
    noise = noisy - clean
    energy = np.sum(noise**2, axis=-1, keepdims=True)
    some = rng.random(n) < recorded
    noise[some] = _through_recorders(noise[some], rng)
    noise -= noise.mean(axis=-1, keepdims=True)
    noise *= np.sqrt(energy / np.sum(noise**2, axis=-1, keepdims=True))  # the SNR stays what was drawn
    truth_db = 10 * np.log10(np.sum(clean**2, axis=-1) / energy[:, 0])
    noisy = clean + noise
    return (noisy / noisy.std(axis=-1, keepdims=True)).astype(np.float32), truth_db


def _through_recorders(x, rng):
    """Each window, shape (n, n_samples), behind a Butterworth high-pass of its own, without a shift of phase."""
    n, n_samples = x.shape
    corner_hz = np.exp(rng.uniform(*np.log(RECORDER_HZ), (n, 1)))
    order = rng.integers(1, 5, (n, 1))
    line = x[:, :1] + (x[:, -1:] - x[:, :1]) * np.linspace(0, 1, n_samples)  # without it the ends would not meet
    freqs = np.fft.rfftfreq(n_samples, 1 / FS)
    freqs[0] = 1e-9  # hertz; nothing of it passes
    gain = 1 / np.sqrt(1 + (corner_hz / freqs) ** (2 * order))
    return np.fft.irfft(gain * np.fft.rfft(x - line), n_samples)


def train_judge(name, corpus, *, folder, device="cpu", progress=True, stop_after_s=None, windows=512, **changes):
    """Train a judge, or go on training it, and calibrate it on validation windows.

    Parameters
    ----------
    name : str
        One of `JUDGES`.
    corpus : emgtut.contaminate.corpus.Corpus
        Material.
    folder : path
        Where checkpoint and log are kept.
    device : str
        "cpu" or "cuda".
    progress : bool
        Show a progress bar in a terminal.
    stop_after_s : float, optional
        End after about so many seconds; the next call goes on.
    windows : int
        Validation windows that choose the weights.
    **changes
        Fields of the recipe to change.

    Returns
    -------
    model : QasePredictor
        The judge with the weights that were best on validation.
    history : History
        What happened.

    Raises
    ------
    ValueError
        If there is no such judge, or the folder holds another run.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> train_judge("magic", None, folder="runs/magic")
    Traceback (most recent call last):
        ...
    ValueError: There is no judge called 'magic': choose one of qase_ecg, qase_mixture.
    """
    import torch

    from emgtut.assess.qase_predictor import QasePredictor

    if name not in JUDGES:
        raise ValueError(f"There is no judge called {name!r}: choose one of {', '.join(JUDGES)}.")
    judge = JUDGES[name]
    recipe = judge.recipe.but(**changes).fitted()
    with seeded(recipe.seed):
        model = QasePredictor(*judge.range_db)
    chosen_on = [torch.as_tensor(x) for x in labelled(corpus, rng_for(CHOICE, 0), windows, "validation", judge)]

    def batches(rng, step):
        return labelled(corpus, rng, recipe.batch, "train", judge, margin_db=judge.margin_db)

    def loss(model, batch):
        noisy, truth_db = batch
        return torch.mean((model.net(noisy) - truth_db.float()) ** 2)

    def validate(model):
        where = next(model.parameters()).device
        return float(torch.mean((model.net(chosen_on[0].to(where)).cpu() - chosen_on[1]) ** 2))

    about = {"judge": name, "corpus": corpus.about["sha256"], "windows": windows}
    history = fit(
        model, loss, batches, validate, recipe=recipe, folder=folder, device=device,
        progress=progress, stop_after_s=stop_after_s, about=about,
    )  # fmt: skip
    model.cpu().eval()
    known, _ = labelled(corpus, rng_for(CALIBRATION, 0), CALIBRATION_WINDOWS, "train", judge)
    held, truth_db = labelled(corpus, rng_for(CALIBRATION, 1), CALIBRATION_WINDOWS, "validation", judge)
    model.calibrate(known, held, truth_db)
    return model, history


def scores(predicted_db, truth_db):
    """Errors of predicted SNRs: MSE, MAE, bias, and two correlations that do not see a bias.

    Parameters
    ----------
    predicted_db, truth_db : array_like, shape (n,), dB
        Predicted and true SNRs.

    Returns
    -------
    dict of str to float
        "mse" in dB², "mae" and "bias" in dB, "lcc" (Pearson) and "srcc" (Spearman), dimensionless.

    References
    ----------
    QASENet2024

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    A judge that is always 3 dB too high has a perfect correlation:

    >>> found = scores([3.0, 4.0, 5.0], [0.0, 1.0, 2.0])
    >>> found["mse"], round(found["lcc"], 9)
    (9.0, 1.0)
    """
    from scipy.stats import pearsonr, spearmanr

    predicted_db, truth_db = np.asarray(predicted_db, dtype=float), np.asarray(truth_db, dtype=float)
    error = predicted_db - truth_db
    return {
        "mse": float(np.mean(error**2)),
        "mae": float(np.mean(np.abs(error))),
        "bias": float(error.mean()),
        "lcc": float(pearsonr(predicted_db, truth_db)[0]),
        "srcc": float(spearmanr(predicted_db, truth_db)[0]),
    }


def ship_judge(name, model, history, corpus, folder, *, windows=1000, recipe=None, device="cpu", **facts):
    """Score a judge on fresh windows of the validation part, and write its weights and card.

    Parameters
    ----------
    name : str
        One of `JUDGES`.
    model : QasePredictor
        Trained and calibrated.
    history : History
        Of its training.
    corpus : emgtut.contaminate.corpus.Corpus
        The same corpus.
    folder : path
        Where to.
    windows : int
        Windows for the score.
    recipe : Recipe, optional
        As used; that of the judge by default.
    device : str
        Where it was trained.
    **facts
        More fields of the card: `command`, `commit`, `date`.

    Returns
    -------
    Card

    Raises
    ------
    ValueError
        If the judge has not looked at its validation data yet.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> from emgtut.learn import History
    >>> ship_judge("qase_ecg", None, History(), None, "weights")
    Traceback (most recent call last):
        ...
    ValueError: The run of qase_ecg has not looked at its validation data yet: train it further first.
    """
    import torch

    if history.best_step is None:
        raise ValueError(f"The run of {name} has not looked at its validation data yet: train it further first.")
    judge, recipe = JUDGES[name], recipe or JUDGES[name].recipe
    noisy, truth_db = labelled(corpus, rng_for(SCORE, 0), windows, "validation", judge)
    with torch.no_grad():
        predicted = model(torch.as_tensor(noisy))[0].numpy().astype(float)
    squared = (predicted - truth_db) ** 2
    error = 1.96 * squared.std(ddof=1) / np.sqrt(windows)
    found = scores(predicted, truth_db)
    card = Card(
        name,
        "emgtut.assess.qase_predictor.QasePredictor",
        settings={"low_db": model.low_db, "high_db": model.high_db},
        data=f"Corpus of {', '.join(corpus.about['datasets'])}; training part, at 1 kHz, windows of {WINDOW_S:g} s",
        data_hash=corpus.about["sha256"],
        recipe=recipe.as_dict() | {"best_step": history.best_step},
        seed=recipe.seed,
        device=device,
        scores={
            "mse_db2, validation": {
                "value": round(found["mse"], 4),
                "low": round(found["mse"] - error, 4),
                "high": round(found["mse"] + error, 4),
            },
            **{f"{key}, validation": {"value": round(found[key], 4)} for key in ("mae", "bias", "lcc", "srcc")},
        },
        **facts,
    )
    return save_weights(folder, name, model, card)
