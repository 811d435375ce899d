"""Weights that PyTorch saved, read without PyTorch: a state dict becomes a dict of numpy arrays.

The file is a pickle that may name two things only, an ordered dict and the rebuilding of a tensor; anything
else in it is refused before it runs. Both of PyTorch's formats are read: the zip of today, and the older
run of pickles. A tensor is a view of a storage with strides of its own, which its shape alone does not tell:
files converted from TensorFlow keep TensorFlow's memory order.
"""

import hashlib
import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.errors import ConfigError

_TYPES = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8", "LongStorage": "<i8"}
_LEGACY_PICKLES = 3  # magic number, protocol version and machine facts before the weights
_MOST_BYTES = 1 << 30

Weights = dict[str, npt.NDArray[Any]]


def read_torch_weights(path: Path, sha256: str | None = None) -> Weights:
    """Return the tensors of the state dict in `path` by name.

    Raises `ConfigError` where the file is missing, is no state dict, or has another digest than `sha256`.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{path}: over 1 GiB, which no weights that fakelens uses have")
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: the weights cannot be read ({error.strerror})") from error
    if sha256 is not None and (found := hashlib.sha256(data).hexdigest()) != sha256:
        raise ConfigError(f"{path}: the sha256 is {found[:12]}..., expected {sha256[:12]}...: another file")
    try:
        tensors = _read_zip(data) if zipfile.is_zipfile(io.BytesIO(data)) else _read_legacy(data)
        return {str(name): _view(tensor) for name, tensor in tensors.items() if isinstance(tensor, _Tensor)}
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{path}: not the weights that PyTorch saves ({error})") from error


@dataclass(kw_only=True)
class _Storage:
    kind: str
    key: str
    data: npt.NDArray[Any] | None = None


@dataclass(frozen=True, kw_only=True)
class _Tensor:
    storage: _Storage
    offset: int  # elements
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # elements


class _Unpickler(pickle.Unpickler):
    """Knows the names that a state dict needs, and no other."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _TYPES:
            return name
        raise pickle.UnpicklingError(f"it names {module}.{name}, which weights have no use for")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, *_ = pid
        return self.storages.setdefault(key, _Storage(kind=kind, key=key))


def _rebuild(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage=storage, offset=offset, shape=tuple(shape), strides=tuple(strides))


def _read_zip(data: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (pickled,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        root = pickled.removesuffix("data.pkl")
        reader = _Unpickler(io.BytesIO(archive.read(pickled)))
        tensors = reader.load()
        for storage in reader.storages.values():
            storage.data = np.frombuffer(archive.read(f"{root}data/{storage.key}"), _TYPES[storage.kind])
    return tensors


def _read_legacy(data: bytes) -> Any:
    file = io.BytesIO(data)
    for _ in range(_LEGACY_PICKLES):
        _Unpickler(file).load()
    reader = _Unpickler(file)
    tensors = reader.load()
    for key in _Unpickler(file).load():
        storage = reader.storages[key]
        kind = np.dtype(_TYPES[storage.kind])
        (count,) = struct.unpack("<q", file.read(8))
        storage.data = np.frombuffer(file.read(count * kind.itemsize), kind)
    return tensors


def _view(tensor: _Tensor) -> npt.NDArray[Any]:
    """Return a copy of `tensor`, after checking that it lies within its storage."""
    data = tensor.storage.data
    assert data is not None
    spans = [(side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True)]
    inside = min(tensor.offset, *tensor.strides, *spans, 0) >= 0 and tensor.offset + sum(spans) < len(data)
    if not inside:
        raise ConfigError("a tensor reaches beyond its storage: the file is damaged")
    steps = [step * data.itemsize for step in tensor.strides]
    return np.array(np.lib.stride_tricks.as_strided(data[tensor.offset :], tensor.shape, steps))
