"""The umbrella command: mounts each package's commands and turns errors into one line and an exit code."""

import contextlib
import io
import os
import sys
from functools import cache
from typing import Annotated

import typer

from fakelens.edge_runtime.cli import FOLDERS, register_one
from fakelens.edge_runtime.command_help import GroupedCommands
from fakelens.edge_runtime.errors import FakelensError, explain_os_error
from fakelens.edge_runtime.escape import escape_line

_INTERRUPTED = 130  # as a shell reports a process ended by Ctrl-C

app = typer.Typer(
    name="fakelens",
    cls=GroupedCommands,
    help="Tell fake images from real ones, on the device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich's would take a third of the start-up time
)


def main() -> None:
    """Run the command line; the exit codes are 0 done, 1 gate failed, 2 usage, 3 missing, 130 interrupted."""
    _prepare_streams()
    code = _run()
    if code == _INTERRUPTED:
        # What was open is closed by now. TensorFlow's threads may still be inside Python: an interpreter that
        # is taken down around them aborts the process, or waits for them forever.
        with contextlib.suppress(OSError):  # nobody may be left to read it
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _show_version(given: bool) -> None:
    if given:
        from importlib.metadata import version

        typer.echo(f"fakelens {version('fakelens')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[  # a callback, since nothing else runs without a command
        bool, typer.Option("--version", callback=_show_version, help="Print the version and exit.")
    ] = False,
) -> None: ...


@cache
def _mount_commands(first: str) -> None:
    """Mount the command `first` where it is one of this package, else those of all packages."""
    if first in FOLDERS:  # all packages together take longer to load than a picture to check
        register_one(app, first)
        return
    from importlib.metadata import entry_points

    for command in sorted(entry_points(group="fakelens.commands"), key=lambda entry: entry.name):
        command.load()(app)


def _run() -> int:
    words = sys.argv[1:]
    try:
        _mount_commands(words[0] if words and words[0] in FOLDERS else "")
        code = app(words or ["--help"], standalone_mode=False, prog_name=app.info.name)
        if code == _INTERRUPTED:  # recent releases of Typer swallow the exception
            raise KeyboardInterrupt
    except FakelensError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", _INTERRUPTED)
    except (BrokenPipeError, SystemExit) as error:
        # Typer turns a broken pipe into exit code 1, which stands for a finding or a failed gate here.
        if not isinstance(error, BrokenPipeError) and not isinstance(error.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0  # the reader of our output has all it wanted: `fakelens check ... | head`
    except OSError as error:
        return _fail(explain_os_error(error), 2)
    except Exception as error:
        if not hasattr(error, "exit_code"):  # what Click raises for bad usage carries one
            raise
        if str(getattr(error, "message", "")).startswith("No such command") and _looks_like_a_file(words[0]):
            return _fail(f"{words[0]}: no such command; did you mean `fakelens check {words[0]}`?", 2)
        error.show() if hasattr(error, "show") else None
        return int(error.exit_code)
    return code if isinstance(code, int) else 0


def _looks_like_a_file(word: str) -> bool:
    """Whether `word` is a file, or is spelt like one: its name may be wrong."""
    return os.path.lexists(word) or any(sign in word for sign in "./*")


def _prepare_streams() -> None:
    """Stand in for closed streams (`2>&-`), and let no character of a file name stop the output."""
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _fail(message: str, code: int) -> int:
    typer.echo(escape_line(f"fakelens: {' '.join(message.split())}"), err=True)
    return code
