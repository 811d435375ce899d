"""The parts of a data set, and the names that their folders have."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Split(StrEnum):
    """A part of a data set, kept apart from the others."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


SPLIT_FOLDERS: Mapping[str, Split] = MappingProxyType(
    {
        "train": Split.TRAIN,
        "training": Split.TRAIN,
        "val": Split.VAL,
        "valid": Split.VAL,
        "validation": Split.VAL,
        "dev": Split.VAL,
        "test": Split.TEST,
        "testing": Split.TEST,
    }
)
