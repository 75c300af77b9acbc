"""``python -m sheetgd``, and the command ``sheetgd``: it can be interrupted from here on."""

import sys


def run() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        from sheetgd.cli.main import run_and_exit  # noqa: PLC0415  it takes a while

        run_and_exit()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        import signal  # noqa: PLC0415  the same

        # All is done, but Python takes a while to end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    run()
