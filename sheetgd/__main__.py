"""``python -m sheetgd``: the same as the command ``sheetgd``."""

from sheetgd.cli.main import run_and_exit

run_and_exit()
