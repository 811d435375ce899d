"""Published facts of CIFAKE (Bird & Lotfi 2024): the content of its pictures, and results of others."""

import re
from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError

# In the order of CIFAR-10's classes: `0001.jpg` shows an airplane, `0001 (2).jpg` an automobile.
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_STEM = re.compile(r"[0-9]+(?: \(([2-9]|10)\))?")
_FLOAT32_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A float model's accuracy on the official test images, as its authors report it."""

    name: str
    parameters: int
    accuracy: float  # share
    source: str

    @property
    def size_bytes(self) -> int:
        """What the parameters alone take as float32."""
        return self.parameters * _FLOAT32_BYTES


_PAPER = "Bird & Lotfi 2024"
_LEYI = "leyixu26/cifake-detection"
_OPALLEP = "opallep/CIFAKE-DETECTION"
PUBLISHED = (
    PublishedModel(name="the paper's CNN", parameters=140_000, accuracy=0.9298, source=_PAPER),  # about
    PublishedModel(name="LightweightCNN", parameters=583_138, accuracy=0.9475, source=_OPALLEP),
    PublishedModel(name="VGG 32-64-128", parameters=288_000, accuracy=0.9762, source=_LEYI),  # about
    PublishedModel(name="ResNet-18", parameters=11_200_000, accuracy=0.9778, source=_LEYI),  # about
    PublishedModel(name="ResNet-50", parameters=23_512_130, accuracy=0.9816, source=_OPALLEP),
    PublishedModel(name="EfficientNetV2-B0", parameters=5_861_266, accuracy=0.9852, source=_OPALLEP),
    PublishedModel(name="ViT-Small", parameters=21_700_000, accuracy=0.98765, source=_LEYI),  # about
)


def name_object(path: Path) -> str:
    """Return what the picture at `path` shows; `UsageError` where the file is not named as CIFAKE does."""
    match = _STEM.fullmatch(path.stem)
    if match is None:
        raise UsageError(
            f"{path}: not a name of CIFAKE, expected '0001.jpg' or '0001 (2).jpg' to '0001 (10).jpg'"
        )
    return OBJECTS[int(match[1] or 1) - 1]
