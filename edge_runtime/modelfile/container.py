"""The one file that carries everything: a `.tflite` graph followed by a zip of associated files.

TFLite readers stop at the end of the flatbuffer, zip readers start from the end of the file, so both
find their part in the same bytes. `labels.txt` serves other readers, `fakelens.json` is ours.
"""

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.files import write_atomic
from fakelens.edge_runtime.modelfile.contract import LABELS, Contract, contract_from_json, contract_to_json
from fakelens.edge_runtime.modelfile.library import is_copy_of_release, is_release_model
from fakelens.edge_runtime.modelfile.members import CONTRACT_NAME, LABELS_NAME, read_members

_LABELS_TEXT = "\n".join(LABELS) + "\n"
_IDENTIFIER = b"TFL3"  # at bytes 4 to 8 of every TFLite flatbuffer
_LEAST_BYTES = 16
_MOST_MODEL_BYTES = 1 << 30
_OFFSET_BYTES = 4  # of a flatbuffer's root, at its beginning
_DIGEST_LENGTH = 64  # hex digits
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # fixed, so that equal models are equal bytes


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """An intact model file, read once."""

    path: Path
    contract: Contract
    graph: bytes  # the flatbuffer alone; by its own root, a model of the first view
    size_bytes: int  # of the whole file

    @property
    def views_graph(self) -> bytes:
        """The flatbuffer by the root under which each view is a subgraph and a signature."""
        root = self.contract.input.root
        if not root:
            return self.graph
        if root + _OFFSET_BYTES > len(self.graph):
            raise ModelError(
                f"{self.path}: its views lie beyond its end, the file is damaged; fetch it again"
            )
        return root.to_bytes(_OFFSET_BYTES, "little") + self.graph[_OFFSET_BYTES:]


def pack_model(graph: bytes, contract: Contract) -> bytes:
    """Return `graph` with `contract` and the labels attached; zip offsets count from the first byte."""
    import zipfile  # reading does without it

    check_identifier(graph, "the graph")
    sealed = replace(contract, graph_sha256=hashlib.sha256(graph).hexdigest(), members_sha256="")
    blank = contract_to_json(sealed).encode()
    labels = _LABELS_TEXT.encode()
    sealed = replace(sealed, members_sha256=_digest_members(labels, blank))
    buffer = io.BytesIO(graph)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:  # stored: MediaPipe maps it in place
        for name, content in ((LABELS_NAME, labels), (CONTRACT_NAME, contract_to_json(sealed).encode())):
            archive.writestr(zipfile.ZipInfo(name, date_time=_ZIP_TIME), content)
    return buffer.getvalue()


def read_model(path: Path) -> ModelFile:
    """Read and verify `path`; `ModelError` for anything but an intact fakelens model.

    The digest is checked before an interpreter sees the graph, and that its parts fit together: a malformed
    one can crash it.
    """
    try:
        if path.stat().st_size > _MOST_MODEL_BYTES:
            raise ModelError(f"{path}: over a gigabyte, no model of fakelens; fetch it again")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot read the model ({error.strerror or error})") from error
    check_identifier(content, str(path))
    start, text, labels = read_members(content, path)
    try:
        contract = contract_from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    graph = content[:start]
    if hashlib.sha256(graph).hexdigest() != contract.graph_sha256:
        raise ModelError(f"{path}: the graph does not match its digest, the file is damaged; fetch it again")
    _check_digest(path, contract, text, labels)
    model = ModelFile(path=path, contract=contract, graph=graph, size_bytes=len(content))
    if not is_release_model(path) and not is_copy_of_release(contract.name, content):
        _check_graphs(model)
    return model


def replace_contract(model: ModelFile, contract: Contract) -> None:
    """Rewrite the file of `model` with `contract`, its graph unchanged byte for byte."""
    write_atomic(model.path, pack_model(model.graph, contract))


def _check_graphs(model: ModelFile) -> None:
    from fakelens.edge_runtime.modelfile.graph_check import (
        check_graph,  # with the schema, long: not for our own models
    )

    try:
        for graph in {model.graph, model.views_graph}:
            check_graph(graph)
    except ModelError as error:
        raise ModelError(f"{model.path}: {error}") from error


def _check_digest(path: Path, contract: Contract, text: bytes, labels: bytes) -> None:
    """Compare labels and contract with their digest; a file of an older release has none."""
    if labels.split() != _LABELS_TEXT.encode().split():
        raise ModelError(f"{path}: {LABELS_NAME} inside is not {', '.join(LABELS)}; convert the model again")
    digest = contract.members_sha256
    blank = text.replace(digest.encode(), b"", 1)
    if digest and (len(digest) != _DIGEST_LENGTH or _digest_members(labels, blank) != digest):
        raise ModelError(
            f"{path}: contract or labels do not match their digest, the file was changed; fetch it again"
        )


def _digest_members(labels: bytes, blank: bytes) -> str:
    """Return the digest of the labels and of a contract in which this very digest is empty."""
    return hashlib.sha256(hashlib.sha256(labels).digest() + blank).hexdigest()


def check_identifier(content: bytes, what: str) -> None:
    """Raise `ModelError` unless `content` begins as a TFLite flatbuffer does."""
    if not has_identifier(content):
        raise ModelError(f"{what}: not a TFLite file; a model made by `fakelens convert` is needed")


def has_identifier(content: bytes) -> bool:
    """Whether `content` begins as a TFLite flatbuffer does."""
    return len(content) >= _LEAST_BYTES and content[4:8] == _IDENTIFIER
