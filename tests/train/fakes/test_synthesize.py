import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.audit.duplicates import digest_pixels
from fakelens.train.fakes import synthesize as subject
from fakelens.train.fakes.autoencoder import (
    CROP_PX,
    MARGIN_PX,
    AutoencoderConfig,
    regenerate,
    train_autoencoder,
)
from fakelens.train.fakes.latent_pairs import PairsConfig, synthesize_pairs
from fakelens.train.fakes.photo_survey import split_photos
from fakelens.train.fakes.synthesize import REPORT_NAME, SynthesizeConfig, SynthesizeResult, synthesize
from fakelens.train.fakes.tiles import compress_like
from fakelens.train.fakes.whole_images import WholeConfig, synthesize_whole

pytestmark = pytest.mark.usefixtures("eager")
PHOTOS = 6


def _make_photo(seed: int, shape: tuple[int, int] = (160, 192)) -> Image.Image:
    """Return coloured noise with large and small structure, as photos have."""
    rng = np.random.default_rng(seed)
    image = np.zeros((*shape, 3))
    for cells in (4, 16, 64):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        image += np.asarray(noise.resize(shape[::-1], Image.Resampling.BICUBIC), dtype=float) / 3
    return Image.fromarray(image.astype(np.uint8))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for index in range(PHOTOS):
        _make_photo(index).save(folder / f"photo{index}.{'jpg' if index % 2 else 'png'}")
    return folder


def _config(photos: Path, output: Path, **changes: int) -> SynthesizeConfig:
    return SynthesizeConfig(**({"photos": str(photos), "output": output, "steps": 3} | changes))


@pytest.fixture(scope="module")
def made(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SynthesizeResult]:
    output = tmp_path_factory.mktemp("made") / "data"
    return output, synthesize(_config(photos, output))


def _tiles(output: Path, label: str) -> list[Path]:
    return sorted(output.glob(f"*/{label}/*.png"))


def _photo_of(tile: Path) -> str:
    return tile.stem.rsplit("-", 2)[0]


def test_no_photo_is_in_two_splits(made: tuple[Path, SynthesizeResult]) -> None:
    output, result = made
    splits = {split: {_photo_of(tile) for tile in (output / split / "real").iterdir()} for split in Split}
    assert all(splits.values())
    assert sum(len(names) for names in splits.values()) == PHOTOS
    assert set.union(*splits.values()) == {photo.name for photo in result.photos}


def test_autoencoder_saw_train_photos_only(made: tuple[Path, SynthesizeResult]) -> None:
    for photo in made[1].photos:
        assert photo.seen == (photo.split == "train")


def test_another_test_photo_changes_no_train_fake(
    photos: Path, made: tuple[Path, SynthesizeResult], tmp_path: Path
) -> None:
    held_out = next(photo for photo in made[1].photos if photo.split == "test")
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in photos.iterdir():
        if path.stem != held_out.name:
            (folder / path.name).write_bytes(path.read_bytes())
    _make_photo(_find_replacement(made[1], held_out.digest)).save(folder / f"{held_out.name}.png")
    again = synthesize(_config(folder, tmp_path / "data"))
    assert {p.name: p.split for p in again.photos} == {p.name: p.split for p in made[1].photos}
    for tile in (made[0] / "train" / "fake").iterdir():
        assert _difference(tile, tmp_path / "data" / "train" / "fake" / tile.name) <= 3


def _find_replacement(result: SynthesizeResult, digest: str) -> int:
    """Return the seed of a photo that falls into the same split and leaves the others where they are."""
    for seed in range(100, 200):
        pixels = np.asarray(_make_photo(seed))
        other = digest_pixels(pixels)
        swapped = [(False, other if photo.digest == digest else photo.digest) for photo in result.photos]
        if split_photos(swapped, seed=0) == [photo.split for photo in result.photos]:
            return seed
    raise AssertionError("no photo falls into the same split")


def _difference(one: Path, other: Path) -> int:
    return int(
        np.abs(np.asarray(Image.open(one), dtype=int) - np.asarray(Image.open(other), dtype=int)).max()
    )


def test_pairs_match_in_name_size_and_bytes(made: tuple[Path, SynthesizeResult]) -> None:
    output, result = made
    reals, fakes = _tiles(output, "real"), _tiles(output, "fake")
    assert [path.name for path in reals] == [path.name for path in fakes]
    assert len({path.stat().st_size for path in reals + fakes}) == 1
    assert {Image.open(path).size for path in reals + fakes} == {(32, 32)}
    assert len(reals) + len(fakes) == sum(result.count(split) for split in Split)


def test_metadata_tell_nothing(made: tuple[Path, SynthesizeResult]) -> None:
    assert made[1].metadata_auc == pytest.approx(0.5, abs=0.01)


def test_real_tiles_are_the_photo_untouched(photos: Path, made: tuple[Path, SynthesizeResult]) -> None:
    tile = next(tile for tile in _tiles(made[0], "real") if (photos / f"{_photo_of(tile)}.png").exists())
    photo = np.asarray(Image.open(photos / f"{_photo_of(tile)}.png"))
    windows = np.lib.stride_tricks.sliding_window_view(photo, (32, 32), axis=(0, 1))
    pixels = np.moveaxis(np.asarray(Image.open(tile)), -1, 0)
    assert (windows == pixels).all(axis=(2, 3, 4)).sum() == 1


def test_fakes_differ_from_their_reals(made: tuple[Path, SynthesizeResult]) -> None:
    output, _ = made
    for fake in _tiles(output, "fake"):
        real = fake.parents[1] / "real" / fake.name
        assert fake.read_bytes() != real.read_bytes()


@pytest.mark.usefixtures("compiled")
def test_training_brings_the_fakes_close_to_their_reals(photos: Path, tmp_path: Path) -> None:
    result = synthesize(_config(photos, tmp_path / "data", steps=40))
    assert 0.3 < result.quality.difference < 15
    assert result.quality.psnr_db > 22


def test_report_holds_what_was_returned(made: tuple[Path, SynthesizeResult]) -> None:
    report = json.loads((made[0] / REPORT_NAME).read_text())
    assert report["metadata_auc"] == made[1].metadata_auc
    assert [photo["digest"] for photo in report["photos"]] == [photo.digest for photo in made[1].photos]
    assert report["config"]["seed"] == 0


def test_same_seed_same_tiles(photos: Path, made: tuple[Path, SynthesizeResult], tmp_path: Path) -> None:
    synthesize(_config(photos, tmp_path / "again"))
    for label in ("real", "fake"):
        first, second = _tiles(made[0], label), _tiles(tmp_path / "again", label)
        assert [path.name for path in first] == [path.name for path in second]
        assert max(_difference(*pair) for pair in zip(first, second, strict=True)) <= (label == "fake") * 3


def test_a_duplicate_is_used_once_and_an_unreadable_file_is_reported(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for path in photos.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    Image.open(folder / "photo0.png").save(folder / "copy.bmp")  # the same pixels in another file
    (folder / "broken.jpg").write_bytes(b"no image")
    _make_photo(90, (40, 40)).save(folder / "small.png")
    Image.new("RGB", (200, 200), "grey").save(folder / "flat.png")
    result = synthesize(_config(folder, tmp_path / "data", tiles_per_photo=2))
    assert len(result.photos) == PHOTOS
    reasons = " / ".join(result.skipped)
    assert len(result.skipped) == 4
    for word in ("broken.jpg", "same picture", "small.png: 40 x 40 px", "flat"):
        assert word in reasons


def test_photos_of_one_name_keep_apart(tmp_path: Path) -> None:
    for index in range(4):
        (tmp_path / "photos" / str(index)).mkdir(parents=True)
        _make_photo(index).save(tmp_path / "photos" / str(index) / "img.png")
    result = synthesize(_config(tmp_path / "photos", tmp_path / "data", tiles_per_photo=3))
    assert len({photo.name for photo in result.photos}) == 4
    assert len(_tiles(tmp_path / "data", "real")) == 12


def test_three_photos_are_enough_and_two_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(2):
        _make_photo(index).save(folder / f"{index}.png")
    with pytest.raises(UsageError, match="2 of 2 photos can be used, at least 3"):
        synthesize(_config(folder, tmp_path / "data"))
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]
    _make_photo(2).save(folder / "2.png")
    result = synthesize(_config(folder, tmp_path / "data", tiles_per_photo=3))
    assert {photo.split for photo in result.photos} == set(Split)


@pytest.mark.parametrize("count", [3, 4, 5, 7, 10, 101])
def test_every_split_gets_a_photo(count: int) -> None:
    photos = [(index % 3 == 0, f"{index:064x}") for index in range(count)]
    splits = split_photos(photos, seed=0)
    assert set(splits) == set(Split)
    assert split_photos(photos[::-1], seed=0) == splits[::-1]
    assert splits.count(Split.TRAIN) >= count // 3


def test_every_split_gets_its_share_of_grey_photos() -> None:
    photos = [(index % 2 == 0, f"{index:064x}") for index in range(20)]
    splits = split_photos(photos, seed=0)
    for split in Split:
        grey = [is_grey for (is_grey, _), part in zip(photos, splits, strict=True) if part is split]
        assert sum(grey) == len(grey) / 2


def test_another_seed_splits_otherwise() -> None:
    photos = [(False, f"{index:064x}") for index in range(20)]
    assert split_photos(photos, seed=0) != split_photos(photos, seed=1)


def test_existing_output_is_refused_and_kept(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="not empty: give another -o"):
        synthesize(_config(photos, tmp_path / "data"))
    assert (tmp_path / "data" / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize(
    ("change", "words"),
    [({"photos": "nowhere"}, "not a folder"), ({"tile_size": 4}, "tile size"), ({"steps": 0}, "at least 1")],
)
def test_unusable_settings_are_one_line(
    photos: Path, tmp_path: Path, change: dict[str, int], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        synthesize(replace(_config(photos, tmp_path / "data"), **change))
    assert not list(tmp_path.iterdir())


def test_fakes_are_not_written_among_the_photos(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(photos)
    for output in (photos / "made" / "data", tmp_path / "link" / "data"):
        config = _config(photos, output)
        whole = WholeConfig(photos=str(photos), output=output)
        pairs = PairsConfig(photos=str(photos), output=output)
        for check in (
            lambda config=config: synthesize(config),
            lambda whole=whole: synthesize_whole(whole),
            lambda pairs=pairs: synthesize_pairs(pairs, None),
        ):
            with pytest.raises(UsageError, match="fakes would be taken for photos the next time"):
                check()


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(UsageError, match="holds no images"):
        synthesize(_config(tmp_path / "photos", tmp_path / "data"))


def test_an_interruption_leaves_nothing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = 0
    save = subject.save_tile

    def interrupt(path: Path, tile: np.ndarray) -> None:
        nonlocal saved
        saved += 1
        if saved > 10:
            raise KeyboardInterrupt
        save(path, tile)

    monkeypatch.setattr(subject, "save_tile", interrupt)
    with pytest.raises(KeyboardInterrupt):
        synthesize(_config(photos, tmp_path / "data"))
    assert saved > 10
    assert not list(tmp_path.iterdir())


def _crops(count: int = 32) -> np.ndarray:
    return np.stack([np.asarray(_make_photo(seed, (CROP_PX, CROP_PX))) for seed in range(count)])


def test_regenerating_in_blocks_is_regenerating_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = train_autoencoder(_crops(), AutoencoderConfig(steps=1))
    rng = np.random.default_rng(0)
    weights = trained.model.get_weights()
    trained.model.set_weights([weight + 0.05 * rng.normal(size=weight.shape) for weight in weights])
    photo = np.asarray(_make_photo(50, (250, 331)))
    whole = regenerate(trained, photo)
    monkeypatch.setattr("fakelens.train.fakes.autoencoder._BLOCK_PX", 64)
    blocks = regenerate(trained, photo)
    assert whole.shape == photo.shape
    inside = np.s_[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    assert np.abs(whole[inside].astype(int) - blocks[inside]).max() <= 1


def test_grey_stays_grey() -> None:
    grey = np.asarray(_make_photo(1).convert("L").convert("RGB"))
    fake = regenerate(train_autoencoder(_crops(), AutoencoderConfig(steps=1)), grey)
    assert (fake == fake[..., :1]).all()
    assert (fake != grey).any()


def test_a_fake_gets_the_jpeg_history_of_its_photo(tmp_path: Path) -> None:
    _make_photo(1).save(tmp_path / "a.jpg", quality=40)
    _make_photo(1).save(tmp_path / "a.png")
    fake = np.asarray(_make_photo(2))
    assert (compress_like(tmp_path / "a.png", fake) == fake).all()
    Image.fromarray(fake).save(tmp_path / "b.jpg", quality=40)
    assert (compress_like(tmp_path / "a.jpg", fake) == np.asarray(Image.open(tmp_path / "b.jpg"))).all()
