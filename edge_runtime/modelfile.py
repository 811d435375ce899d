"""The one file that carries everything: a `.tflite` graph followed by a zip of associated files.

TFLite readers stop at the end of the flatbuffer, zip readers start from the end of the file, so both
find their part in the same bytes. `labels.txt` serves other readers, `fakelens.json` is ours.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.edge_runtime.contract import LABELS, Contract, contract_from_json, contract_to_json
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.files import write_atomic

CONTRACT_NAME = "fakelens.json"
LABELS_NAME = "labels.txt"
_IDENTIFIER = b"TFL3"  # at bytes 4 to 8 of every TFLite flatbuffer
_UNZIP_ERRORS = (zipfile.BadZipFile, EOFError, KeyError, RuntimeError, ValueError, struct.error, zlib.error)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # fixed, so that equal models are equal bytes


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """An intact model file, read once."""

    path: Path
    contract: Contract
    graph: bytes  # the flatbuffer alone
    size_bytes: int  # of the whole file


def pack_model(graph: bytes, contract: Contract) -> bytes:
    """Return `graph` with `contract` and the labels attached; zip offsets count from the first byte."""
    check_identifier(graph, "the graph")
    sealed = replace(contract, graph_sha256=hashlib.sha256(graph).hexdigest())
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:  # stored: MediaPipe maps it in place
        for name, text in (
            (LABELS_NAME, "\n".join(LABELS) + "\n"),
            (CONTRACT_NAME, contract_to_json(sealed)),
        ):
            archive.writestr(zipfile.ZipInfo(name, date_time=_ZIP_TIME), text)
    return buffer.getvalue()


def read_model(path: Path) -> ModelFile:
    """Read and verify `path`; `ModelError` for anything but an intact fakelens model.

    The digest is checked before an interpreter sees the graph: a malformed flatbuffer can crash it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot read the model ({error.strerror or error})") from error
    check_identifier(content, str(path))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:  # raises many kinds on a damaged archive
            start = min(entry.header_offset for entry in archive.infolist())
            text = archive.read(CONTRACT_NAME)
    except _UNZIP_ERRORS as error:
        raise ModelError(
            f"{path}: a TFLite file without an intact fakelens contract; it is truncated or was not made "
            "by `fakelens convert`"
        ) from error
    try:
        contract = contract_from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    graph = content[:start]
    if hashlib.sha256(graph).hexdigest() != contract.graph_sha256:
        raise ModelError(f"{path}: the graph does not match its digest, the file is damaged; fetch it again")
    return ModelFile(path=path, contract=contract, graph=graph, size_bytes=len(content))


def replace_contract(model: ModelFile, contract: Contract) -> None:
    """Rewrite the file of `model` with `contract`, its graph unchanged byte for byte."""
    write_atomic(model.path, pack_model(model.graph, contract))


def check_identifier(content: bytes, what: str) -> None:
    """Raise `ModelError` unless `content` begins as a TFLite flatbuffer does."""
    if len(content) < 16 or content[4:8] != _IDENTIFIER:
        raise ModelError(f"{what}: not a TFLite file; a model made by `fakelens convert` is needed")
