import io

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.audit.lookalikes import describe_look, find_lookalikes


def _draw(seed: int, width: int = 160, height: int = 120) -> ImageU8:
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(0, 256, (6, 7, 3), dtype=np.uint8))
    return np.asarray(patches.resize((width, height), Image.Resampling.BICUBIC), np.uint8)


def _compress(pixels: ImageU8, kind: str, quality: int) -> ImageU8:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"), np.uint8)


def _scale(pixels: ImageU8, times: float) -> ImageU8:
    image = Image.fromarray(pixels)
    return np.asarray(image.resize([round(side * times) for side in image.size]), np.uint8)


def test_what_the_web_does_leaves_the_look() -> None:
    for seed in range(20):
        photo = _draw(seed)
        versions = [
            photo,
            _compress(photo, "JPEG", 40),
            _compress(photo, "WEBP", 50),
            _scale(photo, 0.5),
            _scale(photo, 1.7),
            np.clip(photo.astype(int) + 12, 0, 255).astype(np.uint8),
        ]
        found = find_lookalikes([describe_look(version) for version in versions])
        assert {(0, place) for place in range(1, len(versions))} <= set(found)


def test_other_pictures_are_no_lookalikes() -> None:
    assert find_lookalikes([describe_look(_draw(seed)) for seed in range(700)]) == []


def test_a_mirrored_picture_is_another_one() -> None:
    photo = _draw(1)
    assert find_lookalikes([describe_look(photo), describe_look(photo[:, ::-1].copy())]) == []


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_look_like_nothing(level: int) -> None:
    flat = np.full((50, 60, 3), level, np.uint8)
    assert describe_look(flat) is None
    assert find_lookalikes([None, describe_look(_draw(0)), None]) == []


def test_places_are_those_of_the_list() -> None:
    looks = [describe_look(_draw(seed)) for seed in range(300)]
    looks[3], looks[298] = None, looks[270]
    assert find_lookalikes(looks) == [(270, 298)]
    assert find_lookalikes([]) == []
