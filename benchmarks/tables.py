"""Markdown tables and the shares in them, the same in every report."""

from collections.abc import Sequence

from fakelens.benchmarks.metrics import Interval

KB = 1000  # bytes; not KiB


def format_share(share: Interval) -> str:
    """Return `97.50% [97.28, 97.72]`."""
    return f"{share.value * 100:.2f}% [{share.low * 100:.2f}, {share.high * 100:.2f}]"


def format_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rule = ["---"] * len(header)
    return "\n".join(format_row(cells) for cells in (header, rule, *lines))


def format_row(cells: Sequence[str]) -> str:
    """Return one line of a Markdown table, for those that are printed as they come."""
    return f"| {' | '.join(cells)} |"
