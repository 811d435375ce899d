"""What an audit comes to: is there danger, of what kind, and the whole command that helps."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fakelens.benchmarks.layouts import Layout
from fakelens.train.audit.causes import Family, find_causes
from fakelens.train.audit.dataset_audit import AuditResult, gives_away
from fakelens.train.audit.duplicates import Copies
from fakelens.train.audit.equalize import EqualizeConfig
from fakelens.train.audit.probe import ProbeResult

_FEW = 100  # pictures of a class in all
_IMBALANCE = 10  # times as many pictures of one class
_SURE = 0.9  # AUC of pixel statistics
COMPRESSION = "what is left is how well the pictures compress; choose others for one of the classes"


class Level(StrEnum):
    """How bad it is."""

    DANGER = "danger"
    CARE = "care"
    FINE = "fine"


@dataclass(frozen=True, kw_only=True)
class Caution:
    """One thing to know before training, in a sentence."""

    level: Level
    text: str


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What is said on top: the cautions, the worst first, and the command that helps, if one does."""

    cautions: tuple[Caution, ...]
    remedy: str  # a command, or a sentence; empty where nothing is to be done

    @property
    def level(self) -> Level:
        """The worst of them."""
        return self.cautions[0].level

    @property
    def is_command(self) -> bool:
        """Whether the remedy can be pasted into a shell."""
        return self.remedy.startswith("fakelens ")


def advise(result: AuditResult, max_auc: float, remedy: str | None = None) -> Advice:
    """Return what to know of a data set, and `remedy` where its files give the class away."""
    cautions = [*_warn_of_files(result, max_auc), *_warn_of_copies(result), *_warn_of_numbers(result)]
    if result.pixels is not None and result.pixels.auc.low > _SURE:
        text = (
            f"plain statistics of the pixels tell the classes with AUC {result.pixels.auc.value:.3f}: a "
            "network must do better than that to have learned anything"
        )
        cautions.append(Caution(level=Level.CARE, text=text))
    if not cautions:
        text = "nothing but the pictures themselves was found to tell real from fake"
        cautions = [Caution(level=Level.FINE, text=text)]
    order = list(Level)
    leaks = gives_away(result.metadata, max_auc)
    return Advice(
        cautions=tuple(sorted(cautions, key=lambda caution: order.index(caution.level))),
        remedy=(suggest_remedy(result, max_auc) if remedy is None else remedy) if leaks else "",
    )


def name_remedy(data: Path, layout: Layout, crop_px: int | None) -> str:
    """Return the commands that make a copy whose files tell nothing, and train on it."""
    name = f"{data.resolve().name}-equal" + (f"-{crop_px}" if crop_px else "")
    output = data.with_name(name) if data.name not in ("", "..") else data.resolve().with_name(name)
    words = ["fakelens", "audit", str(data)]
    words += [word for name in layout.real for word in ("--real", name)]
    words += [word for name in layout.fake for word in ("--fake", name)]
    words += ["--list", layout.list_file] if layout.list_file else []
    words += ["--path-column", layout.path_column] if layout.path_column else []
    words += ["--label-column", layout.label_column] if layout.label_column else []
    words += ["--equalize", str(output)]
    words += ["--crop", str(crop_px)] if crop_px else []
    return f"{shlex.join(words)} && {shlex.join(['fakelens', 'train', str(output)])}"


def suggest_remedy(result: AuditResult, max_auc: float, copied: EqualizeConfig | None = None) -> str:
    """Return what to do about files that give the class away: a command, or a sentence where none helps.

    `copied` says how `result.data` was made, where it is an equalized copy.
    """
    wanted = find_crop(result, max_auc)
    if copied is None:
        helps = wanted is not None or helps_to_equalize(result.metadata, max_auc, equalized=result.equalized)
        return name_remedy(result.data, result.layout, wanted) if helps else COMPRESSION
    if copied.crop is None and wanted is not None:
        return name_remedy(copied.data, copied.layout, wanted)
    return COMPRESSION


def helps_to_equalize(probe: ProbeResult | None, max_auc: float, *, equalized: bool) -> bool:
    """Whether encoding both classes alike takes something away, files that are `equalized` by now or not."""
    causes = find_causes(probe)
    return not equalized or any(cause.family is Family.ENCODING and cause.auc > max_auc for cause in causes)


def find_crop(result: AuditResult, max_auc: float) -> int | None:
    """Return the side to cut all pictures to where their dimensions give the class away."""
    return result.crop_px if tells_by_size(result.metadata, max_auc) else None


def tells_by_size(probe: ProbeResult | None, max_auc: float) -> bool:
    """Whether the dimensions of pictures alone tell the class better than `max_auc` allows."""
    return any(cause.family is Family.DIMENSIONS and cause.auc > max_auc for cause in find_causes(probe))


def _warn_of_files(result: AuditResult, max_auc: float) -> list[Caution]:
    if result.metadata is None:
        text = "the files could not be probed: too few pictures that can be read"
        return [Caution(level=Level.CARE, text=text)]
    if not gives_away(result.metadata, max_auc):
        return []
    causes = find_causes(result.metadata)
    why = f" ({causes[0].sentence})" if causes else ""
    text = (
        f"the files alone, no picture, tell real from fake with AUC {result.metadata.auc.value:.3f}{why}: "
        "a network trained on this learns the files, not the fakes"
    )
    return [Caution(level=Level.DANGER, text=text)]


def _warn_of_copies(result: AuditResult) -> list[Caution]:
    cautions = []
    for copies, what in (
        (result.file_copies, "the same file"),
        (result.picture_copies, "the same picture"),
        (result.lookalikes, "pictures that look the same"),
    ):
        alike = what.startswith("pictures")
        classes = [group for group in copies if group.crosses_classes]
        splits = [group for group in copies if group.crosses_splits]
        if classes:
            level = Level.CARE if alike else Level.DANGER
            text = f"{what} in both classes, {_count(classes)}: one label is wrong"
            cautions.append(Caution(level=level, text=text + (", unless they are pairs" if alike else "")))
        if splits:
            text = f"{what} in several splits, {_count(splits)}: tested on what was trained on"
            cautions.append(Caution(level=Level.DANGER, text=text))
    return cautions


def _count(groups: Sequence[Copies]) -> str:
    return f"{len(groups):,} time{'s' if len(groups) > 1 else ''}"


def _warn_of_numbers(result: AuditResult) -> list[Caution]:
    cautions = []
    real, fake = (sum(getattr(count, name) for count in result.counts) for name in ("real", "fake"))
    fewer, more = sorted((real, fake))
    if fewer < _FEW:
        kind = f"{'real' if real < fake else 'fake'} picture{'' if fewer == 1 else 's'}"
        text = f"{fewer} {kind} {'is' if fewer == 1 else 'are'} too few: figures on so few are vague"
        cautions.append(Caution(level=Level.CARE, text=text))
    if more > _IMBALANCE * fewer:
        text = f"{real:,} real and {fake:,} fake pictures: accuracy says little here, look at AUC"
        cautions.append(Caution(level=Level.CARE, text=text))
    if result.broken:
        count = len(result.broken)
        text = f"{count:,} file{'' if count == 1 else 's'} left out that cannot be read"
        cautions.append(Caution(level=Level.CARE, text=text))
    return cautions
