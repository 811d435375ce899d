"""A `fakelens check` of pictures, whoever read its options: what it says beside the answers, how it ends."""

import sys
from collections.abc import Iterable

from fakelens.edge_runtime.answers.output_format import Format
from fakelens.edge_runtime.answers.statements import StatementCount
from fakelens.edge_runtime.check.batch import BatchResult, summarize
from fakelens.edge_runtime.check.failing import FailingVerdict
from fakelens.edge_runtime.check.run import CheckRequest, CheckRun, is_single
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.files import check_writable


def check_pictures(
    paths: list[str], request: CheckRequest, *, summary: bool = False, fail_on: FailingVerdict | None = None
) -> int:
    """Check `paths`, say what it came to, and return the exit code.

    1 where `fail_on` was found, 2 where a file could not be read, else 0.
    """
    if request.html is not None:
        check_writable(request.html, "--html")
    run, statements = CheckRun(request), StatementCount()
    _note([] if request.quiet else run.notes)
    report = run.check(paths, statements)
    result = report.result
    for line in result.left_out.unreadable:
        _say(escape_line(f"fakelens: {line}"))
    if not request.quiet:
        _note(report.notes)
        if request.output is Format.TEXT:
            _sum_up(result, statements.describe(result.files), is_single=is_single(paths))
        elif str(result.left_out):
            _note([f"left out: {result.left_out}"])
        if request.html is not None:
            _say(f"page: {escape_line(str(request.html))} (open it in a browser)")
    if summary:
        print(summarize(result), flush=True)  # noqa: T201 (data goes to stdout)
    return _choose_code(result, fail_on)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 (all but data goes to stderr)


def _note(notes: Iterable[str]) -> None:
    for note in notes:
        _say(f"note: {note}")


def _sum_up(result: BatchResult, statements: str, *, is_single: bool) -> None:
    """Say what many answers come to, what was left out, and what the files said of themselves."""
    from fakelens.edge_runtime.answers.pages.words import UNREADABLE, count_answers

    left_out = result.left_out
    if result.files == 1 and not left_out.total and (is_single or result.errors):
        return
    counts = {str(label): count for label, count in result.counts.items()} | {UNREADABLE: result.errors}
    rest = f"; {left_out.total} left out: {left_out}" if left_out.total else ""
    _say(f"{count_answers(counts)}{rest}")
    if statements:
        _say(statements.strip())


def _choose_code(result: BatchResult, fail_on: FailingVerdict | None) -> int:
    flagged = result.counts[Label.FAKE]
    if fail_on is FailingVerdict.UNSURE:
        flagged += result.counts[Label.UNSURE]
    if fail_on is not None and flagged:
        return 1
    return 2 if result.errors or result.left_out.is_failure else 0
