"""The ranking in the browser, run under node, against the averages of the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from emgtut.benchmark import exact_interval, paired, summarise
from emgtut.benchmark.summary import cell_means
from emgtut.show.rank_widget import LEVELS, MISSING, RankBoard

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE RANKING'S JAVASCRIPT WAS NOT TESTED")
DRIVER = """
const core = await import(process.argv[2]);
const { columns, cases, ...fixed } = JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const types = { tests: Uint8Array, people: Uint8Array, levels: Int8Array, kinds: Uint8Array, values: Int16Array };
for (const [key, type] of Object.entries(types)) columns[key] = type.from(columns[key]);
const pickNames = ["all", ...fixed.kindNames.map((k) => `${k} alone`), "two and more"];
const states = cases.map((c) => core.rankState({ ...fixed, ...c, pickNames, columns }));
const short = states.map(({ rows, cases }) => ({ rows, cases }));
console.log(JSON.stringify({ states: short, said: states.map(core.describeRank),
  levels: core.RANK_LEVELS, missing: core.RANK_MISSING, draws: core.allDraws(7).length }));
"""
KINDS = ("ecg", "mains", "ecg+white")


def scores(seed, *, people=5):
    rng = np.random.default_rng(seed)
    rows = [
        {"case": f"{who}/{level}/{kinds}/{n}", "subject": f"s{who}", "snr_db": level, "kinds": kinds, "method": method,
         "mode": mode, "failure": "", "snr_imp": rng.normal(who), "lsd": rng.uniform(5, 9), "rmse_mdf": 5.0}
        for who in range(people) for level in (-10.0, 0.0) for kinds in KINDS for n in range(1 + (kinds == "ecg"))
        for method, mode in (("plain", "blind"), ("plain", "oracle"), ("other", "blind"), ("moody", "blind"))
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    moody = (table["method"] == "moody") & (table["subject"] == "s0")
    table.loc[moody, ["snr_imp", "lsd", "rmse_mdf"]] = np.nan
    table.loc[moody, "failure"] = "ValueError: too short"
    same = table["method"] == "other"  # told or not, it does the same
    return pd.concat([table, table[same].assign(mode="oracle")], ignore_index=True)


TABLES = {"one": scores(1), "two": scores(2), "three": scores(3).query("method == 'plain'")}
CASES = [
    {"test": 0, "score": 0, "against": 0, "pick": 0, "low": -15, "high": 15},
    {"test": 1, "score": 1, "against": 0, "pick": 2, "low": 5, "high": -15},
    {"test": 1, "score": 0, "against": 2, "pick": 6, "low": -15, "high": -10},
    {"test": 0, "score": 0, "against": 0, "pick": 3, "low": -15, "high": 15},
    {"test": 2, "score": 0, "against": 3, "pick": 0, "low": -15, "high": 15},
]
TYPES = {"tests": "u1", "people": "u1", "levels": "i1", "kinds": "u1", "values": "<i2"}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    board, here = RankBoard(TABLES), tmp_path_factory.mktemp("rank")
    (here / "core.mjs").write_text(board._esm, encoding="utf-8")
    (here / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = {key: getattr(board, key) for key in ("names", "scores", "units", "steps", "better")}
    given |= {"testNames": board.test_names, "kindNames": board.kind_names, "cases": CASES}
    given["columns"] = {key: np.frombuffer(getattr(board, key), kind).tolist() for key, kind in TYPES.items()}
    (here / "given.json").write_text(json.dumps(given))
    command = [NODE, str(here / "driver.mjs"), (here / "core.mjs").as_uri(), str(here / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_averages_and_intervals_equal_the_package(found):
    table = TABLES["one"].query("mode == 'blind'")
    expected = summarise(table, scores=["snr_imp"]).set_index("method")["macro"]
    rows = {row["name"]: row for row in found["states"][0]["rows"]}
    assert set(rows) == {"plain", "other", "moody", "plain, told"}, "a told row only where it differs"
    for name, macro in expected.items():
        assert rows[name]["mean"] == pytest.approx(macro, abs=0.005)
        valid = table[(table["method"] == name) & (table["failure"] == "")]
        interval = exact_interval(cell_means(valid, "snr_imp"))
        assert (rows[name]["low"], rows[name]["high"]) == pytest.approx(interval, abs=0.01)
    assert found["states"][0]["rows"][-1]["name"] == "moody", "who was not scored on all stands last"
    assert rows["moody"]["scored"] == 4 / 5 * rows["plain"]["scored"]


@needs_node
def test_choices_and_differences_equal_the_package(found):
    table = TABLES["two"].query("mode == 'blind'")
    heart = summarise(table[table["kinds"] == "ecg"], scores=["lsd"]).set_index("method")["macro"]
    rows = {row["name"]: row["mean"] for row in found["states"][1]["rows"]}
    assert {name: rows[name] for name in heart.index} == pytest.approx(heart.to_dict(), abs=0.005)
    whole = [row["mean"] for row in found["states"][1]["rows"] if row["scored"] == found["states"][1]["cases"]]
    assert whole == sorted(whole), "a small distance is better"

    some = table[(table["kinds"] == "ecg+white") & (table["snr_db"] == -10)]
    gaps = paired(some, baseline="other").set_index("method")["macro"]
    rows = {row["name"]: row["mean"] for row in found["states"][2]["rows"]}
    assert {name: rows[name] for name in gaps.index} == pytest.approx(gaps.to_dict(), abs=0.01)
    assert "other" not in rows
    assert "difference to other" in found["said"][2]


@needs_node
def test_the_rest_of_the_core(found):
    assert found["levels"] == list(LEVELS)
    assert found["missing"] == MISSING
    assert found["draws"] == 1716
    assert found["states"][3] == {"rows": [], "cases": 0}
    assert "no such window" in found["said"][3]
    assert found["states"][4]["rows"] == []
    assert "Nothing can be compared with moody" in found["said"][4], "a row that this test does not have"


def test_it_needs_no_network_and_refuses_the_impossible():
    board = RankBoard(TABLES, test="two", against="plain")
    assert (board.test, board.against) == (1, 1)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", board._esm + board._css)
    assert board._esm.count("export default { render };") == 1
    for call, words in (
        ({"tables": {}}, "tables is empty"),
        ({"tables": TABLES, "test": "four"}, "test is 'four'"),
        ({"tables": TABLES, "against": "magic"}, "against is 'magic'"),
        ({"tables": {"many": scores(3, people=9)}}, "9 people"),
        ({"tables": {"told": TABLES["one"].query("mode == 'oracle'")}}, "no rows of the mode 'blind'"),
    ):
        with pytest.raises(ValueError, match=words):
            RankBoard(**call)
