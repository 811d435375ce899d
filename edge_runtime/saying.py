"""What commands say to people, a line each, whatever the names of files in it."""

import logging

from fakelens.edge_runtime.escape import escape_line


class LineFormatter(logging.Formatter):
    """Formats a message as one line that moves no cursor; a traceback keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        """Return the message of `record` as one line."""
        return escape_line(super().formatMessage(record))


def show_log() -> None:
    """Let the log of fakelens reach the user, on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(message)s"))
    logging.basicConfig(handlers=[handler])
    logging.getLogger("fakelens").setLevel(logging.INFO)


def say(line: str, *, err: bool = False) -> None:
    """Print `line` to stdout, or to stderr."""
    import typer  # a check of one picture does without

    typer.echo(escape_line(line), err=err)
