"""Results of the checks of `fakelens doctor`, and their layout on the screen."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"  # worth knowing; nothing is broken
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    status: Status
    found: str
    remedy: str = ""  # empty where there is nothing to do


def passed(name: str, found: str) -> Check:
    """Return a check that found all well."""
    return Check(name=name, status=Status.OK, found=found)


def noted(name: str, found: str, remedy: str) -> Check:
    """Return a check that found something worth knowing."""
    return Check(name=name, status=Status.NOTE, found=found, remedy=remedy)


def failed(name: str, found: str, remedy: str) -> Check:
    """Return a check that found something broken."""
    return Check(name=name, status=Status.FAIL, found=found, remedy=remedy)


def is_healthy(checks: Iterable[Check]) -> bool:
    """Return whether no check failed."""
    return all(check.status is not Status.FAIL for check in checks)


def checks_to_json(checks: list[Check]) -> str:
    """Return the checks as one JSON object on one line."""
    return json.dumps({"healthy": is_healthy(checks), "checks": [asdict(check) for check in checks]})


def render_checks(checks: list[Check]) -> str:
    """Return the checks as aligned lines of text, each remedy below its problem."""
    width = max(len(check.name) for check in checks)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{check.status:<4}  {check.name:<{width}}  {check.found}")
        if check.remedy:
            lines.append(f"{'':<4}  {'':<{width}}  -> {check.remedy}")
    return "\n".join(lines)
