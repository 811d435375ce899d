from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.train.fakes.originals import Original, choose_evenly, find_originals, load_cut


def _write(path: Path, seed: int = 0, side: int = 8) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)).save(path)
    return path


def test_given_splits_are_kept_and_only_reals_are_taken(tmp_path: Path) -> None:
    for name in ("a/train/real/1.png", "a/test/Real/2.png", "b/Train/real/3.png", "b/valid/real/4.png"):
        _write(tmp_path / name)
    for name in ("a/train/fake/5.png", "fakes_only/train/fake/6.png", "b/stray.png"):
        _write(tmp_path / name)
    found = {(photo.source, photo.path.name, photo.split) for photo in find_originals(tmp_path, 0)}
    assert found == {
        ("a", "1.png", Split.TRAIN),
        ("a", "2.png", Split.TEST),
        ("b", "3.png", Split.TRAIN),
        ("b", "4.png", Split.VAL),
    }
    assert [photo.source for photo in find_originals(tmp_path / "a", 0)] == ["a", "a"]


def test_a_plain_folder_is_split_by_content(tmp_path: Path) -> None:
    for seed in range(10):
        _write(tmp_path / f"{seed}.png", seed)
    _write(tmp_path / "copies" / "copy.png", 3)
    photos = {photo.path.name: photo.split for photo in find_originals(tmp_path, 0)}
    assert set(photos.values()) == set(Split)
    assert photos["copy.png"] is photos["3.png"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "holds 0 photos, at least 3"),
        (["1.png", "2.png"], "at least 3 are needed"),
        (["test/real/1.png"], "put real photos into train/real/"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, names: list[str], words: str) -> None:
    for seed, name in enumerate(names):
        _write(tmp_path / "photos" / name, seed)
    (tmp_path / "photos").mkdir(exist_ok=True)
    with pytest.raises(UsageError, match=words):
        find_originals(tmp_path / "photos", 0)
    with pytest.raises(UsageError, match="not a folder"):
        find_originals(tmp_path / "gone", 0)


def _list_originals(**sizes: int) -> list[Original]:
    return [
        Original(path=Path(source) / f"{number:05d}.jpg", source=source, split=Split.TRAIN)
        for source, size in sizes.items()
        for number in range(size)
    ]


def _count(photos: list[Original]) -> dict[str, int]:
    return {source: sum(p.source == source for p in photos) for source in {p.source for p in photos}}


def test_a_large_source_does_not_drown_the_others() -> None:
    photos = _list_originals(huge=20_000, large=1000, small=30)
    assert _count(choose_evenly(photos, 90, 0, "x")) == {"huge": 30, "large": 30, "small": 30}
    assert _count(choose_evenly(photos, 630, 0, "x")) == {"huge": 300, "large": 300, "small": 30}
    assert len(choose_evenly(photos, 10**6, 0, "x")) == len(photos)


def test_the_choice_hangs_on_seed_and_purpose() -> None:
    photos = _list_originals(a=300, b=300)
    assert choose_evenly(photos, 40, 0, "x") == choose_evenly(photos, 40, 0, "x")
    assert choose_evenly(photos, 40, 0, "x") != choose_evenly(photos, 40, 1, "x")
    assert choose_evenly(photos, 40, 0, "x") != choose_evenly(photos, 40, 0, "y")


def test_a_large_photo_is_cut_in_the_middle_on_the_jpeg_grid(tmp_path: Path) -> None:
    path = _write(tmp_path / "large.png", 1, 150)
    whole, cut = np.asarray(Image.open(path)), load_cut(path, 96, 64)
    assert (cut == whole[16 : 16 + 96, 16 : 16 + 96]).all()
    assert (load_cut(path, 150, 64) == whole).all()
    with pytest.raises(ImageError, match="150 x 150 px, at least 160 x 160"):
        load_cut(path, 512, 160)
