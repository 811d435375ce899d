"""What a picture counts as: a verdict, or `error: ` and the kind of the error."""

from collections import Counter

ERROR = "error: "  # begins the outcome of a picture without verdict


def describe_counts(counts: Counter[str]) -> str:
    """Return verdicts and errors by kind in one line."""
    verdicts = ", ".join(f"{counts[label]:,} {label}" for label in ("real", "fake", "unsure"))
    errors = {name.removeprefix(ERROR): n for name, n in sorted(counts.items()) if name.startswith(ERROR)}
    if not errors:
        return f"{verdicts}, 0 errors"
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in errors.items())
    return f"{verdicts}, {sum(errors.values()):,} errors ({kinds})"
