"""Field numbers of TFLite's ModelMetadata flatbuffer, as far as we use it.

From metadata_schema.fbs 1.x of TensorFlow Lite Support: fields count from 0 in the order of
declaration, a union takes two (its type, its value).
"""

from enum import IntEnum

IDENTIFIER = b"M001"
BUFFER_NAME = b"TFLITE_METADATA"  # the name under which the model refers to the buffer
MIN_PARSER_VERSION = "1.0.0"  # nothing newer than the schema's first release is used


class Model(IntEnum):
    """Table ModelMetadata, the root."""

    NAME = 0
    DESCRIPTION = 1
    VERSION = 2
    SUBGRAPHS = 3
    MIN_PARSER_VERSION = 7
    COUNT = 8


class Subgraph(IntEnum):
    """Table SubGraphMetadata."""

    INPUTS = 2
    OUTPUTS = 3
    COUNT = 10


class Tensor(IntEnum):
    """Table TensorMetadata."""

    NAME = 0
    DESCRIPTION = 1
    CONTENT = 3
    PROCESS_UNITS = 4
    STATS = 5
    ASSOCIATED_FILES = 6
    COUNT = 7


class Content(IntEnum):
    """Table Content."""

    PROPERTIES_TYPE = 0
    PROPERTIES = 1
    COUNT = 3


class ContentType(IntEnum):
    """Union ContentProperties."""

    FEATURE = 1
    IMAGE = 2


class Image(IntEnum):
    """Table ImageProperties."""

    COLOR_SPACE = 0
    COUNT = 2


COLOR_SPACE_RGB = 1


class ProcessUnit(IntEnum):
    """Table ProcessUnit."""

    OPTIONS_TYPE = 0
    OPTIONS = 1
    COUNT = 2


OPTIONS_NORMALIZATION = 1  # of union ProcessUnitOptions


class Normalization(IntEnum):
    """Table NormalizationOptions: (value - mean) / std."""

    MEAN = 0
    STD = 1
    COUNT = 2


class Stats(IntEnum):
    """Table Stats."""

    MAX = 0
    MIN = 1
    COUNT = 2


class AssociatedFile(IntEnum):
    """Table AssociatedFile."""

    NAME = 0
    DESCRIPTION = 1
    TYPE = 2
    COUNT = 5


FILE_AXIS_LABELS = 2  # TENSOR_AXIS_LABELS of enum AssociatedFileType: one label a line
