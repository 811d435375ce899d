"""Statistics of an image's condition have known values, and give the right reasons."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.condition import (
    WINDOWS,
    Condition,
    Reason,
    find_reason,
    measure_condition,
)
from fakelens.edge_runtime.modelfile.contract import ConditionLimits
from fakelens.edge_runtime.pictures.tiles import place_tiles

LIMITS = ConditionLimits(least_side=64, least_texture=0.5, least_sharpness=0.513, most_blocking=2.2)
GOOD = Condition(side=300, texture=5.0, sharpness=0.6, blocking=1.1)


def make_photo(seed: int = 0, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Soft shapes under noise, as a camera gives them."""
    generator = np.random.default_rng(seed)
    down, right = np.mgrid[0 : size[1], 0 : size[0]]
    shapes = 128 + 60 * np.sin(right / 37) * np.cos(down / 29)
    pixels = shapes[..., None] + generator.normal(0, 6, (*size[::-1], 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def save_jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def test_a_ramp_has_the_steps_that_it_was_given() -> None:
    """2 grey levels a px to the right, none down: half of the steps are 2, and 4 over two px."""
    ramp = np.broadcast_to((2 * np.arange(100, dtype=np.uint8))[None, :, None], (200, 100, 3))
    found = measure_condition(Image.fromarray(np.ascontiguousarray(ramp)))
    right, down = 96 * 95, 95 * 96  # steps in each window of 96 px
    assert found.side == 100
    assert found.texture == 2 * right / (right + down)
    assert found.sharpness == pytest.approx(0.5)  # a ramp is what enlarging leaves


def test_blocks_are_found_wherever_their_grid_lies() -> None:
    generator = np.random.default_rng(0)
    blocks = np.kron(generator.integers(0, 256, (40, 40, 1)), np.ones((8, 8, 3))).astype(np.uint8)
    blocks = np.clip(blocks + generator.integers(-1, 2, blocks.shape), 0, 255).astype(np.uint8)
    for left, top in ((0, 0), (3, 0), (5, 7)):
        found = measure_condition(Image.fromarray(blocks[top : top + 250, left : left + 250]))
        assert found.blocking is not None
        assert found.blocking > 20


def test_scaling_up_and_strong_compression_are_seen_in_a_photo() -> None:
    photo = make_photo()
    assert find_reason(measure_condition(photo), LIMITS) is None
    assert find_reason(measure_condition(save_jpeg(photo, 85)), LIMITS) is None
    small = photo.resize((160, 120), Image.Resampling.BICUBIC)
    enlarged = small.resize((640, 480), Image.Resampling.BICUBIC)
    assert find_reason(measure_condition(enlarged), LIMITS) is Reason.ENLARGED
    assert find_reason(measure_condition(save_jpeg(photo, 4)), LIMITS) is Reason.COMPRESSED


def test_a_large_picture_costs_no_more_than_a_few_windows() -> None:
    """What lies between the windows does not matter."""
    pixels = np.zeros((4000, 4000, 3), np.uint8)
    pixels[200:1000] = np.random.default_rng(0).integers(0, 256, (800, 4000, 3))
    assert measure_condition(Image.fromarray(pixels)).texture == 0.0


@pytest.mark.parametrize("size", [(640, 480), (2100, 300), (300, 1100), (60, 500)])
def test_each_window_is_looked_at_where_it_lies(size: tuple[int, int]) -> None:
    """Wherever rows of windows are cut in one piece or one by one."""
    photo = make_photo(size=size)
    side = [min(96, length) for length in size]
    windows = [
        np.asarray(photo.crop((x, y, x + side[0], y + side[1])).convert("L"), np.int64)
        for x, y in place_tiles(*size, WINDOWS)
    ]
    steps = [np.abs(np.diff(window, axis=axis)) for window in windows for axis in (0, 1)]
    assert measure_condition(photo).texture == np.sum([s.sum() for s in steps]) / sum(s.size for s in steps)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 2), (7, 5), (96, 96), (97, 8)])
def test_any_size_has_a_condition(size: tuple[int, int]) -> None:
    found = measure_condition(make_photo(size=size))
    assert found.side == min(size)
    assert found.texture >= 0
    flat = measure_condition(Image.new("RGB", size, "grey"))
    assert (flat.texture, flat.sharpness) == (0.0, None)
    assert not flat.blocking


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"side": 64, "texture": 0.5, "sharpness": 0.513, "blocking": 2.199}, None),
        ({"side": 63}, Reason.SMALL),
        ({"texture": 0.499}, Reason.FLAT),
        ({"texture": 0.0, "sharpness": None, "blocking": None}, Reason.FLAT),
        ({"sharpness": 0.5129}, Reason.ENLARGED),
        ({"blocking": 2.2}, Reason.COMPRESSED),
        ({"side": 1, "texture": 0.0}, Reason.SMALL),
        ({"sharpness": 0.4, "blocking": 9.0}, Reason.COMPRESSED),
    ],
)
def test_the_first_limit_that_is_passed_is_the_reason(changes: dict[str, float], reason: Reason) -> None:
    assert find_reason(replace(GOOD, **changes), LIMITS) is reason  # type: ignore[arg-type]


def test_a_limit_that_is_not_there_is_not_asked() -> None:
    worst = Condition(side=1, texture=0.0, sharpness=0.0, blocking=99.0)
    assert find_reason(worst, None) is None
    assert find_reason(worst, ConditionLimits()) is None
    assert find_reason(worst, ConditionLimits(most_blocking=2.0)) is Reason.COMPRESSED


def test_every_reason_is_said_in_words() -> None:
    assert len({reason.text for reason in Reason}) == len(Reason)
