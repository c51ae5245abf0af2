"""Recordings: read and write files, load known datasets, fetch them and check that they are whole."""

from emgtut.data.downloading import DownloadFailed, Patience
from emgtut.data.fetching import fetch
from emgtut.data.loading import available, load, records
from emgtut.data.manifests import datasets, manifest
from emgtut.data.places import DataMissing, data_root
from emgtut.data.reading import read
from emgtut.data.recording import Recording
from emgtut.data.splits import (
    group_folds,
    guard,
    nested_folds,
    records_in,
    split_of,
    stratified_subjects,
    subjects,
)
from emgtut.data.verifying import Report, verify
from emgtut.data.writing import write

__all__ = [
    "DataMissing",
    "DownloadFailed",
    "Patience",
    "Recording",
    "Report",
    "available",
    "data_root",
    "datasets",
    "fetch",
    "group_folds",
    "guard",
    "load",
    "manifest",
    "nested_folds",
    "read",
    "records",
    "records_in",
    "split_of",
    "stratified_subjects",
    "subjects",
    "verify",
    "write",
]
