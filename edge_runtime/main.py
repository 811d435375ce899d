"""The command line: errors become one line and an exit code; a plain check takes a short way."""

import contextlib
import io
import os
import sys
from itertools import takewhile

from fakelens.edge_runtime.errors import FakelensError, UsageError, explain_os_error
from fakelens.edge_runtime.escape import escape_line, quote

_UMBRELLA = "fakelens.edge_runtime.umbrella"  # where the commands meet
_INTERRUPTED = 130  # as a shell reports a process ended by Ctrl-C
_COMPLETION = "_FAKELENS_COMPLETE"  # set by a shell that asks how words could go on


def run_process() -> None:
    """Run the command line as the whole of a process: what the command `fakelens` does."""
    try:
        main()
    except SystemExit as ended:
        # After a plain check there is nothing to put away, and to take the interpreter down around the model
        # takes longer than to judge a picture.
        if _UMBRELLA not in sys.modules and isinstance(ended.code, int):
            with contextlib.suppress(OSError):  # what cannot be written any more is said at Python's own end
                leave_process(ended.code)
        raise


def main() -> None:
    """Run the command line; the exit codes are 0 done, 1 gate failed, 2 usage, 3 missing, 130 interrupted."""
    _prepare_streams()
    code = _run()
    if code == _INTERRUPTED:
        # What was open is closed by now. TensorFlow's threads may still be inside Python: an interpreter that
        # is taken down around them aborts the process, or waits for them forever.
        with contextlib.suppress(OSError):  # nobody may be left to read it
            leave_process(code)
        os._exit(code)
    sys.exit(code)


def leave_process(code: int) -> None:
    """End the process at once, with all that it said written."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    words = sys.argv[1:]
    try:
        code = _run_command(words)
        if code == _INTERRUPTED:  # recent releases of Typer swallow the exception
            raise KeyboardInterrupt
    except FakelensError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("interrupted", _INTERRUPTED)
    except (BrokenPipeError, SystemExit) as error:
        # Typer turns a broken pipe into exit code 1, which stands for a finding or a failed gate here.
        if not isinstance(error, BrokenPipeError) and not isinstance(error.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0  # the reader of our output has all it wanted: `fakelens check ... | head`
    except OSError as error:
        return _fail(explain_os_error(error), 2)
    except MemoryError:
        return _fail("this takes more memory than there is; give fewer threads, or smaller pictures", 2)
    except Exception as error:
        if not hasattr(error, "exit_code"):  # what Click raises for bad usage carries one
            raise
        if str(getattr(error, "message", "")).startswith("No such command") and _looks_like_a_file(words[0]):
            return _fail(f"{words[0]}: no such command; did you mean `fakelens check {quote(words[0])}`?", 2)
        missing = _find_missing_values(error, words)
        if missing:
            return _fail(missing, 2)
        if hasattr(error, "message"):  # how a choice is refused, in the words of the library behind Typer
            error.message = str(error.message).replace("Value error, ", "")
        error.show() if hasattr(error, "show") else None
        return int(error.exit_code)
    return code if isinstance(code, int) else 0


def _run_command(words: list[str]) -> object:
    """Run the command that `words` are, and return its exit code.

    A check of names alone needs no parser, and Typer takes longer to load than a picture to check.
    """
    _refuse_empty(words)
    if words[:1] == ["check"] and os.name == "posix" and _COMPLETION not in os.environ:
        from fakelens.edge_runtime.check.plain import read_plain, run_plain

        plain = read_plain(words[1:])
        if plain is not None:
            return run_plain(plain)
    from fakelens.edge_runtime.umbrella import run_app

    return run_app(words)


def _refuse_empty(words: list[str]) -> None:
    """Raise `UsageError` for an empty word: it would stand for the folder one is in, wherever one may stand.

    Likewise for an option that ends in its sign of equality, as `--source=$UNSET` does.
    """
    for word in words:
        option, sign, value = word.partition("=")
        if not word or (sign and not value and option.startswith("--")):
            what = f"{option} has no value" if word else "an empty argument was given"
            raise UsageError(
                f"{what}, perhaps a variable that is not set; `.` stands for the folder you are in"
            )


def _find_missing_values(error: Exception, words: list[str]) -> str:
    """Return which option of several values was given fewer and took what follows for them, or nothing."""
    command = getattr(getattr(error, "ctx", None), "command", None)
    for option in getattr(command, "params", ()):
        for name in set(option.opts) & set(words) if option.nargs > 1 else ():
            start = words.index(name) + 1
            values = list(
                takewhile(lambda word: not word.startswith("-"), words[start : start + option.nargs])
            )
            if len(values) < option.nargs:
                return f"{name} takes {option.nargs} values, {option.metavar}; {len(values)} given"
    return ""


def _looks_like_a_file(word: str) -> bool:
    """Whether `word` is a file, or is spelt like one: its name may be wrong."""
    return os.path.lexists(word) or any(sign in word for sign in "./*")


def _prepare_streams() -> None:
    """Stand in for closed streams (`2>&-`), and let no character of a file name stop the output."""
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _fail(message: str, code: int) -> int:
    print(escape_line(f"fakelens: {' '.join(message.split())}"), file=sys.stderr, flush=True)  # noqa: T201
    return code
