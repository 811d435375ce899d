"""Prometheus's text format, version 0.0.4."""

from collections.abc import Iterable, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float | None]


def format_family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> str:
    """Return the lines of the metric `fakelens_name`; none where no sample is known."""
    rows = [f"fakelens_{name}{_labels(labels)} {float(v)!r}\n" for labels, v in samples if v is not None]
    return f"{_head(name, kind, text)}{''.join(rows)}" if rows else ""


def format_histogram(name: str, text: str, up_to: Mapping[float, int], total: float) -> str:
    """Return the lines of a histogram: how many values are at most each border, the last infinite."""
    rows = [
        f'fakelens_{name}_bucket{{le="{"+Inf" if border == float("inf") else repr(border)}"}} {count}\n'
        for border, count in up_to.items()
    ]
    count = list(up_to.values())[-1]
    return (
        f"{_head(name, 'histogram', text)}{''.join(rows)}"
        f"fakelens_{name}_sum {total!r}\nfakelens_{name}_count {count}\n"
    )


def _head(name: str, kind: str, text: str) -> str:
    return f"# HELP fakelens_{name} {text}\n# TYPE fakelens_{name} {kind}\n"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
