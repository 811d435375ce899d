import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.audit.dataset_audit import AuditConfig, audit
from fakelens.train.audit.equalize import EqualizeConfig, EqualizeResult, equalize, looks_equalized
from fakelens.train.audit.headers import read_header
from tests.train.conftest import write_pictures

COUNT = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, EqualizeResult]:
    """JPEG reals with EXIF against PNG fakes, and their equalized copy."""
    data = tmp_path_factory.mktemp("data")
    for path in write_pictures(data / "train" / "Real", COUNT, ".jpeg", quality=92):
        exif = Image.Exif()
        exif[271] = "Camera"
        Image.open(path).save(path, exif=exif, comment=b"real", dpi=(300, 300))
    write_pictures(data / "train" / "fake" / "below", COUNT, ".png")
    output = data.with_name("equalized")
    return data, output, equalize(EqualizeConfig(data=data, output=output))


def list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_folders_and_names_stay(made: tuple[Path, Path, EqualizeResult]) -> None:
    data, output, result = made
    assert [path.relative_to(output) for path in list_files(output)] == [
        path.relative_to(data).with_suffix(".jpg") for path in list_files(data)
    ]
    assert result.written == (COUNT, COUNT)
    assert result.broken == ()


def test_metadata_tell_the_class_before_and_no_longer_after(made: tuple[Path, Path, EqualizeResult]) -> None:
    before, after = (audit(AuditConfig(data=folder)).metadata for folder in made[:2])
    assert before is not None
    assert after is not None
    assert before.auc.value > 0.99
    assert after.auc.value == pytest.approx(0.5, abs=0.13)


def test_files_are_bare_jpegs_of_one_kind_and_many_qualities(
    made: tuple[Path, Path, EqualizeResult],
) -> None:
    headers = [read_header(path) for path in list_files(made[1])]
    assert {(header.file_type, header.jpeg_subsampling) for header in headers} == {("JPEG", "4:2:0")}
    assert {(header.exif, header.icc_profile, header.other_chunks) for header in headers} == {
        ("none", "none", "APP0")
    }
    assert len({header.jpeg_tables for header in headers}) > 10
    assert looks_equalized(headers)
    assert not looks_equalized([read_header(path) for path in list_files(made[0])])
    assert not looks_equalized(headers[:1] * 100)  # one quality: any tool writes that


def test_the_encoding_knows_nothing_of_class_name_or_format(tmp_path: Path) -> None:
    for path in write_pictures(tmp_path / "data" / "real", 5, ".png"):
        target = tmp_path / "data" / "fake" / f"other-{path.stem}.bmp"
        target.parent.mkdir(exist_ok=True)
        Image.open(path).save(target)
    equalize(EqualizeConfig(data=tmp_path / "data", output=tmp_path / "out"))
    reals, fakes = (list_files(tmp_path / "out" / label) for label in ("real", "fake"))
    assert [path.read_bytes() for path in reals] == [path.read_bytes() for path in fakes]


def test_a_crop_makes_dimensions_equal_and_leaves_out_what_is_smaller(tmp_path: Path) -> None:
    for label, side in (("real", 48), ("fake", 64)):
        write_pictures(tmp_path / "data" / label, 4, ".png")
        noise = np.random.default_rng(side).integers(0, 256, (side, side + 9, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "data" / label / "large.png")
    Image.new("RGB", (48, 20)).save(tmp_path / "data" / "fake" / "flat.png")
    result = equalize(EqualizeConfig(data=tmp_path / "data", output=tmp_path / "out", crop=32))
    assert {Image.open(path).size for path in list_files(tmp_path / "out")} == {(32, 32)}
    assert (result.written, result.too_small, result.broken) == ((5, 5), (0, 1), ())


def test_broken_files_are_left_out_and_named(tmp_path: Path) -> None:
    for label in ("real", "fake"):
        write_pictures(tmp_path / "data" / label, 3, ".jpg")
    (tmp_path / "data" / "real" / "text.jpg").write_text("no image")
    Image.new("L", (70_000, 1)).save(tmp_path / "data" / "fake" / "long.png")
    result = equalize(EqualizeConfig(data=tmp_path / "data", output=tmp_path / "out"))
    assert result.written == (3, 3)
    assert "text.jpg: not an image" in result.broken[0]
    assert "long.png: 70000 x 1 px, no JPEG can hold" in result.broken[1]
    assert not (tmp_path / "out" / "real" / "text.jpg").exists()


def test_two_names_that_become_one_are_kept_apart(tmp_path: Path) -> None:
    for label in ("real", "fake"):
        for suffix in (".png", ".bmp"):
            path = write_pictures(tmp_path / "data" / label, 1, suffix, seed=len(suffix) + ord(suffix[1]))[0]
            path.rename(path.with_name(f"same{suffix}"))
    assert equalize(EqualizeConfig(data=tmp_path / "data", output=tmp_path / "out")).written == (2, 2)
    assert [path.name for path in list_files(tmp_path / "out" / "real")] == ["same-2.jpg", "same.jpg"]


def test_a_grey_image_becomes_a_colour_jpeg_like_the_others(tmp_path: Path) -> None:
    for label in ("real", "fake"):
        write_pictures(tmp_path / "data" / label, 1, ".png")
    Image.new("L", (32, 32), 90).save(tmp_path / "data" / "real" / "grey.jpg")
    equalize(EqualizeConfig(data=tmp_path / "data", output=tmp_path / "out"))
    with Image.open(tmp_path / "out" / "real" / "grey.jpg") as image:
        assert (image.mode, JpegImagePlugin.get_sampling(image)) == ("RGB", 2)


@pytest.mark.parametrize(
    ("output", "crop", "message"),
    [
        ("full", None, "is not empty: give another --equalize"),
        ("data/inside", None, "lies inside"),
        ("new", 7, "--crop is 7"),
        ("new", 64, "nothing would be left of one class"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(
    tmp_path: Path, output: str, crop: int | None, message: str
) -> None:
    for label in ("real", "fake"):
        write_pictures(tmp_path / "data" / label, 2, ".png")
    shutil.copytree(tmp_path / "data", tmp_path / "full")
    before = list_files(tmp_path)
    with pytest.raises(UsageError, match=message):
        equalize(EqualizeConfig(data=tmp_path / "data", output=tmp_path / output, crop=crop))
    assert list_files(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"data", "full"}
