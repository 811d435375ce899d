"""Whatever a decoder raises becomes one line that names the file, the reason and what to do."""

import io
from pathlib import Path

import pytest
from PIL import Image, features

from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.edge_runtime.pictures.refusal import explain


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(), "a.jpg: no such file"),
        (MemoryError(), "a.jpg: takes more memory than there is; scale it down first"),
        (PermissionError(13, "Permission denied"), "a.jpg: cannot be read (Permission denied)"),
        (SyntaxError("broken\n  header"), "a.jpg: cannot be decoded, damaged or incomplete (broken header)"),
        (
            OSError("Generic error. Please build `lib` from source."),
            "a.jpg: cannot be decoded, damaged or incomplete (Generic error)",
        ),
        (Image.DecompressionBombError(), "a.jpg: over the limit of 128 megapixels; scale it down, or lift "),
    ],
)
def test_each_error_has_its_line(error: Exception, line: str) -> None:
    assert str(explain(Path("a.jpg"), error, 128)).startswith(line)


def test_a_folder_is_called_one_and_an_empty_one_that(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"is a folder without images$"):
        load_image(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ImageError, match=r"is a folder without images; 1 not an image$"):
        load_image(tmp_path)
    (tmp_path / "a.jpg").touch()
    with pytest.raises(ImageError, match="is a folder, not an image"):
        load_image(tmp_path)


def test_a_link_to_nothing_and_a_pattern_without_a_match_are_called_so(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    with pytest.raises(ImageError, match=r"a link to nothing$"):
        load_image(tmp_path / "gone.jpg")
    with pytest.raises(ImageError, match="no such file, and the pattern matches none"):
        load_image(tmp_path / "*.png")


def test_an_avif_that_its_decoder_refuses_is_not_called_damaged() -> None:
    if not features.check("avif"):
        pytest.skip("this Pillow decodes no AVIF")
    stream = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(stream, "AVIF")
    content = stream.getvalue()
    place = content.index(b"ispe") + 8
    large = content[:place] + (17_000).to_bytes(4, "big") * 2 + content[place + 8 :]
    with pytest.raises(ImageError, match="stdin: 17000 x 17000 px are over the limit of what decodes AVIF"):
        load_image(large)


@pytest.mark.parametrize(
    "head", [b"PK\3\4", b"\x1f\x8b\x08", b"BZh9", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7", bytes(257) + b"ustar"]
)
def test_an_archive_is_to_be_unpacked(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "pictures.zip").write_bytes(head + bytes(300))
    for source in (tmp_path / "pictures.zip", head + bytes(300)):
        with pytest.raises(ImageError, match=r"an archive, not an image; unpack it and give the folder$"):
            load_image(source)


def test_a_document_that_is_a_zip_is_no_archive_to_unpack() -> None:
    with pytest.raises(ImageError, match="not an image"):
        load_image(b"PK\3\4" + bytes(26) + b"mimetypeimage/openraster" + bytes(300))
