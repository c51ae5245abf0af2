"""Which subject goes where: the published rules, and the fixed split where a dataset has one."""

from emgtut.data import manifest, split_of, stratified_subjects
from emgtut.prepare.segmenting import used_in

TEST_ONLY = "ninapro_db2"  # CleanSEMG tests on all of it
# MSEMG and its relatives: the remaining ten subjects are the test.
MSEMG_TRAIN = [str(number) for number in range(11, 41)]
MSEMG_VALIDATION = MSEMG_TRAIN[-6:]  # ours: apart from training


def assign(rows, recipe):
    """Give every row its part of the split, and leave out what a recipe does not use.

    Parameters
    ----------
    rows : list of dict
        Segments.
    recipe : Recipe
        How.

    Returns
    -------
    list of dict
        Copies of the rows that are used, with ``split``.
    """
    stratified = _stratified(rows, recipe)
    assigned = []
    for row in rows:
        for part in _parts(row, recipe, stratified):
            if used_in(recipe, row, part):
                assigned.append({**row, "split": part})
                break
    return assigned


def _parts(row, recipe, stratified):
    dataset, subject = row["subject"].split("/", 1)
    if dataset == TEST_ONLY and recipe.name == "cleansemg":
        return ["test"]
    if dataset == TEST_ONLY and recipe.name == "msemg":
        return _msemg_parts(subject, recipe)
    if dataset == TEST_ONLY and recipe.name == "qase":
        return [split_of(dataset, row["record"], scheme="qase")]
    if dataset in stratified:
        return [stratified[dataset][row["subject"]]]
    return [split_of(dataset, row["record"])]


def _msemg_parts(subject, recipe):
    if subject not in MSEMG_TRAIN:
        return ["test"]
    if not recipe.corrected("validation-subjects"):
        return ["train", "validation"]  # the exercise decides: the subjects are the same
    return ["validation"] if subject in MSEMG_VALIDATION else ["train"]


def _stratified(rows, recipe):
    """Parts by subject, for the datasets that have no fixed split."""
    chosen = {}
    for dataset in sorted({row["dataset"] for row in rows}):
        if manifest(dataset).splits:
            continue
        sizes = {}
        for row in rows:
            if row["dataset"] == dataset:
                sizes[row["subject"]] = sizes.get(row["subject"], 0) + 1
        train, validation = stratified_subjects(sizes, extremes=not recipe.corrected("validation-subjects"))
        chosen[dataset] = dict.fromkeys(train, "train") | dict.fromkeys(validation, "validation")
    return chosen
