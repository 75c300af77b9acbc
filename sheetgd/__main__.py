"""``python -m sheetgd``, and the command ``sheetgd``: it can be interrupted from here on."""

import sys


def run() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        from sheetgd.cli.main import run_and_exit  # noqa: PLC0415  it takes a while

        run_and_exit()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
