"""What a result folder says of itself, and whether another scan may go on in it."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.pictures.formats import Kind
from fakelens.edge_runtime.redact import redact_url
from fakelens.edge_runtime.scan.part_format import PartFormat
from fakelens.edge_runtime.scan.plan import PlanFacts
from fakelens.edge_runtime.scan.shard import parse_shard

FORMAT = 1
HEADER_NAME = "scan.json"


@dataclass(frozen=True, kw_only=True)
class Header:
    """By which model, of which inputs, in which shard, and how much there is to do."""

    model: str
    model_digest: str
    inputs: list[list[str]]  # name and identity of each
    settings: dict[str, Any]  # what changes verdicts or the choice of pictures
    shard: str
    parts: PartFormat
    plan: PlanFacts
    skipped: dict[str, Any] = field(default_factory=dict)
    root: str | None = None  # no setting: shards of one scan may mount its pictures elsewhere; None: unknown
    started_in: str | None = None  # the folder in which relative names begin; None: unknown
    format: int = FORMAT

    def describe(self) -> str:
        """Return model, inputs and shard in a few words."""
        names = ", ".join(redact_url(name) for name, _ in self.inputs[:3])
        more = f" and {len(self.inputs) - 3} more" if len(self.inputs) > 3 else ""
        shard = "" if self.shard == "0/1" else f", shard {self.shard}"
        return f"model {self.model} ({self.model_digest[:8]}) on {names}{more}{shard}"


def write_header(folder: Path, header: Header) -> None:
    """Write `header` into `folder`, at once or not at all."""
    write_atomic(folder / HEADER_NAME, json.dumps(asdict(header), indent=1) + "\n")


def read_header(folder: Path) -> Header | None:
    """Return what `folder` says of itself, None where it holds no results yet; `UsageError` for damage."""
    path = folder / HEADER_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); give another -o") from error
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise UsageError(f"{path}: no results of a scan; give another -o")
    if found["format"] > FORMAT:
        raise UsageError(
            f"{path}: written by a newer fakelens (format {found['format']}, this one reads "
            f"{FORMAT}); upgrade"
        )
    try:
        _check_types(found)
        plan = PlanFacts(**found.pop("plan"))
        return Header(**found | {"parts": PartFormat(found["parts"])}, plan=plan)
    except (TypeError, KeyError, ValueError, AttributeError, UsageError) as error:
        raise UsageError(f"{path}: damaged ({error}); give another -o") from error


def _check_types(found: dict[str, Any]) -> None:
    """Raise `ValueError`, `TypeError` or `KeyError` for values that nothing could be done with."""
    texts = [found["model"], found["model_digest"], found["shard"], found["plan"]["names_digest"]]
    texts += [text for name, identity in found["inputs"] for text in (name, identity)]
    skipped = found.get("skipped", {})
    numbers = [found["plan"]["lines"], found["plan"]["names"], *skipped.get("needs", {}).values()]
    numbers += [skipped.get(name, 0) for name in ("not_images", "run_directories", "unreadable")]
    texts += [found.get("root") or "", found.get("started_in") or ""]
    texts += [*skipped.get("lines", []), *map(Kind, skipped.get("needs", {}))]
    if not all(isinstance(text, str) for text in texts) or not isinstance(found["settings"], dict):
        raise TypeError("no text where there must be one")
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise TypeError("no number where there must be one")
    parse_shard(found["shard"])


def refuse_other(found: Header, mine: Header, folder: Path) -> None:
    """Raise `UsageError`, naming both, unless a scan of `mine` may go on in `folder`, which holds `found`."""
    remedy = "give another -o, or remove the folder"
    if found.model_digest != mine.model_digest or found.shard != mine.shard:
        raise UsageError(f"{folder} holds results of {found.describe()}, not of {mine.describe()}; {remedy}")
    if [_strip(name) for name, _ in found.inputs] != [_strip(name) for name, _ in mine.inputs]:
        raise UsageError(f"{folder} holds results of {found.describe()}, not of {mine.describe()}; {remedy}")
    for (name, then), (_, now) in zip(found.inputs, mine.inputs, strict=True):
        if then != now:
            raise UsageError(
                f"{redact_url(name)} has changed since {folder} was begun: {then[:8]} then, "
                f"{now[:8]} now; {remedy}"
            )
    for name in sorted(found.settings.keys() | mine.settings.keys()):
        before, wanted = found.settings.get(name), mine.settings.get(name)
        if before != wanted:
            raise UsageError(f"{folder} was begun with {name} {before}, not {wanted}; {remedy}")
    if found.root is not None and found.root != mine.root:
        before, wanted = (redact_url(root or "none") for root in (found.root, mine.root))
        raise UsageError(f"{folder} was begun with --root {before}, not {wanted}; {remedy}")
    if found.parts is not mine.parts:
        raise UsageError(f"{folder} holds parts in {found.parts}, not {mine.parts}; {remedy}")


def _strip(name: str) -> str:
    """Return the name of an input without a slash at its end, which a shell may add to a folder."""
    return name.rstrip("/") or name
