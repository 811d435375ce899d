"""Test vectors: pictures, and the P(fake) that our runtime gives them, for an app's own tests."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.convert.ship.pictures import Picture, draw_picture, list_candidates, list_pictures
from fakelens.edge_runtime.detector import Detector
from fakelens.edge_runtime.verdict import Label, Verdict

VECTORS_NAME = "vectors.json"
SCHEMA_VERSION = 1
TOLERANCE = 1 / 255  # one step of a byte


@dataclass(frozen=True, kw_only=True)
class TileVector:
    """A tile and its score; the whole picture at 0, 0 where the model looks at it as a whole."""

    left: int  # px
    top: int
    p_fake: float


@dataclass(frozen=True, kw_only=True)
class ImageVector:
    """A picture and what it must come to."""

    file: str  # a lossless RGB PNG beside the JSON file
    width: int  # px
    height: int
    p_fake: float
    verdict: Label
    tiles: tuple[TileVector, ...]


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """What `vectors.json` holds, field for field."""

    schema: int = SCHEMA_VERSION
    model: str
    model_sha256: str  # of the whole model file
    tolerance: float = TOLERANCE  # of any P(fake)
    images: tuple[ImageVector, ...]


def write_vectors(model: Path, folder: Path) -> Vectors:
    """Write pictures and `vectors.json` into `folder`, as the model file `model` answers; return the same."""
    folder.mkdir(parents=True, exist_ok=True)
    detector = Detector(model)
    vectors = Vectors(
        model=detector.contract.name,
        model_sha256=hashlib.sha256(model.read_bytes()).hexdigest(),
        images=tuple(_write_images(detector, folder)),
    )
    text = json.dumps(asdict(vectors), indent=1)
    (folder / VECTORS_NAME).write_text(text + "\n", encoding="utf-8")
    return vectors


def _write_images(detector: Detector, folder: Path) -> Iterator[ImageVector]:
    pictures = (*list_pictures(detector.contract.input), *_choose_telling(detector))
    for number, picture in enumerate(pictures):
        path = folder / f"{number:02d}-{picture.name}.png"
        Image.fromarray(draw_picture(picture)).save(path, compress_level=9)
        yield _describe(picture, path, detector.check(path))


def _choose_telling(detector: Detector) -> Iterator[Picture]:
    """Yield the candidates that this model calls least fake, most fake, and nearest to its threshold."""
    candidates = list(list_candidates(detector.contract.input.size))
    scores = detector.score(np.stack([draw_picture(picture) for picture in candidates]))
    by_score = np.argsort(scores, kind="stable")
    nearest = int(np.argmin(np.abs(scores - detector.contract.decision.threshold)))
    yield from (candidates[index] for index in (int(by_score[0]), nearest, int(by_score[-1])))


def _describe(picture: Picture, path: Path, verdict: Verdict) -> ImageVector:
    whole = (TileVector(left=0, top=0, p_fake=verdict.p_fake),)
    regions = verdict.regions
    return ImageVector(
        file=path.name,
        width=picture.width,
        height=picture.height,
        p_fake=verdict.p_fake,
        verdict=verdict.label,
        tiles=tuple(TileVector(left=r.left, top=r.top, p_fake=r.p_fake) for r in regions) or whole,
    )
