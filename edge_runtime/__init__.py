"""The device side of fakelens: check images against one `.tflite` file. Never imports TensorFlow.

The names in `__all__` are the public API. Each is loaded when it is first used, so that a command that needs
none of them starts as fast as before.
"""

import gc
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakelens.edge_runtime import errors
    from fakelens.edge_runtime.detection.detector import Detector
    from fakelens.edge_runtime.detection.verdict import Label, Verdict
    from fakelens.edge_runtime.modelfile.library import list_models
    from fakelens.edge_runtime.pictures.preprocess import load_image
    from fakelens.edge_runtime.pictures.tiles import Region
    from fakelens.edge_runtime.provenance.evidence import Evidence

__all__ = ["Detector", "Evidence", "Label", "Region", "Verdict", "errors", "list_models", "load_image"]

_MODULES = {
    "Detector": "detection.detector",
    "Evidence": "provenance.evidence",
    "Label": "detection.verdict",
    "Region": "pictures.tiles",
    "Verdict": "detection.verdict",
    "list_models": "modelfile.library",
    "load_image": "pictures.preprocess",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name == "errors":
        return importlib.import_module(f"{__name__}.errors")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    was_on = gc.isenabled()
    gc.disable()  # what is loaded stays: to look through it for garbage takes time and finds none
    try:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    finally:
        if was_on:
            gc.enable()
