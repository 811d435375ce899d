"""Each container hands over the same parts, wherever they stand in it."""

import struct

import pytest

from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    EXIF,
    STORE,
    XMP,
    created,
    encode_cbor,
    make_app11,
    make_blocks,
    make_box,
    make_gif,
    make_heif,
    make_iptc,
    make_jpeg,
    make_png,
    make_segment,
    make_superbox,
    make_text_png,
    make_webp,
    make_xmp,
)

LOOSE = make_superbox("c2pa.actions.v2", b"cbor", make_box(b"cbor", encode_cbor({"actions": [created()]})))


def make_tiff(tag: int, data: bytes) -> bytes:
    entry = struct.pack(">HHII", tag, 7, len(data), 26)
    return b"MM\0*\0\0\0\x08\0\1" + entry + bytes(4) + data


def gif_xmp() -> bytes:
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    return b"\x21\xff\x0bXMP DataXMP" + XMP + trailer


def raw_profile(kind: str, data: bytes) -> bytes:
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return make_text_png(f"Raw profile type {kind}", f"\n{kind} profile\n{len(data):8}\n{lines}\n", b"zTXt")


FILES = {
    "JPEG, C2PA": (make_jpeg(*make_app11(STORE)), Source.C2PA),
    "JPEG, C2PA in many segments": (make_jpeg(*make_app11(STORE, 60)), Source.C2PA),
    "JPEG, C2PA in segments out of order": (make_jpeg(*reversed(make_app11(STORE, 60))), Source.C2PA),
    "JPEG, C2PA behind the picture": (make_jpeg(behind=LOOSE), Source.C2PA),
    "JPEG, XMP": (make_jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)), Source.XMP),
    "JPEG, more XMP": (
        make_jpeg(
            *(
                (
                    0xE1,
                    b"http://ns.adobe.com/xmp/extension/\0"
                    + b"0" * 32
                    + struct.pack(">II", len(XMP), at)
                    + XMP[at : at + 300],
                )
                for at in range(0, len(XMP), 300)
            )
        ),
        Source.XMP,
    ),
    "JPEG, EXIF": (make_jpeg((0xE1, b"Exif\0\0" + EXIF)), Source.EXIF),
    "JPEG, padded markers": (
        make_jpeg((0xFE, b"x"))
        .replace(b"\xff\xfe", b"\xff\xff\xff\xfe", 1)
        .replace(b"\xff\xd8", b"\xff\xd8" + make_segment(0xE1, b"Exif\0\0" + EXIF), 1),
        Source.EXIF,
    ),
    "PNG, C2PA": (make_png((b"caBX", STORE)), Source.C2PA),
    "PNG, C2PA behind the picture": (make_png(behind=LOOSE), Source.C2PA),
    "PNG, XMP": (make_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)), Source.XMP),
    "PNG, EXIF": (make_png((b"eXIf", EXIF)), Source.EXIF),
    "PNG, a raw profile of EXIF": (raw_profile("exif", b"Exif\0\0" + EXIF), Source.EXIF),
    "PNG, a raw profile of XMP": (raw_profile("xmp", XMP), Source.XMP),
    "PNG, a raw profile of IPTC": (raw_profile("iptc", make_iptc(110, b"AI Generated")), Source.IPTC),
    "WebP, C2PA": (make_webp((b"C2PA", STORE)), Source.C2PA),
    "WebP, XMP behind an odd chunk": (make_webp((b"ABCD", b"odd"), (b"XMP ", XMP)), Source.XMP),
    "WebP, EXIF": (make_webp((b"EXIF", b"Exif\0\0" + EXIF)), Source.EXIF),
    "GIF, C2PA": (make_gif(b"\x21\xff\x0bC2PA_GIF\1\0\0" + make_blocks(STORE)), Source.C2PA),
    "GIF, XMP": (make_gif(gif_xmp()), Source.XMP),
    "TIFF, C2PA": (make_tiff(0xCD41, STORE), Source.C2PA),
    "TIFF, XMP": (make_tiff(0x02BC, XMP), Source.XMP),
    "TIFF, IPTC": (make_tiff(0x83BB, make_iptc(110, b"AI Generated")[12:]), Source.IPTC),
    "TIFF, IPTC in Photoshop's resources": (
        make_tiff(0x8649, make_iptc(110, b"AI Generated")),
        Source.IPTC,
    ),
    "TIFF, its own tags": (EXIF, Source.EXIF),
    "HEIF, C2PA": (make_heif(STORE), Source.C2PA),
    "HEIF, XMP": (make_heif(xmp=XMP), Source.XMP),
    "HEIF, EXIF": (make_heif(exif=EXIF, xmp=make_xmp()), Source.EXIF),
}


@pytest.mark.parametrize("name", FILES)
def test_a_statement_is_found_in_every_container(name: str) -> None:
    file, source = FILES[name]
    found = read_evidence(file)
    assert [item.source for item in found if item.strength is Strength.DECLARES_GENERATED] == [source]


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_says_the_same_or_less(name: str) -> None:
    file, _ = FILES[name]
    whole = {(item.source, item.strength) for item in read_evidence(file)}
    for end in range(0, len(file), max(1, len(file) // 60)):
        assert {(item.source, item.strength) for item in read_evidence(file[:end])} <= whole


def test_the_place_in_the_file_is_named() -> None:
    found = read_evidence(make_png((b"caBX", STORE)))
    assert found[0].where == "PNG chunk caBX at byte 33"


def make_big_tiff(order: str, *entries: tuple[int, int, bytes], behind: bytes = b"") -> bytes:
    """A BigTIFF with these tags, types and values; longer values lie behind the directory."""
    head = (b"II+\0" if order == "<" else b"MM\0+") + struct.pack(f"{order}HHQ", 8, 0, 16)
    table, values = struct.pack(f"{order}Q", len(entries)), b""
    values_at = 16 + 8 + 20 * len(entries) + 8
    for tag, kind, value in entries:
        count = len(value) if kind == 7 else 1
        table += struct.pack(f"{order}HHQ", tag, kind, count)
        table += (
            value.ljust(8, b"\0") if len(value) <= 8 else struct.pack(f"{order}Q", values_at + len(values))
        )
        values += value if len(value) > 8 else b""
    return head + table + bytes(8) + values + behind


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_wide_offsets_says_what_others_say(order: str) -> None:
    for tag, data, source in ((0x02BC, XMP, Source.XMP), (0xCD41, STORE, Source.C2PA)):
        file = make_big_tiff(order, (tag, 7, data))
        found = [item for item in read_evidence(file) if item.strength is Strength.DECLARES_GENERATED]
        assert [item.source for item in found] == [source]
        for end in range(0, len(file), max(1, len(file) // 60)):
            assert {item.source for item in read_evidence(file[:end])} <= {source}
    camera = [(0x010F, 7, b"Canon\0"), (0x0110, 7, b"Canon EOS R5\0")]
    plain = make_big_tiff(order, *camera, (0x8769, 16, bytes(8)))
    pointer = struct.pack(f"{order}Q", len(plain))
    exposure = struct.pack(f"{order}QHHQ", 1, 0x829A, 5, 1) + bytes(16)
    found = list(read_evidence(make_big_tiff(order, *camera, (0x8769, 16, pointer), behind=exposure)))
    assert [item.strength for item in found] == [Strength.SPEAKS_FOR_A_CAMERA]
    assert read_evidence(plain) == ()  # no exposure, no camera
    wild = make_big_tiff(order, (0x02BC, 7, XMP)).replace(struct.pack(f"{order}Q", len(XMP)), b"\xff" * 8)
    assert len(read_evidence(wild)) <= 1
