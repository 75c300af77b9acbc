"""``python -m sheetgd``: the same as the command ``sheetgd``."""

from sheetgd.cli import run_and_exit

run_and_exit()
