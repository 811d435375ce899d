"""The pictures meet every case that an app can get wrong, and stay the same."""

import numpy as np
import pytest

from fakelens.convert.ship.pictures import draw_picture, list_candidates, list_pictures
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec
from fakelens.edge_runtime.pictures.tiles import place_tiles


@pytest.mark.parametrize("size", [8, 32, 64, 224])
@pytest.mark.parametrize("tiles", [1, 6, 24])
def test_tiled_pictures_meet_every_case_of_the_rule(size: int, tiles: int) -> None:
    spec = InputSpec(size=size, fit=Fit.TILES, tiles=tiles)
    pictures = list(list_pictures(spec))
    sides = [(picture.width, picture.height) for picture in pictures]
    placed = [len(place_tiles(*side, spec)) for side in sides]
    room = [max(1, width // size) * max(1, height // size) for width, height in sides]
    assert (size, size) in sides
    assert any(max(side) < size for side in sides)
    assert any(max(side) * 2 < size for side in sides)  # mirrored more than once
    assert any(min(side) < size < max(side) for side in sides)
    assert any(width % 2 and height % 2 for width, height in sides)
    over = [side for side, count in zip(sides, room, strict=True) if count > tiles]
    assert any(width > height for width, height in over)
    assert any(width < height for width, height in over)
    assert max(placed) <= tiles
    if tiles > 1:
        assert any(1 < count == available for count, available in zip(placed, room, strict=True))


@pytest.mark.parametrize("size", [8, 32, 224])
def test_resized_pictures_are_smaller_equal_and_larger(size: int) -> None:
    sides = [(picture.width, picture.height) for picture in list_pictures(InputSpec(size=size))]
    assert (size, size) in sides
    assert any(max(side) < size for side in sides)
    assert any(size < max(side) < 2 * size and min(side) > size for side in sides)
    assert any(min(side) > 2 * size for side in sides)
    assert any(width < size < height for width, height in sides)
    assert any(width > height for width, height in sides)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("fit", list(Fit))
def test_the_smallest_models_have_pictures_too(size: int, fit: Fit) -> None:
    for picture in list_pictures(InputSpec(size=size, fit=fit)):
        assert draw_picture(picture).shape == (picture.height, picture.width, 3)


def test_a_picture_is_the_same_each_time_and_no_two_are_alike() -> None:
    pictures = list(list_candidates(24))
    drawn = [draw_picture(picture).tobytes() for picture in pictures]
    assert drawn == [draw_picture(picture).tobytes() for picture in pictures]
    assert len(set(drawn)) == len(pictures)


def test_turned_or_recoloured_a_picture_is_another() -> None:
    """Else an app that swaps axes or colours would pass."""
    for picture in list_candidates(24):
        drawn = draw_picture(picture)
        for wrong in (drawn[::-1], drawn[:, ::-1], drawn.transpose(1, 0, 2), drawn[..., ::-1]):
            assert not np.array_equal(drawn, wrong), picture
