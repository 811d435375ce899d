"""The checks of `fakelens doctor`, in the order in which a person would go through them."""

import os
import platform
import struct
from pathlib import Path

from fakelens.edge_runtime.doctor.hardware import (
    check_board,
    check_cameras,
    check_display,
    check_temperature,
    check_throttling,
)
from fakelens.edge_runtime.doctor.health import Check
from fakelens.edge_runtime.doctor.software import (
    check_architecture,
    check_litert,
    check_model,
    check_opencv,
    check_python,
    check_speed,
)
from fakelens.edge_runtime.live.display import has_display
from fakelens.edge_runtime.machine.device import read_pi_model, read_temperature_c, read_throttling


def examine(root: Path = Path("/")) -> list[Check]:
    """Return all checks of this machine, its kernel's files read below `root`; takes about two seconds."""
    return [
        check_python(),
        check_architecture(platform.machine(), struct.calcsize("P") * 8),
        check_board(read_pi_model(root)),
        check_cameras(root),
        check_display(os.environ.get("DISPLAY", ""), has_display()),
        check_opencv(),
        check_litert(),
        check_model(),
        check_speed(),  # before the temperature: load may raise it
        check_temperature(read_temperature_c(root)),
        check_throttling(read_throttling(root)),
    ]
