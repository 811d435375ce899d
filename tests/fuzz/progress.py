"""What a campaign came to so far, kept in a file: it goes on where it was stopped."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from fakelens.edge_runtime.files import write_atomic
from tests.fuzz.damaged import Tally
from tests.fuzz.dying_broker import DyingBroker
from tests.fuzz.full_disk import FullDisk
from tests.fuzz.kills import Kills

_ROOT = Path(__file__).parents[2]
_MOST = ("slowest_s", "peak_mb")  # of two parts the higher one counts
Found = Tally | Kills | FullDisk | DyingBroker
_KINDS: dict[str, type[Found]] = {kind.__name__: kind for kind in (Tally, Kills, FullDisk, DyingBroker)}


@dataclass(kw_only=True)
class Progress:
    """Counts by kind and name."""

    found: dict[str, Found] = field(default_factory=dict)

    def get(self, kind: type[Found], name: str) -> Found:
        """Return what is there of a kind, nothing tried at first."""
        return self.found.setdefault(f"{kind.__name__} {name}", kind(name=name))

    def add(self, part: Found) -> None:
        """Count `part` too."""
        whole = self.get(type(part), part.name)
        for each in fields(part):
            before, more = getattr(whole, each.name), getattr(part, each.name)
            if each.name in _MOST:
                setattr(whole, each.name, max(before, more))
            elif each.name != "name":
                setattr(whole, each.name, before + more)

    def list_failures(self) -> list[str]:
        """Return a line for each failure."""
        return [line for each in self.found.values() for line in each.failures]


def load_progress(path: Path) -> Progress:
    """Return what `path` holds of this very code; of other code, or where there is none, nothing."""
    try:
        held: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return Progress()
    if held.pop("code", None) != digest_code():
        return Progress()
    return Progress(found={key: _KINDS[key.split()[0]](**values) for key, values in held.items()})


def save_progress(path: Path, progress: Progress) -> None:
    """Write `progress` into `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = {key: asdict(each) for key, each in progress.found.items()}
    write_atomic(path, json.dumps({"code": digest_code(), **held}, indent=1).encode())


def digest_code() -> str:
    """Return a digest of what is tried, and of what tries it."""
    digest = hashlib.sha256()
    for folder in ("edge_runtime", "train", "convert", "benchmarks", "tests/fuzz"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
