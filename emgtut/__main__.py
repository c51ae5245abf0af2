"""`python -m emgtut` is the `emgtut` command."""

from emgtut.cli import main

main()
