import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.edge_runtime.pictures.preprocess import fit_image, load_image
from fakelens.train.config import DataConfig, describe_input
from fakelens.train.data.tilebank import SourceImage, open_bank

CONFIG = DataConfig(size=16, fit=Fit.TILES, tiles=4, cuts=3)


def write_photo(path: Path, seed: int, judged: bool) -> SourceImage:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return SourceImage(path=path, digest=digest, judged=judged, histories=2, key=digest)


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


def test_what_another_bank_has_is_not_cut_again(images: list[SourceImage], tmp_path: Path) -> None:
    config = replace(CONFIG, cuts=2)
    images[2].path.write_text("no image")
    before = open_bank(images, config)
    assert set(before.errors) == {2}
    for image in images[:2]:
        image.path.write_text("gone")
    more = [write_photo(tmp_path / "7.png", 7, judged=False), *images[1::-1], images[2]]
    after = open_bank(more, config)
    assert set(after.errors) == {3}
    for old, new in ((0, 2), (1, 1)):
        np.testing.assert_array_equal(after.tiles[after.owners == new], before.tiles[before.owners == old])
        np.testing.assert_array_equal(after.worn[after.owners == new], before.worn[before.owners == old])
    assert open_bank([replace(images[0], judged=True)], config).errors  # it has other tiles


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
            path=tmp_path / "a.png", digest=digest, judged=False, histories=4, key=digest, mask=mask_path
        )
        tiles = open_bank([source], config).tiles.astype(int)
        shares.append(float(np.mean(np.ptp(tiles[..., 1], axis=(1, 2)) > 60)))
    assert shares[0] > 0.9
    assert shares[1] < 0.8  # without a mask they lie anywhere


def test_a_pair_has_one_history_and_so_the_same_places(tmp_path: Path) -> None:
    """Twins of equal pixels in different files: only the key they share can make their tiles equal."""
    one = write_photo(tmp_path / "a.png", 3, judged=False)
    pixels = Image.open(one.path)
    pixels.save(tmp_path / "b.png", compress_level=0)
    other_digest = hashlib.sha256((tmp_path / "b.png").read_bytes()).hexdigest()
    assert other_digest != one.digest
    twin = replace(one, path=tmp_path / "b.png", digest=other_digest)
    stranger = replace(twin, key=other_digest)
    bank = open_bank([one, twin, stranger], CONFIG)
    tiles = [bank.tiles[bank.owners == place] for place in range(3)]
    np.testing.assert_array_equal(tiles[0], tiles[1])
    assert np.any(tiles[0] != tiles[2])


DELIVERED = DataConfig(size=16, fit=Fit.RESIZE, delivered=True)


def test_whole_pictures_have_a_view_for_each_history(images: list[SourceImage]) -> None:
    bank = open_bank(images, DELIVERED)
    assert [int((bank.owners == place).sum()) for place in range(3)] == [2, 2, 2]
    first, second = bank.tiles[bank.owners == 0]
    assert np.any(first != second)
    assert bank.worn[bank.owners == 0].all()
    clean = bank.tiles[(bank.owners == 1) & ~bank.worn]
    np.testing.assert_array_equal(clean, fit_image(load_image(images[1].path), describe_input(DELIVERED)))


def test_a_large_whole_picture_is_reduced_before_its_history(tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((2400, 1500)).convert("RGB").save(tmp_path / "large.png")
    digest = hashlib.sha256((tmp_path / "large.png").read_bytes()).hexdigest()
    image = SourceImage(path=tmp_path / "large.png", digest=digest, judged=False, histories=3, key=digest)
    bank = open_bank([image], DELIVERED)
    assert bank.tiles.shape == (3, 16, 16, 3)
    assert np.ptp(bank.tiles.astype(int), axis=(1, 2, 3)).min() > 120  # the whole is in each


def test_retouching_changes_the_bank_and_what_is_in_it(images: list[SourceImage]) -> None:
    plain = open_bank(images[:1], CONFIG)
    touched = open_bank([replace(images[0], retouched=1.0)], CONFIG)
    assert np.any(plain.tiles != touched.tiles)
    again = open_bank([replace(images[0], retouched=1.0)], CONFIG)
    np.testing.assert_array_equal(touched.tiles, again.tiles)


def test_small_pictures_have_a_gentle_history_after_the_others(tmp_path: Path) -> None:
    """Colour noise survives it, which a common compression takes; the other histories stay as they are."""
    rng = np.random.default_rng(0)
    images = []
    for number in range(32):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (16, 16 + (number == 31), 3), np.uint8)).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        images.append(SourceImage(path=path, digest=digest, judged=number == 30, histories=3, key=digest))
    plain, gentle = (open_bank(images, replace(DELIVERED, gentle=most)) for most in (0, 16))
    assert np.bincount(plain.owners).tolist() == [3] * 30 + [2, 3]  # what is judged: as it is, and worn
    assert np.bincount(gentle.owners).tolist() == [4] * 30 + [2, 3]
    last = np.arange(3, 120, 4)
    np.testing.assert_array_equal(np.delete(gentle.tiles, last, axis=0), plain.tiles)
    assert gentle.worn[last].all()
    colour = np.ptp(gentle.tiles.astype(int), axis=3).mean(axis=(1, 2))
    assert colour[last].mean() > 1.2 * np.delete(colour, last)[:90].mean()


def test_zoomed_histories_show_square_parts_down_to_native_resolution(tmp_path: Path) -> None:
    """On a ramp over 640 px a part's own range tells its side: never the whole width, at least a tile."""
    Image.linear_gradient("L").rotate(90).resize((640, 320)).convert("RGB").save(tmp_path / "ramp.png")
    digest = hashlib.sha256((tmp_path / "ramp.png").read_bytes()).hexdigest()
    image = SourceImage(path=tmp_path / "ramp.png", digest=digest, judged=False, histories=24, key=digest)
    ranges = {
        zoomed: np.ptp(
            open_bank([image], replace(DELIVERED, zoomed=zoomed)).tiles.astype(int), axis=(1, 2, 3)
        )
        for zoomed in (0.0, 1.0)
    }
    assert ranges[0.0].min() > 160
    assert ranges[1.0].max() < 140
    assert ranges[1.0].min() < 60
    assert len(np.unique(ranges[1.0])) > 5


def test_a_zoomed_picture_smaller_than_the_input_is_mirrored_not_enlarged(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "small.png")
    digest = hashlib.sha256((tmp_path / "small.png").read_bytes()).hexdigest()
    image = SourceImage(path=tmp_path / "small.png", digest=digest, judged=False, histories=4, key=digest)
    for tile in open_bank([image], replace(DELIVERED, zoomed=1.0)).tiles:
        np.testing.assert_array_equal(tile[:, 10:16], tile[:, 9:3:-1])
