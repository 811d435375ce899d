"""What to do with a model that was trained elsewhere."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fakelens.convert.recipes import ConvertConfig


class Scaling(StrEnum):
    """What a network takes for raw RGB pixels of 0 to 255."""

    RAW = "0..255"  # as they are: the network scales them itself
    UNIT = "0..1"
    SIGNED = "-1..1"
    IMAGENET = "imagenet"  # 0..1, less the mean of ImageNet, by its spread: torchvision
    CAFFE = "caffe"  # 0..255, blue first, less the mean of ImageNet: VGG and ResNet of Keras


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
