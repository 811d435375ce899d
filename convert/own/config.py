"""What to do with a model that was trained elsewhere."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.convert.own.scaling import Scaling
from fakelens.convert.recipes import ConvertConfig


@dataclass(frozen=True, kw_only=True)
class OwnConfig:
    """One conversion of a model that was not trained here."""

    real: Path  # folders of pictures
    fake: Path
    form: ConvertConfig  # its `run` is the model: a Keras file, a SavedModel or a .tflite
    scaling: Scaling | None = None  # found by trying where None
    size: int | None = None  # px, of a model that takes any

    @property
    def wrapped(self) -> bool:
        """Whether the model is a graph whose numbers are kept."""
        return self.form.run.suffix.lower() == ".tflite"
