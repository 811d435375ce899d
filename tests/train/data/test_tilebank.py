import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.contract import Fit
from fakelens.edge_runtime.preprocess import fit_image, load_image
from fakelens.train.config import DataConfig, describe_input
from fakelens.train.data.tilebank import SourceImage, open_bank

CONFIG = DataConfig(size=16, fit=Fit.TILES, tiles=4, cuts=3)


def write_photo(path: Path, seed: int, judged: bool) -> SourceImage:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return SourceImage(
        path=path, digest=hashlib.sha256(path.read_bytes()).hexdigest(), judged=judged, histories=2
    )


@pytest.fixture
def images(tmp_path: Path) -> list[SourceImage]:
    return [write_photo(tmp_path / f"{seed}.png", seed, judged=seed == 1) for seed in range(3)]


def test_training_images_give_tiles_of_their_histories(images: list[SourceImage]) -> None:
    bank = open_bank(images, CONFIG)
    assert bank.tiles.shape[1:] == (16, 16, 3)
    for place in (0, 2):
        assert (bank.owners == place).sum() == 6
        assert bank.worn[bank.owners == place].all()


def test_judged_images_give_what_check_sees_and_the_same_after_a_history(images: list[SourceImage]) -> None:
    bank = open_bank(images, CONFIG)
    expected = fit_image(load_image(images[1].path), describe_input(CONFIG))
    clean = bank.tiles[(bank.owners == 1) & ~bank.worn]
    np.testing.assert_array_equal(clean, expected)
    assert (bank.worn & (bank.owners == 1)).any()


def test_a_tile_depends_on_its_image_alone(images: list[SourceImage]) -> None:
    whole, alone = open_bank(images, CONFIG), open_bank(images[2:], CONFIG)
    np.testing.assert_array_equal(alone.tiles, whole.tiles[whole.owners == 2])


def test_damaged_images_are_told_and_left_out(images: list[SourceImage]) -> None:
    images[0].path.write_text("no image")
    bank = open_bank(images, DataConfig(size=16, fit=Fit.TILES, tiles=3))  # no tile of it in the cache
    assert set(bank.errors) == {0}
    assert set(bank.owners) == {1, 2}


def test_the_cache_is_used_and_follows_content_and_settings(images: list[SourceImage]) -> None:
    before = open_bank(images, CONFIG)
    for image in images:
        image.path.write_text("gone")
    np.testing.assert_array_equal(open_bank(images, CONFIG).tiles, before.tiles)
    other = DataConfig(size=16, fit=Fit.TILES, tiles=4, cuts=5)
    assert len(open_bank(images, other).errors) == 3


def test_a_masked_training_image_is_cut_across_the_edge_of_its_mask(tmp_path: Path) -> None:
    grey = np.full((120, 160, 3), 90, np.uint8)
    mask = np.zeros((120, 160), np.uint8)
    grey[70:100, 100:140], mask[70:100, 100:140] = 200, 255
    Image.fromarray(grey).save(tmp_path / "a.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    digest = hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()
    config = DataConfig(size=32, fit=Fit.TILES, tiles=4, cuts=8)
    shares = []
    for mask_path in (tmp_path / "mask.png", None):
        source = SourceImage(
            path=tmp_path / "a.png", digest=digest, judged=False, histories=4, mask=mask_path
        )
        tiles = open_bank([source], config).tiles.astype(int)
        shares.append(float(np.mean(np.ptp(tiles[..., 1], axis=(1, 2)) > 60)))
    assert shares[0] > 0.9
    assert shares[1] < 0.8  # without a mask they lie anywhere
