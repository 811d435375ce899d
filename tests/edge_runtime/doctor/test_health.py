"""Summary and layout of checks."""

import json

from fakelens.edge_runtime.doctor.health import (
    checks_to_json,
    failed,
    is_healthy,
    noted,
    passed,
    render_checks,
)

GOOD, NOTE, BAD = passed("python", "3.11"), noted("display", "none", "use --preview"), failed("x", "y", "z")


def test_only_a_failure_is_unhealthy() -> None:
    assert is_healthy([GOOD, NOTE])
    assert not is_healthy([GOOD, NOTE, BAD])


def test_remedies_stand_below_their_problems() -> None:
    assert render_checks([GOOD, NOTE]).splitlines() == [
        "ok    python   3.11",
        "note  display  none",
        "               -> use --preview",
    ]


def test_json_is_one_line() -> None:
    text = checks_to_json([GOOD, BAD])
    assert "\n" not in text
    assert json.loads(text) == {
        "healthy": False,
        "checks": [
            {"name": "python", "status": "ok", "found": "3.11", "remedy": ""},
            {"name": "x", "status": "fail", "found": "y", "remedy": "z"},
        ],
    }
