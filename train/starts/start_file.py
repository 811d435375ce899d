"""The file of a start: the float weights of a finished run, and what rebuilds its network.

One `.npz`: `facts` as JSON, and each layer's arrays as LAYER/NUMBER. Kernels are whole numbers of as many
bits as the size of the file allows, and a scale for each channel, LAYER/NUMBER.scale: at the same size
closer to the weights than float16. Low and high bytes lie apart, since the high ones compress.
"""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.starts.names import STARTS, SUFFIX, describe_starts, list_starts

THE_START = "start"  # among `distill.teachers`: the network that training starts from
MOST_BYTES = 2_290_000  # of a file that comes with the package: with `photo.tflite` less than 5 MB
_FORMAT = 1
_MOST_BITS, _FEWEST_BITS = 16, 9  # of a kernel's numbers; with fewer, answers change visibly
_KERNEL_RANK = 2  # and more: what is rounded
_SCALE = ".scale"

LayerWeights = dict[str, list[npt.NDArray[np.float32]]]


@dataclass(frozen=True, kw_only=True)
class Start:
    """A network to start from."""

    name: str  # of the run
    network: dict[str, Any]  # the section [network] of its configuration
    data: dict[str, Any]  # of its section [data] how pictures are read
    temperature: float  # its logit / temperature + bias is calibrated
    bias: float
    threshold: float  # of P(fake) as calibrated: FAKE from here, UNSURE from `unsure_low` to `unsure_high`
    unsure_low: float
    unsure_high: float
    licences: str  # of what it was trained on
    weights: LayerWeights  # by layer


def find_start(name: str) -> Path:
    """Return the file of a start, by name or path; `ConfigError` where there is none."""
    path = STARTS / f"{name}{SUFFIX}" if name in list_starts() else Path(name)
    if not path.is_file():
        there = describe_starts()
        raise ConfigError(f"{name}: nothing to start from; there are {there}, or a {SUFFIX} file of a run")
    return path


def read_start(name: str) -> Start:
    """Read what `encode_start` wrote; `ConfigError` where it is missing or cannot be read."""
    path = find_start(name)
    weights: LayerWeights = {}
    try:
        with np.load(path) as file:
            facts = json.loads(str(file["facts"]))
            for key in file.files:
                layer, separator, number = key.rpartition("/")
                if separator and number.isdecimal():
                    scale = file[key + _SCALE] if key + _SCALE in file.files else None
                    weights.setdefault(layer, []).insert(int(number), _decode(file[key], scale))
        if facts.pop("format") != _FORMAT:
            raise ValueError("written by another version")
        return Start(weights=weights, **facts)
    except PermissionError:
        raise  # no damage: the line is of the rights
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ConfigError(
            f"{path}: no weights to start from ({error}); `python -m fakelens.train.start_weights RUN -o "
            f"FILE{SUFFIX}` makes some"
        ) from error


def encode_start(start: Start, most_bytes: int = MOST_BYTES) -> tuple[bytes, int]:
    """Return the file of `start`, and the bits that the numbers of its kernels have.

    They are as many as fit into `most_bytes`; `ConfigError` where the network is too large for it.
    """
    for bits in range(_MOST_BITS, _FEWEST_BITS - 1, -1):
        content = _encode(start, bits)
        if len(content) <= most_bytes:
            return content, bits
    raise ConfigError(
        f"{start.name}: {len(content):,} bytes with kernels of {_FEWEST_BITS} bits, over {most_bytes:,}; "
        "raise --most, or start from a smaller network"
    )


def _encode(start: Start, bits: int) -> bytes:
    facts = {field.name: getattr(start, field.name) for field in fields(start) if field.name != "weights"}
    facts["format"] = _FORMAT
    arrays: dict[str, npt.NDArray[Any]] = {"facts": np.array(json.dumps(facts))}
    for layer, parts in start.weights.items():
        for number, array in enumerate(parts):
            key = f"{layer}/{number}"
            if array.ndim < _KERNEL_RANK:
                arrays[key] = array
            else:
                arrays[key], arrays[key + _SCALE] = _round_kernel(array, bits)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # its stubs take a flag by keyword too
    return buffer.getvalue()


def _round_kernel(kernel: npt.NDArray[np.float32], bits: int) -> tuple[npt.NDArray[np.uint8], Any]:
    """Return the bytes [2, ...] of `kernel` as whole numbers of `bits`, and the scale of each channel."""
    channel = kernel.ndim - (2 if kernel.shape[-1] == 1 else 1)  # of a depthwise kernel the last but one
    others = tuple(axis for axis in range(kernel.ndim) if axis != channel)
    most = 2 ** (bits - 1) - 1
    scale = np.maximum(np.abs(kernel).max(axis=others, keepdims=True), np.finfo(np.float32).tiny) / most
    words = np.rint(kernel / scale).astype("<i2")
    return np.stack([words & 0xFF, words >> 8 & 0xFF]).astype(np.uint8), scale.astype(np.float32)


def _decode(array: npt.NDArray[Any], scale: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    if scale is None:
        return array.astype(np.float32)
    low, high = array.astype(np.uint16)
    return np.asarray((high << 8 | low).view(np.int16) * scale, np.float32)
