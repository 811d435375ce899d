"""Statements in the boxes of a JPEG XL container are read as those of other files."""

import pytest

from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    EXIF,
    STORE,
    XMP,
    make_box,
)


def make_jxl(*boxes: tuple[bytes, bytes]) -> bytes:
    """The boxes of a JPEG XL file without a picture: what stands in it can be read all the same."""
    head = b"\0\0\0\x0cJXL \r\n\x87\n" + make_box(b"ftyp", b"jxl \0\0\0\0jxl ")
    return head + make_box(b"jxlc", b"\xff\x0a") + b"".join(make_box(*box) for box in boxes)


FILES = {
    "C2PA": (make_jxl((b"jumb", STORE[8:])), Source.C2PA),
    "XMP": (make_jxl((b"free", b"x"), (b"xml ", XMP)), Source.XMP),
    "EXIF": (make_jxl((b"Exif", b"\0\0\0\2xx" + EXIF)), Source.EXIF),
}


@pytest.mark.parametrize("name", FILES)
def test_a_statement_is_found(name: str) -> None:
    file, source = FILES[name]
    found = read_evidence(file)
    assert [item.source for item in found if item.strength is Strength.DECLARES_GENERATED] == [source]
    assert found[0].where.startswith(("box ", "C2PA"))


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_says_the_same_or_less(name: str) -> None:
    file, _ = FILES[name]
    whole = {(item.source, item.strength) for item in read_evidence(file)}
    for end in range(0, len(file), max(1, len(file) // 60)):
        assert {(item.source, item.strength) for item in read_evidence(file[:end])} <= whole


@pytest.mark.parametrize("length", [0, 1, 7, 1 << 31, (1 << 32) - 1])
def test_a_wild_length_ends_the_reading(length: int) -> None:
    file = make_jxl() + length.to_bytes(4, "big") + b"jumb" + bytes(60)
    assert read_evidence(file) == ()


def test_a_bare_stream_says_nothing() -> None:
    assert read_evidence(b"\xff\x0a" + XMP) == ()
