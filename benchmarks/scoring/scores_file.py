"""Scores as a file: written for each image and tier, read again, also where another detector gave them.

A line for each image and tier, in CSV: `digest` of the file, `source`, `label` (0 or real, 1 or fake),
`tier`, `p_fake`, perhaps `verdict`. The digests say which images were measured, to whoever has them.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage
from fakelens.benchmarks.list_rows import check_names
from fakelens.benchmarks.scoring.checked_images import CheckedImages, TierAnswers
from fakelens.benchmarks.scoring.delivery import Tier
from fakelens.benchmarks.scoring.manifest import digest_file
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import to_text
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.contract import LABELS

_NEEDED = ("digest", "source", "label", "tier", "p_fake")
_TRUTHS = {**{name: label for label, name in enumerate(LABELS)}, "0": 0, "1": 1}
_EVEN = 0.5  # P(fake) from which a detector without verdicts is taken to say FAKE


@dataclass(frozen=True, kw_only=True)
class _Key:
    """An image: the same file may lie in several sources, and several times in one."""

    digest: str
    source: str
    label: int
    copy: int


@dataclass(frozen=True, kw_only=True)
class _Line:
    digest: str
    source: str
    label: int
    tier: Tier
    p_fake: float
    verdict: Label


def write_scores(path: Path, checked: CheckedImages) -> None:
    """Write a line for each image and tier: its digest, truth, P(fake), verdict and the logits of the views.

    `fakelens convert --scores` reads it: answers of a model that left the images' sources out.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow((*_NEEDED, "verdict", *checked.views))
    for place, image in enumerate(checked.images):
        digest = digest_file(image.path)
        for tier, answers in checked.tiers.items():
            # All digits, so that the tables of the file are those of the model.
            p_fake, verdict = repr(float(answers.p_fake[place])), answers.answers[place]
            logits = (f"{value:.4f}" for value in answers.logits[place])
            writer.writerow((digest, to_text(image.source), image.label, tier, p_fake, verdict, *logits))
    write_atomic(path, table.getvalue())


def read_scores(path: Path) -> CheckedImages:
    """Return what `write_scores` or any other detector wrote; the images' paths are their digests alone.

    Where there is no column `verdict`, FAKE begins at P(fake) .5 and nothing is UNSURE. `UsageError` names
    the first line that does not fit.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            check_names(path, reader.fieldnames or [])
            missing = [name for name in _NEEDED if name not in (reader.fieldnames or [])]
            if missing:
                raise UsageError(
                    f"{path}: no column {missing[0]!r}, expected {', '.join(_NEEDED)} and perhaps verdict"
                )
            lines = list(_read_lines(reader, path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: is no CSV ({error})") from error
    if {line.label for line in lines} != {0, 1}:
        raise UsageError(f"{path}: {len(lines)} lines of one class or none; real and fake ones are needed")
    return _join_tiers(lines, path)


def _read_lines(reader: "csv.DictReader[str]", path: Path) -> Iterator[_Line]:
    for row in reader:
        texts = {name: (row.get(name) or "").strip() for name in (*_NEEDED, "verdict")}
        label, tier = texts["label"].lower(), texts["tier"].lower()
        p_fake = _to_float(texts["p_fake"])
        verdict = texts["verdict"].lower() or (Label.FAKE if p_fake >= _EVEN else Label.REAL)
        where = f"{path}: line {reader.line_num} has"
        if not texts["digest"]:
            raise UsageError(f"{where} no digest; give the first {DIGEST_LENGTH} hex digits of the SHA-256")
        if label not in _TRUTHS:
            raise UsageError(f"{where} label {texts['label']!r}; expected real, fake, 0 or 1 (fake)")
        if tier not in list(Tier):
            raise UsageError(f"{where} tier {texts['tier']!r}; expected {', '.join(Tier)}")
        if not 0 <= p_fake <= 1:  # nor is NaN
            raise UsageError(f"{where} p_fake {texts['p_fake']!r}; expected a number from 0 to 1 (fake)")
        if verdict not in list(Label):
            raise UsageError(f"{where} verdict {texts['verdict']!r}; expected {', '.join(Label)} or nothing")
        yield _Line(
            digest=texts["digest"].lower(),
            source=texts["source"],
            label=_TRUTHS[label],
            tier=Tier(tier),
            p_fake=p_fake,
            verdict=Label(verdict),
        )


def _to_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _join_tiers(lines: list[_Line], path: Path) -> CheckedImages:
    """Return the answers of each tier in one order of images; every image must be there at each tier."""
    found: dict[Tier, dict[_Key, _Line]] = {tier: {} for tier in Tier}
    copies: Counter[tuple[str, str, int, Tier]] = Counter()
    for line in lines:
        name = (line.digest, line.source, line.label, line.tier)
        key = _Key(digest=line.digest, source=line.source, label=line.label, copy=copies[name])
        copies[name] += 1
        found[line.tier][key] = line
    tiers = {tier: of_tier for tier, of_tier in found.items() if of_tier}
    keys = list(dict.fromkeys(key for of_tier in tiers.values() for key in of_tier))
    for tier in (Tier.CLEAN, *tiers):
        lacking = [key for key in keys if key not in found[tier]]
        if lacking:
            raise UsageError(
                f"{path}: {len(lacking)} of {len(keys)} images have no line of tier {tier}, the first is "
                f"{lacking[0].digest}; every image needs {Tier.CLEAN} and each other tier that the file has"
            )
    return CheckedImages(
        images=tuple(
            LabelledImage(path=Path(key.digest), label=key.label, source=key.source) for key in keys
        ),
        labels=np.array([key.label for key in keys], np.uint8),
        tiers={
            tier: TierAnswers(
                p_fake=np.array([of_tier[key].p_fake for key in keys]),
                answers=tuple(of_tier[key].verdict for key in keys),
                logits=np.empty((len(keys), 0)),
            )
            for tier, of_tier in tiers.items()
        },
        views=(),
        errors=(),
    )
