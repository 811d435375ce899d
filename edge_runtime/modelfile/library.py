"""The release models that come with the package, by name."""

from pathlib import Path

from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.escape import quote

DEFAULT_MODEL = "photo"
_FOLDER = Path(__file__).parents[1] / "models"


def list_models() -> list[str]:
    """Return the names of the release models in this installation."""
    return sorted(path.stem for path in _FOLDER.glob("*.tflite"))


def is_release_model(path: Path) -> bool:
    """Whether `path` is a model file of this installation."""
    return path.parent == _FOLDER


def is_copy_of_release(name: str, content: bytes) -> bool:
    """Whether `content` is, byte for byte, the release model `name` of this installation."""
    try:
        return name in list_models() and (_FOLDER / f"{name}.tflite").read_bytes() == content
    except OSError:  # a damaged installation: `content` is looked through
        return False


def find_model(model: str | Path | None = None) -> Path:
    """Return the path of a model file given by release name or by path; the default one for None."""
    name = str(model) if model is not None else DEFAULT_MODEL
    if name in list_models():
        return _FOLDER / f"{name}.tflite"
    path = Path(name)
    if path.is_file():
        return path
    raise ModelError(f"{name}: {_explain_missing(path, name)}")


def _explain_missing(path: Path, name: str) -> str:
    if (path / run_layout.RECORD).is_file():
        return f"is a run, not a model file; make one of it: fakelens convert {quote(name)}"
    known = f"release models: {', '.join(list_models()) or 'none'}"
    if name and path.is_dir():
        return f"is a folder, not a model file; {known}"
    if "://" in name:
        return f"nothing is fetched from the net; download the model file first, or take one of the {known}"
    return f"no such model file; {known}"
