from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from fakelens.edge_runtime.errors import ImageError
from fakelens.train.audit.headers import read_header

PICTURE = Image.radial_gradient("L").convert("RGB")


def test_a_jpeg_tells_tables_subsampling_and_what_it_carries(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[271] = "Camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    PICTURE.save(path, quality=83, subsampling="4:2:2", progressive=True, exif=exif, icc_profile=profile)
    header = read_header(path)
    assert (header.file_type, header.jpeg_tables, header.jpeg_subsampling) == ("JPEG", "quality 83", "4:2:2")
    assert (header.progressive_or_interlaced, header.exif) == ("yes", "present")
    assert header.icc_profile == f"{len(profile)} bytes"
    assert header.other_chunks == "APP0 APP1 APP2"
    assert (header.width_px, header.height_px, header.size_bytes) == (256, 256, path.stat().st_size)
    assert header.bytes_per_pixel == path.stat().st_size / 256**2


def test_a_grey_jpeg_is_named_by_its_one_table(tmp_path: Path) -> None:
    PICTURE.convert("L").save(tmp_path / "a.jpg", quality=61)
    assert read_header(tmp_path / "a.jpg").jpeg_tables == "quality 61"


def test_tables_of_no_libjpeg_quality_are_told_apart(tmp_path: Path) -> None:
    names = []
    for number in (3, 4, 3):
        PICTURE.save(tmp_path / "a.jpg", qtables=[[number] * 64, [number] * 64])
        names.append(read_header(tmp_path / "a.jpg").jpeg_tables)
    assert names[0].startswith("own ")
    assert names[0] == names[2] != names[1]


def test_a_prompt_in_a_png_is_seen(tmp_path: Path) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", "a photo of a cat")
    PICTURE.save(tmp_path / "a.png", pnginfo=text)
    header = read_header(tmp_path / "a.png")
    assert (header.file_type, header.jpeg_tables, header.other_chunks) == ("PNG", "none", "parameters")


def test_names_and_times_are_no_facts(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "a.jpg")
    (tmp_path / "b.jpeg").write_bytes((tmp_path / "a.jpg").read_bytes())
    assert read_header(tmp_path / "a.jpg") == read_header(tmp_path / "b.jpeg")


@pytest.mark.parametrize(("content", "reason"), [(b"", "is empty"), (b"text", "not an image")])
def test_a_file_without_a_header_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason):
        read_header(path)


def test_a_folder_or_a_gap_says_why(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read_header(tmp_path / "gone.jpg")
    with pytest.raises(ImageError, match="is a folder"):
        read_header(tmp_path)
