"""Findings of an audit: as lines for people, as one JSON object, as one self-contained page."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from fakelens.benchmarks.html import render_template
from fakelens.edge_runtime.escape import escape_line
from fakelens.edge_runtime.files import write_atomic
from fakelens.train.audit.advice import advise
from fakelens.train.audit.causes import find_causes
from fakelens.train.audit.copies_shown import count_copies, show_pairs
from fakelens.train.audit.dataset_audit import AuditResult, SplitCount, gives_away
from fakelens.train.audit.duplicates import Copies
from fakelens.train.audit.probe import ProbeResult

_MOST_CLUES = 6
_MOST_EXAMPLES = 3
_MOST_NAMED = 4  # copies of an example
_IMBALANCE = 1.5  # times as many images of one class
_HOW_TO_READ = "each fact by its own AUC, with its usual values or its median (and middle 80%)"


def render_text(result: AuditResult, max_auc: float, remedy: str | None = None) -> str:
    """Return the findings as lines: what it comes to, counts, causes, files.

    `remedy` is what to do where files give the class away; by default the command that makes a better copy.
    """
    advice = advise(result, max_auc, remedy)
    parts = (
        [f"{caution.level.upper():<7} {caution.text}" for caution in advice.cautions],
        [f"REMEDY  {advice.remedy}"] if advice.remedy else [],
        _render_counts(result.counts),
        [f"file metadata     {judge_metadata(result.metadata, max_auc)}", *_render_causes(result.metadata)],
        [f"pixel statistics  {judge_pixels(result.pixels)}", *_render_causes(result.pixels)],
        [_HOW_TO_READ],
        list_remarks(result),
    )
    return "\n\n".join("\n".join(map(escape_line, part)) for part in parts if part)


def render_json(result: AuditResult) -> str:
    """Return everything that was found as one JSON object on one line."""
    causes = {"metadata": find_causes(result.metadata), "pixels": find_causes(result.pixels)}
    named = {
        probe: [{"title": cause.title, "facts": [clue.name for clue in cause.facts]} for cause in found]
        for probe, found in causes.items()
    }
    return json.dumps(asdict(result) | {"data": str(result.data), "causes": named}, default=str)


def write_page(path: Path, result: AuditResult, max_auc: float, remedy: str | None = None) -> None:
    """Write the findings to `path` as a page that needs no other file; `remedy` as in `render_text`."""
    probes = (
        ("File metadata", judge_metadata(result.metadata, max_auc), find_causes(result.metadata), max_auc),
        ("Pixel statistics", judge_pixels(result.pixels), find_causes(result.pixels), None),
    )
    html = render_template(
        "fakelens.train.audit",
        "audit.html",
        name=result.data.resolve().name,
        advice=advise(result, max_auc, remedy),
        counts=result.counts,
        probes=probes,
        legend=_HOW_TO_READ,
        copies=[count_copies(copies, what) for copies, what in _list_copies(result)],
        pairs=show_pairs(result),
        remarks=_list_rest(result),
    )
    write_atomic(path, html.encode(errors="xmlcharrefreplace"))  # a file name need not be valid text


def judge_metadata(probe: ProbeResult | None, max_auc: float) -> str:
    """Return the probe's AUC and whether it gives the class away."""
    failed = gives_away(probe, max_auc)
    verdict = "GIVES THE CLASS AWAY" if failed else f"within {max_auc:g}"
    return _show_auc(probe) + (f": {verdict}" if probe else "")


def judge_pixels(probe: ProbeResult | None) -> str:
    """Return the probe's AUC and what it means."""
    return _show_auc(probe) + (": the bar that a network must clear, not .5" if probe else "")


def list_remarks(result: AuditResult) -> list[str]:
    """Return a sentence for each thing to know about the files, with examples below it."""
    remarks = [f"opened: {result.opened:,} images; copies of files were sought among all"]
    for copies, what in _list_copies(result):
        remarks += _tell_copies(copies, what)
    return remarks + _list_rest(result)


def _list_copies(result: AuditResult) -> list[tuple[Sequence[Copies], str]]:
    return [
        (result.file_copies, "files that are byte for byte the same"),
        (result.picture_copies, "equal pictures in files of other bytes, of those opened"),
        (result.lookalikes, "pictures that look the same (recompressed, scaled), of those opened"),
    ]


def _list_rest(result: AuditResult) -> list[str]:
    remarks = []
    for count in result.counts:
        fewer, more = sorted((count.real, count.fake))
        if more > _IMBALANCE * fewer:
            remarks.append(f"imbalance: {count.real:,} real, {count.fake:,} fake{_name_split(count)}")
    if any(result.small):
        real, fake = result.small
        remarks.append(f"smaller than {result.tile_size} px: {real:,} real, {fake:,} fake")
    remarks.append(f"broken: {len(result.broken)}" + (", left out" if result.broken else ""))
    return remarks + [f"  {line}" for line in result.broken]


def _tell_copies(copies: Sequence[Copies], what: str) -> list[str]:
    crossing_classes = [group for group in copies if group.crosses_classes]
    crossing_splits = [group for group in copies if group.crosses_splits]
    crossing_sources = [group for group in copies if group.crosses_sources]
    further = sum(len(group.images) - 1 for group in copies)
    lines = [f"{what}: {further:,} further copies of {len(copies):,}" if copies else f"{what}: none"]
    for groups, where in (
        (crossing_classes, "in BOTH CLASSES: one label is wrong"),
        (crossing_splits, "in SEVERAL SPLITS: tested on what was trained on"),
        (crossing_sources, "in several sources: none of them is unseen when another one is left out"),
    ):
        if groups:
            lines.append(f"  {len(groups):,} {where}")
            lines += [f"    {_name_images(group)}" for group in groups[:_MOST_EXAMPLES]]
    return lines


def _name_images(group: Copies) -> str:
    """Return the paths of copies, a few of many: first one of each class, split and source."""
    places = {(image.label, image.split, image.source): image for image in reversed(group.images)}
    first = set(places.values())
    shown = sorted(group.images, key=lambda image: image not in first)[:_MOST_NAMED]
    left = len(group.images) - len(shown)
    return " = ".join(str(image.path) for image in shown) + (f" and {left:,} more" if left else "")


def _render_counts(counts: Sequence[SplitCount]) -> list[str]:
    rows = [f"{count.split or 'all':<6} {count.real:>10,} {count.fake:>10,}" for count in counts]
    return [f"{'split':<6} {'real':>10} {'fake':>10}", *rows]


def _render_causes(probe: ProbeResult | None) -> list[str]:
    lines = []
    for cause in find_causes(probe):
        lines.append(f"  {cause.sentence}")
        shown = cause.facts[:_MOST_CLUES]
        width = max(len(clue.name) for clue in shown)
        lines += [
            f"    {clue.auc:.3f}  {clue.name:<{width}}  reals {clue.real}; fakes {clue.fake}"
            for clue in shown
        ]
    return lines


def _show_auc(probe: ProbeResult | None) -> str:
    if probe is None:
        return "not probed: too few images that can be read"
    auc = probe.auc
    return f"AUC {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}], n {probe.images:,}"


def _name_split(count: SplitCount) -> str:
    return f" in {count.split}" if count.split else ""
