"""The choices of a conversion, each closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import check_folder_writable
from fakelens.edge_runtime.modelfile.container import has_identifier
from fakelens.edge_runtime.modelfile.contract import Pool

_HEAD_BYTES = 16


class Quantization(StrEnum):
    """What weights and activations are stored and computed in."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"  # weights in 16 bits, computation in float32
    DYNAMIC = "dynamic"  # weights in int8, activations quantized while running; slower than float on CPUs
    INT8 = "int8"  # everything in integers


class Io(StrEnum):
    """What an app hands over: the bytes of an RGB image, as they are or cast to float32."""

    UINT8 = "uint8"
    FLOAT = "float"


@dataclass(frozen=True, kw_only=True)
class ConvertConfig:
    """One conversion of one run directory."""

    run: Path
    quantization: Quantization = Quantization.INT8
    io: Io = Io.UINT8
    max_drop: float = 0.5  # points of validation accuracy that the file may lose against Keras
    qat: bool | None = None  # train for eight bits where plain int8 loses more; None: where that is quick
    name: str | None = None  # of the model; the run's own for None
    output: Path | None = None  # beside the run's files, named after the model, for None
    threads: int = 1  # of the interpreter that measures the file

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_drop <= 100.0:
            raise UsageError(f"--max-drop is {self.max_drop}, expected points of accuracy from 0 to 100")
        check_name(self.name)
        check_output(self.output)

    def allow_points(self, pictures: int) -> float:
        """Return the points that may be lost on so many pictures: where any may be, one picture always."""
        return max(self.max_drop, 100 / pictures) if self.max_drop else 0.0


@dataclass(frozen=True, kw_only=True)
class BorderConfig:
    """What the borders of FAKE and REAL are to hold on validation images."""

    false_alarms: float = 0.03  # most of the real ones that FAKE is said of
    missed: float = 0.10  # most of the fakes that REAL is said of

    def __post_init__(self) -> None:
        for option, share in (("--false-alarms", self.false_alarms), ("--missed", self.missed)):
            if not 0.0 <= share <= 0.5:
                raise UsageError(f"{option} is {share}, expected a share from 0 to 0.5")


@dataclass(frozen=True, kw_only=True)
class BridgeConfig:
    """Where answers of a second model, which left sources out, decide for the one that ships."""

    second: str  # the model that answered: a release model's name or a model file
    run: Path  # of the model that ships
    second_run: Path


@dataclass(frozen=True, kw_only=True)
class FuseConfig:
    """One fusion of model files."""

    model: str  # the first view: a release model's name or a model file
    output: Path
    whole: str | None = None  # the second view; without it, one view is calibrated and decided anew
    tiles: int | None = None  # or `model`, of whole images, also looks at so many tiles, by the same weights
    data: Path | None = None  # validation images
    split: Split | None = None  # of `data`; its val/, or all where it is not split, for None
    scores: Path | None = None  # or a CSV of the views' logits, of images that training left out
    bridge: BridgeConfig | None = None  # where `scores` are of a second model
    name: str | None = None  # of the new model; that of `model` for None
    pool: Pool | None = None  # of the tiles; the file's own for None
    by_source: bool = False  # whether each source counts the same
    borders: BorderConfig = BorderConfig()

    def __post_init__(self) -> None:
        if (self.data is None) == (self.scores is None):
            raise UsageError("--fuse and --scores exclude each other: choose one")
        if self.tiles is not None and self.whole is not None:
            raise UsageError("--tiles and --whole exclude each other: either gives the file its second view")
        if self.split is not None and self.data is None:
            raise UsageError(f"--split {self.split} is a part of --fuse DATA, not of --scores; leave it out")
        if self.bridge is not None and (self.scores is None or self.whole or self.tiles):
            raise UsageError("--bridge goes with --scores, and with a model of one view")
        check_name(self.name)
        check_output(self.output)


def check_name(name: str | None) -> None:
    """Raise `UsageError` where a model cannot have this name."""
    if name is not None and (not name.strip() or set(name) & set("/\\\n\0")):
        raise UsageError(f"--name is {name!r}, expected a name without slashes or line breaks")


def check_output(output: Path | None) -> None:
    """Raise `UsageError` where no file can be written under this name."""
    if output is not None and output.is_dir():
        raise UsageError(f"{output}: is a folder; give the name of the .tflite file to write")


def _is_model(path: Path) -> bool:
    """Whether a file is a TFLite graph, by its name or its content, or empty; one not to be read is none."""
    if path.suffix.lower() == ".tflite":
        return True
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return not head or has_identifier(head)


def prepare_output(output: Path, read: Iterable[Path] = ()) -> None:
    """Raise `UsageError` unless `output` can be written and replaces nothing but a model that is not `read`.

    Before minutes of work.
    """
    if output.resolve() in [path.resolve() for path in read]:
        raise UsageError(f"{output}: would be written over what is read; give another name")
    if output.is_file() and not _is_model(output):
        raise UsageError(f"{output}: holds something else than a .tflite, which would be lost; name another")
    if output.is_file() or not output.exists():  # a device, or a pipe, is written to as it is
        check_folder_writable(output.parent, str(output))
