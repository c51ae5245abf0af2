"""Readers of file formats: one file each, with one function ``contents(path) -> Contents``."""
