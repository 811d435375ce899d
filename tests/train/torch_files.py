"""Files as PyTorch saves them, written without PyTorch: opcode by opcode, in both formats."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]
_NAMES = {
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "float64": "DoubleStorage",
    "int64": "LongStorage",
}


def write_zip(path: Path, arrays: Arrays) -> Path:
    """Write `arrays`, whatever their memory order, in the format of PyTorch 1.6 and later."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle_state(arrays))
        for number, array in enumerate(arrays.values()):
            archive.writestr(f"archive/data/{number}", _take_storage(array).tobytes())
    return path


def write_legacy(path: Path, arrays: Arrays) -> Path:
    """Write `arrays` in the older format."""
    file = io.BytesIO()
    for header in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        file.write(pickle.dumps(header, 2))
    file.write(pickle_state(arrays))
    file.write(pickle.dumps([str(number) for number in range(len(arrays))], 2))
    for array in arrays.values():
        file.write(struct.pack("<q", array.size) + _take_storage(array).tobytes())
    path.write_bytes(file.getvalue())
    return path


def pickle_state(arrays: Arrays, offset: int = 0) -> bytes:
    """Return the pickle of an ordered dict of tensors, one storage each."""
    entries = b"".join(
        _text(name) + _tensor(array, number, offset) for number, (name, array) in enumerate(arrays.items())
    )
    return b"\x80\x02" + _ORDERED + b"(" + entries + b"u."


_ORDERED = b"ccollections\nOrderedDict\n)R"


def _tensor(array: npt.NDArray[Any], number: int, offset: int) -> bytes:
    kind = b"ctorch\n" + _NAMES[str(array.dtype)].encode() + b"\n"
    storage = b"(" + _text("storage") + kind + _text(str(number)) + _text("cpu") + _number(array.size) + b"tQ"
    steps = [step // array.itemsize for step in array.strides]
    places = _number(offset) + _tuple(array.shape) + _tuple(steps)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + places + b"\x89" + _ORDERED + b"tR"


def _take_storage(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the values of `array` as they lie in memory."""
    order = np.argsort([-step for step in array.strides], kind="stable")
    return np.ascontiguousarray(array.transpose(order)).ravel()


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def _number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _tuple(values: Any) -> bytes:
    return b"(" + b"".join(map(_number, values)) + b"t"


def make_halves(seed: int = 0, channels: int = 8, latent: int = 4) -> tuple[Arrays, Arrays]:
    """Return the weights of an encoder and a decoder of the auto-encoder's shape, in small."""
    rng = np.random.default_rng(seed)

    def convolution(name: str, out: int, into: int, side: int = 3, bias: bool = True) -> Arrays:
        spread = (1 / (into * side * side)) ** 0.5
        kernel = rng.normal(0, spread, (out, into, side, side)).astype(np.float16)
        return {f"{name}.weight": kernel} | ({f"{name}.bias": np.zeros(out, np.float16)} if bias else {})

    def block(number: int, pooled: bool = False) -> Arrays:
        parts: dict[str, npt.NDArray[Any]] = {}
        if pooled:
            wide = 2 * channels
            parts |= convolution(f"{number}.pool.0", wide, channels, 1, bias=False)
            parts[f"{number}.pool.1.weight"] = np.ones(wide, np.float16)
            parts[f"{number}.pool.1.bias"] = np.zeros(wide, np.float16)
            parts |= convolution(f"{number}.pool.3", channels, wide, 1, bias=False)
        for step in (0, 2, 4):
            parts |= convolution(f"{number}.conv.{step}", channels, channels)
        return parts

    encoder = {**convolution("0", channels, 3), **block(1)}
    for first in (2, 6, 10):
        encoder |= convolution(str(first), channels, channels, bias=False)
        for step in range(1, 4):
            encoder |= block(first + step, pooled=first == 10)
    encoder |= convolution("14", latent, channels)
    decoder = dict(convolution("1", channels, latent))
    for first in (3, 8, 13):
        for step in range(3):
            decoder |= block(first + step, pooled=first == 3)
        decoder |= convolution(str(first + 4), channels, channels, bias=False)
    decoder |= block(18) | dict(convolution("19", 3, channels))
    return encoder, decoder
