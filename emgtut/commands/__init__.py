"""The commands of `emgtut`, one file each; `emgtut.cli` puts them together."""
