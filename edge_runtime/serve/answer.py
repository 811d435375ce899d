"""From an uploaded picture to what is answered: the row of `check --json`, and a heat map where asked for."""

import base64
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fakelens.edge_runtime.answers.heatmap import draw_heatmap
from fakelens.edge_runtime.answers.sinks import JsonSink
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.pictures.encode import encode_png
from fakelens.edge_runtime.pictures.formats import Kind, sniff
from fakelens.edge_runtime.pictures.preprocess import DecodeConfig
from fakelens.edge_runtime.serve.card import draw_upload
from fakelens.edge_runtime.serve.upload import Upload

_CARD_MAP = 144  # regions of the heat map of a card, at most
_BYTES_NAME = "stdin"  # how an error calls encoded bytes


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted: the row of JSON, with a heat map, or the card in its place."""

    heatmap: bool = False
    card: bool = False  # HTML


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one picture; the picture itself is gone by now."""

    label: Label | None  # None where there is no verdict
    row: str = ""  # the JSON object of `check --json`, without a line break
    heatmap: bytes | None = None  # PNG
    card: str = ""  # HTML


def make_answer(detector: Detector, upload: Upload, wish: Wish, decode: DecodeConfig) -> Answer:
    """Return the answer for `upload`; for a picture that cannot be read it holds the reason."""
    result = _check(detector, upload, decode)
    label = None if result.verdict is None else result.verdict.label
    if wish.card:
        if result.image is not None:
            result = replace(result, grid=detector.map_regions(result.image, most=_CARD_MAP))
        return Answer(label=label, card=draw_upload(result, upload.content, detector.decision))
    heatmap = None
    if wish.heatmap and result.image is not None and result.verdict is not None:
        grid = detector.map_regions(result.image)
        heatmap = encode_png(draw_heatmap(result.image, result.verdict, grid))
        result = replace(result, grid=grid)
    row = to_row(result)
    return Answer(label=label, row=row if heatmap is None else _extend(row, heatmap), heatmap=heatmap)


def to_row(result: CheckedFile) -> str:
    """Return the object that `check --json` prints for `result`."""
    stream = io.StringIO()
    JsonSink(stream).write(result)
    return stream.getvalue().rstrip("\n")


def _extend(row: str, heatmap: bytes) -> str:
    url = f"data:image/png;base64,{base64.b64encode(heatmap).decode()}"
    return json.dumps({**json.loads(row), "heatmap": url}, allow_nan=False)


def _check(detector: Detector, upload: Upload, decode: DecodeConfig) -> CheckedFile:
    if sniff(upload.content[:4096]) is not Kind.VIDEO:
        result = detector.check_file(upload.content, upload.name, decode)
        return _rename(result, _BYTES_NAME, upload.name)
    with _as_file(upload.content) as path:
        result = detector.check_file(path, upload.name, decode)
        return _rename(result, str(path), upload.name)


def _rename(result: CheckedFile, given: str, name: str) -> CheckedFile:
    """Return `result` with the client's name once in its error, in the place of ours."""
    if result.error is None:
        return result
    reason = result.error.removeprefix(f"{name}: ").removeprefix(f"{given}: ")
    return replace(result, error=f"{name}: {reason}")


@contextmanager
def _as_file(content: bytes) -> Iterator[Path]:
    """Yield a path for decoders that need one; on Linux in memory, elsewhere a file that is removed."""
    if sys.platform.startswith("linux"):
        with os.fdopen(os.memfd_create("fakelens"), "w+b") as file:
            file.write(content)
            file.flush()
            yield Path(f"/proc/self/fd/{file.fileno()}")
    else:
        with tempfile.TemporaryDirectory(prefix="fakelens-") as folder:
            path = Path(folder, "video")
            path.write_bytes(content)
            yield path
