"""Benchmark, the top floor: conditions, denoisers and windows in; one tidy table and its averages out.

suite(data, protocol)  what is scored: clean test windows, and what is mixed into them
run(suite, methods)    scores them, here or on a Dask cluster, and goes on where it was stopped
summarise(table)       averages over cells, with intervals over subjects
check_frozen(table)    says whether the windows are those of the published version 1
"""

from emgtut.benchmark.cases import Case, digest
from emgtut.benchmark.freezing import check_frozen, draw_all, frozen
from emgtut.benchmark.journal import finished, read_table
from emgtut.benchmark.pairing import paired
from emgtut.benchmark.protocols import PROTOCOLS, Protocol, protocol
from emgtut.benchmark.running import run
from emgtut.benchmark.scoring import SCORES, score
from emgtut.benchmark.suites import Block, Suite, suite
from emgtut.benchmark.summary import bootstrap_interval, exact_interval, summarise
from emgtut.benchmark.tracing import provenance

__all__ = [
    "PROTOCOLS",
    "SCORES",
    "Block",
    "Case",
    "Protocol",
    "Suite",
    "bootstrap_interval",
    "check_frozen",
    "digest",
    "draw_all",
    "exact_interval",
    "finished",
    "frozen",
    "paired",
    "protocol",
    "provenance",
    "read_table",
    "run",
    "score",
    "suite",
    "summarise",
]
