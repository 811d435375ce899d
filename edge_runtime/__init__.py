"""The device side of fakelens: check images against one `.tflite` file. Never imports TensorFlow.

The names in `__all__` are the public API. Each is loaded when it is first used, so that a command that needs
none of them starts as fast as before.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakelens.edge_runtime import errors
    from fakelens.edge_runtime.detector import Detector
    from fakelens.edge_runtime.evidence import Evidence
    from fakelens.edge_runtime.library import list_models
    from fakelens.edge_runtime.preprocess import load_image
    from fakelens.edge_runtime.tiles import Region
    from fakelens.edge_runtime.verdict import Label, Verdict

__all__ = ["Detector", "Evidence", "Label", "Region", "Verdict", "errors", "list_models", "load_image"]

_MODULES = {
    "Detector": "detector",
    "Evidence": "evidence",
    "Label": "verdict",
    "Region": "tiles",
    "Verdict": "verdict",
    "list_models": "library",
    "load_image": "preprocess",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name == "errors":
        return importlib.import_module(f"{__name__}.errors")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
