import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.modelfile.contract import InputSpec
from fakelens.edge_runtime.pictures.preprocess import fit_image, load_image
from fakelens.train.data.arrays import decode_files
from tests.train.conftest import write_images

SPEC = InputSpec(size=12)


def test_rows_are_the_bytes_the_runtime_sees(tmp_path: Path) -> None:
    paths = write_images(tmp_path, 5, 128, 0)
    decoded = decode_files(paths, SPEC)
    for path, row in zip(paths, decoded.images, strict=True):
        np.testing.assert_array_equal(row, fit_image(load_image(path), SPEC)[0])


def test_a_large_jpeg_is_decoded_reduced_for_a_look_and_kept_apart(tmp_path: Path) -> None:
    coarse = Image.fromarray(np.random.default_rng(0).integers(0, 256, (5, 5, 3), np.uint8))
    paths = [tmp_path / "large.jpg", tmp_path / "small.jpg", tmp_path / "large.png"]
    for path, side in zip(paths, (200, 40, 200), strict=True):
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(path)
    whole, look = decode_files(paths, SPEC).images, decode_files(paths, SPEC, least_px=24).images
    np.testing.assert_array_equal(look[1:], whole[1:])
    differences = np.abs(look[0].astype(float) - whole[0])
    assert 0 < differences.mean() < 2
    np.testing.assert_array_equal(decode_files(paths, SPEC).images, whole)
    with Image.open(paths[0]) as image:
        image.draft(None, (24, 24))
        assert image.size == (25, 25)
        np.testing.assert_array_equal(look[0], fit_image(image.convert("RGB"), SPEC)[0])


def test_unchanged_files_are_not_read_again(tmp_path: Path) -> None:
    paths = write_images(tmp_path, 3, 128, 0)
    first = decode_files(paths, SPEC)
    facts = paths[0].stat()
    paths[0].write_bytes(b"x" * facts.st_size)  # other bytes behind the same name, size and time
    os.utime(paths[0], ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert decode_files(paths, SPEC).digests == first.digests


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    paths = write_images(tmp_path, 3, 128, 0)
    before = decode_files(paths, SPEC)
    write_images(tmp_path, 1, 20, 9)
    os.utime(paths[0], ns=(1, 1))
    after = decode_files(paths, SPEC)
    assert after.digests[0] != before.digests[0]
    assert after.digests[1:] == before.digests[1:]


def test_an_interrupted_decoding_leaves_no_array(tmp_path: Path, cache: Path) -> None:
    paths = write_images(tmp_path, 2, 128, 0)
    before = set((cache / "arrays").glob("*")) if (cache / "arrays").is_dir() else set()
    with pytest.raises(FileNotFoundError):
        decode_files([*paths, tmp_path / "gone.png"], SPEC)
    assert set((cache / "arrays").glob("*")) == before


def test_names_need_not_be_text(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"d\xe9")
    paths = write_images(folder, 3, 128, 0)
    paths[0] = paths[0].rename(folder / os.fsdecode(b"b\xfc\xe9.png"))
    paths.append(folder / os.fsdecode(b"\xff.png"))
    paths[-1].write_bytes(b"no picture")
    decoded = decode_files(paths, SPEC)
    assert list(decoded.errors) == [3]
    assert str(paths[3]) in decoded.errors[3]


def test_the_disk_keeps_room_for_every_image_before_one_is_written(tmp_path: Path, cache: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(40)]
    for path in paths:
        path.write_bytes(b"no picture, so its row is never written")
    before = set((cache / "arrays").glob("*"))
    assert len(decode_files(paths, InputSpec(size=64)).errors) == 40
    (folder,) = set((cache / "arrays").glob("*")) - before
    facts = (folder / "images.npy").stat()
    assert facts.st_blocks * 512 >= facts.st_size
