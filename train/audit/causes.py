"""Facts that tell the class for one reason, grouped: six facts of a file type are one cause, not six."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fakelens.train.audit.probe import Clue, ProbeResult

_WORTH_SHOWING = 0.55  # AUC of a single fact
_FOLLOWS = 0.03  # AUC that a fact may have above its cause and still be a part of it


class Family(StrEnum):
    """What a fact is about."""

    ENCODING = "encoding"
    DIMENSIONS = "dimensions"
    TAGS = "metadata"
    COLOUR_MODE = "colour mode"
    COMPRESSION = "how well the pictures compress"
    COLOURS = "colours"
    DETAIL = "sharpness and detail"
    TRACES = "traces of up-sampling and of JPEG blocks"
    LEVELS = "black, white and levels of grey"


_MEMBERS = {
    Family.ENCODING: (
        "file type",
        "jpeg tables",
        "jpeg subsampling",
        "progressive or interlaced",
        "jpeg step",
    ),
    Family.DIMENSIONS: ("width px", "height px"),
    Family.TAGS: ("exif", "icc profile", "resolution dpi", "other chunks"),
    Family.COLOUR_MODE: ("colour mode",),
    Family.COMPRESSION: ("size bytes", "bytes per pixel"),
    Family.COLOURS: ("mean red", "mean green", "mean blue", "saturation", "saturation spread", "contrast"),
    Family.DETAIL: ("gradient across", "gradient down", "fine detail", "fine to coarse", "colour detail"),
    Family.TRACES: ("checkerboard", "odd even", "grid 8px"),
    Family.LEVELS: ("black share", "white share", "grey levels used"),
}
_FAMILY = {name: family for family, names in _MEMBERS.items() for name in names}
# What a file type brings with it, and what the dimensions do.
_CONSEQUENCES = {
    Family.ENCODING: (*_MEMBERS[Family.COMPRESSION], "other chunks", "resolution dpi", "colour mode"),
    Family.DIMENSIONS: ("size bytes",),
}
_FILE_TYPE = "file type"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason why the class can be told, and the facts that show it, the strongest first."""

    family: Family
    title: str
    facts: tuple[Clue, ...]

    @property
    def auc(self) -> float:
        """How well its strongest fact tells the class."""
        return self.facts[0].auc

    @property
    def sentence(self) -> str:
        """The cause in words."""
        count = len(self.facts)
        return f"{self.title}: {count} fact{'s' if count > 1 else ''}, the strongest with AUC {self.auc:.3f}"


def find_causes(probe: ProbeResult | None) -> tuple[Cause, ...]:
    """Return the causes among the facts of a probe that tell more than chance does, the strongest first."""
    clues = [clue for clue in probe.clues if clue.auc >= _WORTH_SHOWING] if probe else []
    groups: dict[Family, list[Clue]] = {}
    for clue in clues:
        groups.setdefault(_FAMILY.get(clue.name, Family.TAGS), []).append(clue)
    for family, names in _CONSEQUENCES.items():
        if family in groups:
            _take_over(groups, family, names)
    causes = [
        Cause(family=family, title=_name(family, facts), facts=tuple(sorted(facts, key=lambda c: -c.auc)))
        for family, facts in groups.items()
        if facts
    ]
    return tuple(sorted(causes, key=lambda cause: -cause.auc))


def _take_over(groups: dict[Family, list[Clue]], family: Family, names: Sequence[str]) -> None:
    """Move the facts called `names` to `family` where they tell no more than that does."""
    limit = max(clue.auc for clue in groups[family]) + _FOLLOWS
    for other, facts in groups.items():
        if other is not family:
            following = [clue for clue in facts if clue.name in names and clue.auc <= limit]
            groups[family] += following
            groups[other] = [clue for clue in facts if clue not in following]


def _name(family: Family, facts: Sequence[Clue]) -> str:
    """Return a title: the two file types where they differ, else what the facts are about."""
    for clue in facts:
        real, fake = clue.real.split(" (")[0], clue.fake.split(" (")[0]
        if clue.name == _FILE_TYPE and real != fake:
            return f"{real} against {fake}"
    if family is Family.ENCODING:
        return "JPEG quality and tables" if all(c.name != _FILE_TYPE for c in facts) else "mixed file types"
    return str(family)
