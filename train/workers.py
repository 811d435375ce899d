"""Which processes train one model together: `--workers` and `--index`, or TF_CONFIG as clusters set it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fakelens.edge_runtime.errors import UsageError

VARIABLE = "TF_CONFIG"
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:]+\]|[\w.-]+):(\d{1,5})")


@dataclass(frozen=True, kw_only=True)
class Workers:
    """The addresses of all workers, the chief first, and the place of this one."""

    addresses: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this one writes the run directory."""
        return self.index == 0

    def to_variable(self) -> str:
        """Return it as TensorFlow reads it from TF_CONFIG."""
        task = {"type": "worker", "index": self.index}
        return json.dumps({"cluster": {"worker": list(self.addresses)}, "task": task})


def find_workers(workers: str | None, index: int | None, environment: Mapping[str, str]) -> Workers | None:
    """Return the workers that options or TF_CONFIG name; None where this process trains by itself.

    Raises `UsageError` for addresses, places or a TF_CONFIG that are none.
    """
    if workers is None:
        if index is not None:
            raise UsageError("--index goes with --workers: give both, or neither")
        return _read_variable(environment[VARIABLE]) if environment.get(VARIABLE) else None
    addresses = tuple(part.strip() for part in workers.split(","))
    if index is None:
        raise UsageError(
            f"--workers names {len(addresses)}: say which of them this is, --index 0 is the chief"
        )
    return _check(Workers(addresses=addresses, index=index), "--workers")


def _check(found: Workers, what: str) -> Workers | None:
    for address in found.addresses:
        match = _ADDRESS.fullmatch(address)
        if match is None or not 0 < int(match[2]) < 1 << 16:
            raise UsageError(f"{what} {address!r}: write HOST:PORT, separated by commas")
    if len(set(found.addresses)) < len(found.addresses):
        raise UsageError(f"{what} {','.join(found.addresses)}: each worker needs an address of its own")
    if not 0 <= found.index < len(found.addresses):
        raise UsageError(f"--index {found.index}: {what} names 0 to {len(found.addresses) - 1}")
    return found if len(found.addresses) > 1 else None


def _read_variable(text: str) -> Workers | None:
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster", {}), config.get("task", {})
        chiefs, others = list(cluster.get("chief", [])), list(cluster.get("worker", []))
        kind, place = str(task.get("type", "worker")), int(task.get("index", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{VARIABLE}: not what TensorFlow reads ({error}); unset it, or give --workers"
        ) from error
    if not chiefs and not others:
        return None
    if kind not in ("chief", "worker"):
        raise UsageError(f"{VARIABLE}: a task of type {kind} has no part in training; chief or worker has")
    index = place if kind == "chief" else len(chiefs) + place
    return _check(Workers(addresses=tuple(map(str, [*chiefs, *others])), index=index), VARIABLE)
