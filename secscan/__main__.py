"""Where the program starts: `secscan` and `python -m secscan`.

Nothing is imported before the import path is cleaned, because the working directory may be the
checkout of somebody who wants his `typer.py` to run in the gate that judges him.
"""

import sys


def _drop_untrusted_import_paths() -> None:
    """Take the working directory, and every relative entry, off `sys.path`.

    `python -m` puts the working directory first unless `-P` or `-I` is given. The folder that
    this very package was loaded from stays: it has already been trusted.
    """
    import os

    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        here = os.path.realpath(os.getcwd())
    except OSError:  # the working directory was deleted
        here = ""
    sys.path[:] = [
        entry
        for entry in sys.path
        if os.path.isabs(entry)
        and (os.path.realpath(entry) != here or os.path.realpath(entry) == os.path.realpath(own))
    ]


def collect_rarely() -> None:
    """Let the collector of cycles look seldom: what is made of a large scan is many values without a cycle, at which it
    would look again and again for a tenth of the time, and the process ends soon."""
    import gc

    gc.set_threshold(100_000, 50, 50)


def _open_closed_streams() -> None:
    """Put the null device where a standard stream was closed: the next file that is opened would take its number, and
    get whatever is said there."""
    import os

    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - to the end


def main() -> None:
    """Run the command line and end the process with its exit code."""
    _drop_untrusted_import_paths()
    collect_rarely()
    _open_closed_streams()
    if sys.argv[1:] == ["--version"]:
        # The short cut: importing the command line framework costs several times as much as
        # starting Python does.
        from secscan import __version__

        sys.stdout.write(f"secscan {__version__}\n")
        sys.exit(0)
    if sys.argv[1:2] == ["__complete"]:
        # At every press of a key: only what is asked for is imported.
        from secscan.cli.completing import main as complete

        complete(sys.argv[2:])
        sys.exit(0)
    try:
        from secscan.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before there is anything to end; see `secscan.stopping`
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
