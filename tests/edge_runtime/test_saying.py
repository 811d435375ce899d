import logging
import sys

import pytest

from fakelens.edge_runtime.saying import LineFormatter, say

HOSTILE = "a\x1b[2Jb\nFAKE c.jpg\u202e"
HARMLESS = r"a\x1b[2Jb\nFAKE c.jpg\u202e"


def test_a_logged_name_is_one_line_and_a_traceback_keeps_its_own() -> None:
    formatter = LineFormatter("%(message)s")
    record = logging.LogRecord("fakelens", logging.INFO, "x.py", 1, "left out: %s", (HOSTILE,), None)
    assert formatter.format(record) == f"left out: {HARMLESS}"
    try:
        raise ValueError("bad")
    except ValueError:
        record.exc_info = sys.exc_info()
    first, *rest = formatter.format(record).splitlines()
    assert first == f"left out: {HARMLESS}"
    assert rest[0].startswith("Traceback")


def test_what_is_said_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    say(HOSTILE, err=True)
    assert capsys.readouterr() == (f"{HARMLESS}\n", f"{HARMLESS}\n")
