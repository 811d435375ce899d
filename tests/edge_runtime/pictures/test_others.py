"""A file that holds more pictures than the one that is looked at says so."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from fakelens.edge_runtime.pictures.preprocess import DecodeConfig, decode_image

PHOTO = Image.fromarray(np.random.default_rng(0).integers(90, 160, (48, 64, 3), np.uint8))


def test_pages_of_a_tiff_are_named(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    PHOTO.save(path)
    assert decode_image(path, DecodeConfig()).note is None
    PHOTO.save(path, save_all=True, append_images=[PHOTO.rotate(90)])
    note = decode_image(path, DecodeConfig()).note
    assert note == "the first of several pictures in this file, the others are not looked at"


def test_pictures_beside_the_main_one_of_a_heic_are_counted(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "three.heic"
    pictures = pillow_heif.from_pillow(PHOTO)
    for turn in (90, 180):
        pictures.add_from_pillow(PHOTO.rotate(turn))
    pictures.save(path)
    assert decode_image(path, DecodeConfig()).note == "the main one of 3 pictures in this file"


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow decodes no AVIF")
def test_an_avif_sequence_moves(tmp_path: Path) -> None:
    path = tmp_path / "moving.avif"
    PHOTO.save(path)
    assert not decode_image(path, DecodeConfig()).animated
    PHOTO.save(path, save_all=True, append_images=[PHOTO.rotate(90)], duration=100)
    assert decode_image(path, DecodeConfig()).animated
