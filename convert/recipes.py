"""The choices of a conversion, each closed."""

from dataclasses import dataclass
from pathlib import Path

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.strenum import StrEnum


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
    name: str | None = None  # of the model; the run's own for None
    output: Path | None = None  # beside the run's files, named after the model, for None
    threads: int = 1  # of the interpreter that measures the file

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_drop <= 100.0:
            raise UsageError(f"--max-drop is {self.max_drop}, expected points of accuracy from 0 to 100")
        if self.name is not None and (not self.name.strip() or set(self.name) & set("/\\\n\0")):
            raise UsageError(f"--name is {self.name!r}, expected a name without slashes or line breaks")
        if self.output is not None and self.output.is_dir():
            raise UsageError(f"{self.output}: is a folder; give the name of the .tflite file to write")
