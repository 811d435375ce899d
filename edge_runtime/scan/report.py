"""What a scan found: the distribution of P(fake), the most suspicious pictures, what was skipped."""

import heapq
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fakelens.edge_runtime.answers.pages.parts import escape, wrap_page
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.scan.header import Header
from fakelens.edge_runtime.scan.merge import find_results
from fakelens.edge_runtime.scan.outcome import ERROR, describe_counts
from fakelens.edge_runtime.scan.results import read_lines, read_row
from fakelens.edge_runtime.scan.shard import parse_shard
from fakelens.edge_runtime.scan.skipped import describe_skipped

_BINS = 20
_BAR = 40  # characters of the longest bar
_EXAMPLES = 3  # of each kind of error


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """One of the pictures that look most like fakes."""

    p_fake: float
    path: str
    says_so: bool  # a statement of the file decided


@dataclass(kw_only=True)
class ScanReport:
    """What all lines of a scan come to; memory does not grow with them."""

    header: Header
    shards: int  # that are there
    planned: int  # lines, of these shards
    counts: Counter[str] = field(default_factory=Counter)  # by outcome
    bins: list[int] = field(default_factory=lambda: [0] * _BINS)
    suspects: list[Suspect] = field(default_factory=list)
    examples: dict[str, list[str]] = field(default_factory=dict)  # by outcome

    @property
    def lines(self) -> int:
        """Pictures with an answer, or with the reason why there is none."""
        return self.counts.total()


def make_report(folder: Path, most: int) -> ScanReport:
    """Read all that lies in `folder`, finished or not, and return it with the `most` most suspicious."""
    found = find_results(folder)
    report = ScanReport(
        header=found[0].header, shards=len(found), planned=sum(each.header.plan.lines for each in found)
    )
    heap: list[tuple[float, str, bool]] = []
    for each in found:
        for line in read_lines(each.folder):
            try:
                _count_line(report, heap, line, most)
            except (KeyError, TypeError, ValueError) as error:
                raise UsageError(f"{each.folder}: a line of its parts is damaged; restore them") from error
    report.suspects = [
        Suspect(p_fake=p_fake, path=path, says_so=says_so)
        for p_fake, path, says_so in sorted(heap, reverse=True)
    ]
    return report


def _count_line(report: ScanReport, heap: list[tuple[float, str, bool]], line: str, most: int) -> None:
    found = read_row(line)
    if found is None:
        raise ValueError(line)
    row, outcome = found
    report.counts[outcome] += 1
    if row["verdict"] is None:
        examples = report.examples.setdefault(outcome, [])
        if len(examples) < _EXAMPLES:
            examples.append(str(row["error"]))
        return
    p_fake = float(row["p_fake"])
    report.bins[min(int(p_fake * _BINS), _BINS - 1)] += 1
    if row["verdict"] == "fake":
        entry = (p_fake, str(row["path"]), row.get("pixels") is not None)
        if len(heap) < most:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)


def render_report(report: ScanReport) -> str:
    """Return `report` as text."""
    longest = max(report.bins) or 1
    lines = [_headline(report), describe_counts(report.counts), "", "P(fake)"]
    for index, count in enumerate(report.bins):
        bar = "█" * round(_BAR * count / longest) or ("▏" if count else "")
        lines.append(f"{index / _BINS:.2f} to {(index + 1) / _BINS:.2f} {bar:<{_BAR}} {count:>11,}")
    lines += ["", "most suspicious" if report.suspects else "no picture is called fake"]
    lines += [f"{suspect.p_fake:.3f} {_describe(suspect)}" for suspect in report.suspects]
    lines += ["", *_list_failures(report)]
    return escape_lines(lines)


def escape_lines(lines: list[str]) -> str:
    """Return `lines` as text in which no name forges one."""
    return "\n".join(map(escape_line, lines)).rstrip("\n") + "\n"


def report_to_json(report: ScanReport) -> str:
    """Return `report` as one JSON object on one line."""
    return json.dumps(
        {
            "model": report.header.model,
            "inputs": [name for name, _ in report.header.inputs],
            "shards": report.shards,
            "planned": report.planned,
            "lines": report.lines,
            "counts": dict(sorted(report.counts.items())),
            "bins": report.bins,
            "suspects": [{"p_fake": each.p_fake, "path": each.path} for each in report.suspects],
            "errors": report.examples,
            "skipped": report.header.skipped,
        }
    )


def save_report(report: ScanReport, path: Path) -> None:
    """Write `report` as one self-contained page, atomically."""
    longest = max(report.bins) or 1
    bars = "".join(
        f'<rect x="{index * 40}" y="{200 - 200 * count / longest:.1f}" width="36" '
        f'height="{200 * count / longest:.1f}" class="{"fake" if index >= _BINS // 2 else "real"}">'
        f"<title>P(fake) {index / _BINS:.2f} to {(index + 1) / _BINS:.2f}: {count:,}</title></rect>"
        for index, count in enumerate(report.bins)
    )
    rows = "".join(
        f'<tr><td class="n">{suspect.p_fake:.3f}</td><th scope="row">{escape(_describe(suspect))}</th></tr>'
        for suspect in report.suspects
    )
    failures = "".join(f"<li>{escape(line)}</li>" for line in _list_failures(report)) or "<li>Nothing.</li>"
    body = _BODY.format(
        headline=escape(_headline(report)),
        summary=escape(describe_counts(report.counts)),
        bars=bars,
        rows=rows or '<tr><th scope="row">No picture is called fake.</th></tr>',
        failures=failures,
    )
    page = wrap_page(f"fakelens scan: {report.header.model}", body, style=_STYLE)
    write_atomic(path, page.encode(errors="xmlcharrefreplace"))


def _headline(report: ScanReport) -> str:
    count = parse_shard(report.header.shard).count
    shards = f", {report.shards} of {count} shards" if count > 1 else ""
    header = report.header.describe().partition(", shard")[0]
    return f"{header}: {report.lines:,} of {report.planned:,} pictures{shards}"


def _describe(suspect: Suspect) -> str:
    return f"{suspect.path}{'  (says so itself)' if suspect.says_so else ''}"


def _list_failures(report: ScanReport) -> list[str]:
    lines = []
    for outcome, examples in sorted(report.examples.items()):
        lines.append(f"{report.counts[outcome]:,} {outcome.removeprefix(ERROR)}, such as {examples[0]}")
    return lines + [f"skipped: {line}" for line in describe_skipped(report.header.skipped)]


_STYLE = """.bars { width: 100%; height: 10rem; border-bottom: 1px solid var(--soft) }
.bars .real { fill: var(--real) } .bars .fake { fill: var(--fake) }
h1 { overflow-wrap: anywhere } li { overflow-wrap: anywhere }
"""
_BODY = """<section class="banner" aria-label="Summary"><p>{summary}</p></section>
<h1>{headline}</h1>
<section class="panel"><h2>P(fake)</h2>
<div><svg class="bars" viewBox="0 0 800 200" preserveAspectRatio="none" role="img"
aria-label="Pictures by P(fake)">
{bars}</svg>
<p class="ends" aria-hidden="true"><span>0, like a camera</span><span>like a generator, 1</span></p></div>
</section>
<section class="panel"><h2>Most suspicious</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Most suspicious">
<table><tbody>{rows}</tbody></table></div></section>
<section class="panel"><h2>Errors and skipped</h2>
<ul>{failures}</ul></section>
"""
