"""Shipping from end to end: look at the model, make its vectors, write the kits."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from fakelens.convert.ship.gates import check_app_gates
from fakelens.convert.ship.kit import write_assets, write_kit
from fakelens.convert.ship.layout import Platform
from fakelens.convert.verify import GateResult
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_output, stage_folder
from fakelens.edge_runtime.modelfile.library import find_model


@dataclass(frozen=True, kw_only=True)
class ShipConfig:
    """What to ship, for what, and to where."""

    model: str | Path  # the name of a release model or a path
    output: Path  # gets a folder for each platform
    platforms: tuple[Platform, ...]

    def __post_init__(self) -> None:
        if not self.platforms:
            raise UsageError(f"no platform is given: choose among {', '.join(f'--{p}' for p in Platform)}")


@dataclass(frozen=True, kw_only=True)
class ShipResult:
    """What it came to; the kits exist only where every gate passed."""

    gates: tuple[GateResult, ...]
    kits: tuple[Path, ...]


def ship_model(config: ShipConfig) -> ShipResult:
    """Write the kits, all or none; nothing where a gate fails.

    Raises `UsageError` where the output folder is taken, `ModelError` where there is no such model,
    or no intact one.
    """
    check_output(config.output, "--to")
    model = find_model(config.model)
    gates = check_app_gates(model)
    if not all(gate.passed for gate in gates):
        return ShipResult(gates=gates, kits=())
    with tempfile.TemporaryDirectory() as scratch, stage_folder(config.output) as staging:
        write_assets(model, Path(scratch))
        for platform in config.platforms:
            write_kit(platform, Path(scratch), staging / platform)
    return ShipResult(gates=gates, kits=tuple(config.output / platform for platform in config.platforms))
