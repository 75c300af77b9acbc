"""The version, which every file that is made records."""

__version__ = "0.3.0"

MAKER = f"sheetgd {__version__}"
"""What made a file, as it is told to people."""
