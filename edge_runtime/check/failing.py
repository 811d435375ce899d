"""The choices of `check --fail-on`."""

from enum import StrEnum


class FailingVerdict(StrEnum):
    """Which verdict makes `check` exit with 1."""

    FAKE = "fake"
    UNSURE = "unsure"  # fake or unsure
