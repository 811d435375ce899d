"""Where no reader looks, the answer says so, not that nothing was found."""

import struct
from pathlib import Path

import pytest

from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.provenance.unsearched import find_unsearched
from tests.conftest import Fakelens
from tests.edge_runtime.provenance.conftest import (
    A1111,
    make_box,
    make_gif,
    make_heif,
    make_jpeg,
    make_picture,
    make_png,
    make_webp,
    make_xmp,
)
from tests.edge_runtime.provenance.containers.test_jxl import make_jxl

FTYP = make_box(b"ftyp", b"isom\0\0\2\0isommp42")


def make_movie(*handlers: bytes) -> bytes:
    tracks = [
        make_box(b"trak", make_box(b"mdia", make_box(b"hdlr", bytes(8) + kind + bytes(13))))
        for kind in handlers
    ]
    return FTYP + make_box(b"moov", b"".join(tracks)) + make_box(b"mdat", b"media")


UNSEARCHED = {
    "MKV": (b"\x1a\x45\xdf\xa3" + bytes(60), "there is no reader here for Matroska and WebM files"),
    "AVI": (b"RIFF" + struct.pack("<I", 60) + b"AVI " + bytes(52), "there is no reader here for AVI files"),
    "MPEG": (b"\0\0\1\xba" + bytes(60), "there is no reader here for such videos"),
    "PSD": (b"8BPS" + bytes(60), "there is no reader here for pictures of such a format"),
    "RAF": (b"FUJIFILMCCD-RAW" + bytes(60), "there is no reader here for such raw files"),
    "sound": (make_movie(b"soun"), "it holds sound alone"),
    "JPEG XL": (make_jxl((b"brob", b"xml " + b"packed")), "boxes that Brotli compressed"),
}


@pytest.mark.parametrize("name", UNSEARCHED)
def test_what_is_not_searched_is_said(name: str, tmp_path: Path) -> None:
    file, reason = UNSEARCHED[name]
    note = Evidence(source=Source.FILE, strength=Strength.NOTE, what=f"not searched: {reason}")
    (tmp_path / "file").write_bytes(file)
    assert find_unsearched(file) == find_unsearched(tmp_path / "file") == (note,)
    assert Inspection(file).conclude() == Inspection(tmp_path / "file").conclude() == (note,)


@pytest.mark.parametrize(
    "file",
    [
        *(make_jpeg(), make_png(), make_webp(), make_gif(), make_heif(xmp=make_xmp()), make_picture("TIFF")),
        *(make_picture("BMP"), make_jxl(), make_jxl((b"brob", b"jbrd")), b"\xff\x0a" + bytes(60)),
        *(make_movie(b"soun", b"vide"), make_movie(b"vide"), make_movie(), b"", b"text"),
    ],
)
def test_nothing_is_said_of_what_is_searched_all_over(file: bytes) -> None:
    assert find_unsearched(file) == ()
    assert Inspection(file).conclude() == ()


def test_a_listing_says_so_and_of_a_picture_that_is_cut_short_too(fakelens: Fakelens, tmp_path: Path) -> None:
    whole = make_webp((b"XMP ", make_xmp()), (b"JUNK", A1111.encode()))
    (tmp_path / "cut.webp").write_bytes(whole[: len(whole) // 3])
    (tmp_path / "whole.webp").write_bytes(whole)
    (tmp_path / "clip.avi").write_bytes(UNSEARCHED["AVI"][0])
    done = fakelens("check", "--evidence-only", tmp_path)
    assert done.returncode == 0
    assert [line.strip() for line in done.stdout.splitlines()[1::2]] == [
        "note: not searched: there is no reader here for AVI files",
        "note: not searched: marks in its pixels, and what may stand behind them: it does not decode",
        "no statement found: most real and most fake pictures have none",
    ]
