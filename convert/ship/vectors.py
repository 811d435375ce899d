"""Test vectors: pictures, and the P(fake) that our runtime gives them, for an app's own tests."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fakelens.convert.ship.pictures import Picture, draw_picture, list_candidates, list_pictures
from fakelens.edge_runtime.detection.condition import Condition, Reason, measure_condition
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, ViewScore
from fakelens.edge_runtime.files import digest_file
from fakelens.edge_runtime.pictures.preprocess import fit_views, load_image

VECTORS_NAME = "vectors.json"
SCHEMA_VERSION = 1
_MOST_TELLING = 60_000  # bytes of a picture that is there for its verdict
TOLERANCE = 1 / 255  # one step of a byte


@dataclass(frozen=True, kw_only=True)
class TileVector:
    """A tile and its score; the whole picture at 0, 0 where the model looks at it as a whole."""

    left: int  # px
    top: int
    p_fake: float
    weight: float  # as tiles are pooled


@dataclass(frozen=True, kw_only=True)
class ImageVector:
    """A picture and what it must come to."""

    file: str  # a lossless RGB PNG beside the JSON file
    width: int  # px
    height: int
    p_fake: float
    verdict: Label
    tiles: tuple[TileVector, ...]  # of the first view
    views: tuple[ViewScore, ...]  # empty where the model has one
    condition: Condition
    reason: Reason | None  # why there is nothing left to see


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
        model_sha256=digest_file(model),
        images=tuple(_write_images(detector, folder)),
    )
    text = json.dumps(asdict(vectors), indent=1)
    (folder / VECTORS_NAME).write_text(text + "\n", encoding="utf-8")
    return vectors


def _write_images(detector: Detector, folder: Path) -> Iterator[ImageVector]:
    # One may be among both: a set that keeps its order.
    pictures = dict.fromkeys((*list_pictures(detector.contract.input), *_choose_telling(detector)))
    for number, picture in enumerate(pictures):
        path = folder / f"{number:02d}-{picture.name}.png"
        path.write_bytes(_encode(picture))
        yield _describe(detector, picture, path)


def _choose_telling(detector: Detector) -> Iterator[Picture]:
    """Yield the candidates that this model calls least fake, most fake, and nearest to its threshold.

    Of those in which there is something to see, if there are some, and whose files are small; larger ones are
    drawn where the small ones lack a verdict.
    """
    limits = detector.decision.condition
    size = max(detector.contract.input.size, (limits and limits.least_side) or 1)
    found = []
    for side in (size, 2 * size):
        drawn = list(list_candidates(side))
        pictures = [picture for picture in drawn if len(_encode(picture)) <= _MOST_TELLING] or drawn
        found += [(picture, detector.check(Image.fromarray(draw_picture(picture)))) for picture in pictures]
        telling = [pair for pair in found if pair[1].reason is None]
        if {verdict.label for _, verdict in telling} == set(Label):
            break
    telling = telling or found
    scores = np.array([verdict.p_fake for _, verdict in telling])
    by_score = np.argsort(scores, kind="stable")
    nearest = int(np.argmin(np.abs(scores - detector.decision.threshold)))
    yield from (telling[index][0] for index in (int(by_score[0]), nearest, int(by_score[-1])))


def _encode(picture: Picture) -> bytes:
    png = io.BytesIO()
    Image.fromarray(draw_picture(picture)).save(png, "PNG", compress_level=9)
    return png.getvalue()


def _describe(detector: Detector, picture: Picture, path: Path) -> ImageVector:
    image = load_image(path)
    verdict = detector.check(image)
    first = fit_views(image, detector.contract.input)[0]
    weights = detector.weigh(first)
    whole = verdict.views[0].p_fake if verdict.views else verdict.p_fake
    places = [(region.left, region.top, region.p_fake) for region in verdict.regions] or [(0, 0, whole)]
    shares = [1.0] * len(places) if weights is None else weights.tolist()
    return ImageVector(
        file=path.name,
        width=picture.width,
        height=picture.height,
        p_fake=verdict.p_fake,
        verdict=verdict.label,
        tiles=tuple(
            TileVector(left=left, top=top, p_fake=p_fake, weight=weight)
            for (left, top, p_fake), weight in zip(places, shares, strict=True)
        ),
        views=verdict.views,
        condition=measure_condition(image),
        reason=verdict.reason,
    )
