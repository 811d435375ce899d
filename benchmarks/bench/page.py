"""The lines of a bench as one self-contained page: plot, tables, doubts, host."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fakelens.benchmarks.bench.pareto import Candidate, plot_pareto
from fakelens.benchmarks.bench.report import list_doubts, list_tables
from fakelens.benchmarks.bench.table import Line
from fakelens.benchmarks.html import render_template
from fakelens.benchmarks.tables import KB
from fakelens.benchmarks.timing.host import Host
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.files import write_atomic


@dataclass(frozen=True, kw_only=True)
class PageTable:
    """A table of the page."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def check_page(path: Path) -> None:
    """Raise what writing the page to `path` would fail with, before minutes of measuring."""
    require_extra("bench", "jinja2", "matplotlib")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name the page to write, such as {path / 'bench.html'}")


def write_page(path: Path, lines: Sequence[Line], host: Host) -> None:
    """Write the page to `path`, atomically; it needs no other file."""
    candidates = choose_candidates(lines)
    page = render_template(
        "fakelens.benchmarks.bench",
        "bench.html",
        verdict=_conclude(candidates),
        summary=_summarize(lines, host),
        scored=any(line.row is not None for line in lines),
        plot=plot_pareto(candidates) if len(candidates) > 1 else "",
        plot_text=_describe_plot(candidates),
        tables=[
            PageTable(
                title=table.title,
                header=tuple(column.header for column in table.columns),
                rows=tuple(tuple(column.write(line) for column in table.columns) for line in table.lines),
            )
            for table in list_tables(lines)
        ],
        doubts=list_doubts(lines),
        host=_list_host(host),
    )
    write_atomic(path, page.encode(errors="xmlcharrefreplace"))


def choose_candidates(lines: Sequence[Line]) -> list[Candidate]:
    """Return each model once, on all images, with the number of threads that makes it fastest."""
    fastest: dict[Path, Line] = {}
    for line in lines:
        if line.row is not None and line.row.note:
            continue
        known = fastest.get(line.path)
        if known is None or _cost(line) < _cost(known):
            fastest[line.path] = line
    return [
        Candidate(
            name=line.path.stem,
            size_kb=line.footprint.gzip_bytes / KB,
            latency_ms=None if line.latency is None else line.latency.p50_ms.value,
            accuracy=None if line.row is None else line.row.accuracy.metrics.accuracy,
        )
        for line in fastest.values()
    ]


def _conclude(candidates: Sequence[Candidate]) -> str:
    """Return the answer of the whole page: the most accurate model and the fastest, with their figures."""
    scored = [each for each in candidates if each.accuracy is not None]
    timed = [each for each in candidates if each.latency_ms is not None]
    best = max(scored, key=lambda each: each.accuracy.value if each.accuracy else 0.0, default=None)
    fastest = min(timed, key=lambda each: each.latency_ms or 0.0, default=None)
    if best is None and fastest is None:
        return "Nothing was measured"
    if best is None or fastest is None or best is fastest:  # the name of a model never begins the sentence
        ways = {"most accurate": best, "fastest": fastest}
        way = " and ".join(way for way, model in ways.items() if model is not None)
        only = f"{way}: " if len(candidates) > 1 else "The model "
        return only + _describe(best or fastest or candidates[0])
    return f"Most accurate: {_describe(best)}. Fastest: {_describe(fastest)}"


def _describe(model: Candidate) -> str:
    parts = []
    if model.accuracy is not None:
        parts.append(f"{model.accuracy.value:.1%} right")
    if model.latency_ms is not None:
        parts.append(f"{model.latency_ms:.2f} ms an inference")
    parts.append(f"{model.size_kb:,.0f} KB to download")
    return f"{model.name}, {', '.join(parts)}"


def _describe_plot(candidates: Sequence[Candidate]) -> str:
    scored = any(each.accuracy is not None for each in candidates)
    return "Accuracy against time and size of each model." if scored else "Time against size of each model."


def _list_host(host: Host) -> list[tuple[str, str]]:
    facts = {name: str(value) for name, value in asdict(host).items() if value}
    facts.pop("memory_bytes", None)
    memory = [("memory", f"{host.memory_bytes / 1e6:,.0f} MB")] if host.memory_bytes else []
    return [*facts.items(), *memory]


def _cost(line: Line) -> float:
    return float("inf") if line.latency is None else line.latency.p50_ms.value


def _summarize(lines: Sequence[Line], host: Host) -> str:
    parts = [f"{host.identity}; fakelens {host.fakelens}, LiteRT {host.litert}"]
    parts += sorted({f"timed on {line.latency.sample}" for line in lines if line.latency is not None})
    parts += sorted(
        {f"accuracy on {line.row.data} {line.row.split}" for line in lines if line.row is not None}
    )
    return "; ".join(parts)
