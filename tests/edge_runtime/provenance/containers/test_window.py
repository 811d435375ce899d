"""Damaged and hostile files: a right answer or none, in bounded time and memory, never an exception."""

import io
import random
import resource
import struct
import time
import zlib

import pytest

from fakelens.benchmarks.studies.hostile_files import damage
from fakelens.edge_runtime.provenance.containers.reader import read_parts
from fakelens.edge_runtime.provenance.credentials.cbor import CborError, decode_cbor
from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    A1111,
    created,
    encode_cbor,
    make_app11,
    make_box,
    make_chunk,
    make_exif,
    make_exif_jpeg,
    make_gif,
    make_heif,
    make_jpeg,
    make_manifest,
    make_png,
    make_store,
    make_superbox,
    make_text_png,
    make_webp,
    make_xmp,
    make_xmp_jpeg,
    source_type,
)

MOST_SECONDS = 10.0  # a loaded machine may be a tenth as fast as a quiet one
MOST_KB = 400 << 10  # beside what the process takes already
MUTATED_QUICK, MUTATED_ALL = 2_000, 20_000


def ask(file: bytes) -> tuple[object, ...]:
    """Read a hostile file within the bounds of time and memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    found = read_evidence(file)
    assert time.process_time() - start < MOST_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KB
    return found


def nest_boxes(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = make_superbox("c2pa", b"c2pa", data)
    return data


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">'.encode() for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + b']><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&j;</rdf:RDF>'
)
GIGABYTE = struct.pack(">I", 1 << 30)

HOSTILE = {
    "boxes nested 10,000 deep": make_png((b"caBX", nest_boxes(10_000))),
    "100,000 boxes side by side": make_png(
        (b"caBX", make_superbox("c2pa", b"c2pa", make_box(b"free", b"") * 100_000))
    ),
    "100,000 labels in one box": make_png(
        (b"caBX", make_box(b"jumb", make_box(b"jumd", bytes(16) + b"\3c2pa\0") * 100_000))
    ),
    "lists nested 100,000 deep": make_png(
        (
            b"caBX",
            make_store(
                make_superbox(
                    "urn:c2pa:1",
                    b"c2ma",
                    make_superbox("c2pa.actions", b"cbor", make_box(b"cbor", b"\x81" * 100_000)),
                )
            ),
        )
    ),
    "a list of 2^63 items": make_png(
        (
            b"caBX",
            make_store(
                make_superbox(
                    "m",
                    b"c2ma",
                    make_superbox("c2pa.actions", b"cbor", make_box(b"cbor", b"\x9b" + b"\x7f" * 8)),
                )
            ),
        )
    ),
    "a box of a gigabyte": make_png((b"caBX", GIGABYTE + make_store()[4:])),
    "a PNG chunk of a gigabyte": make_png()[:33] + GIGABYTE + b"caBX" + make_store(),
    "a chunk of 2^32 - 1 bytes": make_png()[:33] + b"\xff\xff\xff\xfftEXtparameters\0x",
    "a WebP chunk of a gigabyte": make_webp() + b"XMP " + GIGABYTE[::-1] + make_xmp(),
    "a HEIF box of 2^63 bytes": make_heif() + b"\0\0\0\1uuid" + b"\x7f" + b"\xff" * 7,
    "HEIF items without sizes": make_box(b"ftyp", b"heic")
    + make_box(
        b"meta", bytes(4) + make_box(b"iloc", b"\1\0\0\0\0\0\xff\xff" + b"\0\1\0\0\0\0\xff\xff" * 20_000)
    ),
    "a TIFF directory that is its own EXIF directory": b"II*\0\x08\0\0\0\x01\0\x69\x87\4\0\1\0\0\0\x08\0\0\0"
    + bytes(4),
    "a TIFF tag of a gigabyte": b"II*\0\x08\0\0\0\x01\0\xbc\2\7\0"
    + GIGABYTE[::-1]
    + b"\x1a\0\0\0"
    + bytes(4)
    + make_xmp(),
    "1,000 tags over one megabyte": b"II*\0\x08\0\0\0\xe8\3"
    + b"".join(struct.pack("<HHII", 0x9286, 7, 1 << 20, 0) for _ in range(1000))
    + bytes(1 << 20),
    "an entity bomb": make_jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + BOMB)),
    "elements nested 50,000 deep": make_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a>" * 50_000)),
    "declarations without end": make_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a>" + b"<?xml " * 160_000)),
    "prefixes without end": make_png(
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"".join(b"<a%d:b>" % number for number in range(90_000)))
    ),
    "texts that inflate to 3 GB": make_png(
        *[(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(1 << 20)))] * 3000
    ),
    "text cut by 100,000 comments": make_png(
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<a>" + b"x<!---->" * 100_000)
    ),
    "texts that inflate a thousandfold": make_png(
        *[(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(8 << 20)))] * 300
    ),
    "an inflated text that never ends": make_png(
        (b"zTXt", b"parameters\0\0" + zlib.compress(A1111.encode())[:20])
    ),
    "JSON nested 100,000 deep": make_text_png("AIGC", "[" * 100_000),
    "a number of 100,000 digits": make_text_png("AIGC", '{"Label": ' + "1" * 100_000 + "}"),
    "quotes without end": make_text_png("Dream", '"' + 'x" ' * 300_000),
    "labels without end": make_text_png("Comment", '"aigc_info":{' * 70_000),
    "editors' names without end": make_jpeg(behind=b"PhotoEditor_Re_Edit_Data" * 10_000 + b"SEFT"),
    "GIF blocks without end": make_gif(b"\x21\xff\x0bC2PA_GIF\1\0\0" + b"\1x" * 500_000),
    "60,000 empty chunks": make_png()[:33] + make_chunk(b"abCd", b"") * 60_000,
    "60,000 empty segments": b"\xff\xd8" + b"\xff\xe0\0\2" * 60_000,
    "segments of no length": b"\xff\xd8" + b"\xff\xe1\0\0" * 1000,
    "only a signature": b"\x89PNG\r\n\x1a\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_says_nothing_in_bounded_time_and_memory(name: str) -> None:
    found = ask(HOSTILE[name])
    assert not [item for item in found if item.strength is Strength.DECLARES_GENERATED]


def test_a_cut_manifest_says_what_stands_before_the_cut() -> None:
    store = make_store(make_manifest(actions=[created()]))
    behind_actions = store.find(b"c2pa.claim") - 33
    found = read_evidence(make_png((b"caBX", store[:behind_actions])))
    assert [item.strength for item in found] == [Strength.DECLARES_GENERATED, Strength.NOTE]


def test_both_of_two_stores_are_read() -> None:
    camera = make_store(make_manifest(actions=[created("digitalCapture")]))
    generated = make_store(make_manifest(actions=[created()]))
    found = read_evidence(make_png((b"caBX", camera), (b"caBX", generated)))
    assert {item.strength for item in found} >= {Strength.DECLARES_GENERATED, Strength.SPEAKS_FOR_A_CAMERA}


def test_words_are_escaped_and_cut() -> None:
    forged = "a\nREAL   P(fake) 0.000  x.png\x1b[2J\u202e" + "z" * 5000 + A1111
    (found,) = read_evidence(make_text_png("parameters", forged, b"iTXt"))
    assert found.words.isprintable()
    assert len(found.words) <= 160
    assert found.words.startswith("a REAL P(fake) 0.000 x.png\\x1b[2J\\u202ezz")


def test_xmp_with_entities_is_read_up_to_them() -> None:
    value = source_type("trainedAlgorithmicMedia")
    packet = make_xmp(f'ext:DigitalSourceType="{value}"')
    bombed = b'<!DOCTYPE x [<!ENTITY a "b">]>' + packet[packet.find(b"<x:") :]
    assert read_evidence(make_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bombed))) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1b",
        b"\x62a",
        b"\x9f",
        b"\xff",
        b"\x82\xff\x01",
        b"\x1c",
        b"\x81" * 40,
        b"\x9a\xff\xff\xff\xff",
    ],
)
def test_damaged_cbor_ends_in_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(CborError):
        decode_cbor(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (encode_cbor({"a": [1, -1, b"x", "ä", True, None]}), {"a": [1, -1, b"x", "ä", True, None]}),
        (b"\xbf\x61a\x9f\x01\xff\xff", {"a": [1]}),
        (b"\x7f\x61a\x61b\xff", "ab"),
        (b"\x5f\x41a\x41b\xff", b"ab"),
        (b"\xc1\x1a\x00\x00\x00\x05", 5),
        (b"\xf9\x3c\x00", 1.0),
        (b"\xfb\x3f\xf0\0\0\0\0\0\0", 1.0),
        (b"\xf7", None),
        (b"\xa1\x01\x02", {"1": 2}),
        (b"\xa2\x41a\x01\x61b\x02", {"b": 2}),  # a key of bytes
        (b"\xa2\x81\x01\x01\x61b\x02", {"b": 2}),
        (
            b"\xa1" * 31 + b"\x80" + b"\x01" * 31,
            {},
        ),  # maps as keys of maps: as text each would double
    ],
)
def test_cbor_is_decoded(data: bytes, value: object) -> None:
    assert decode_cbor(data) == value


SEEDS = (
    make_jpeg(
        *make_app11(make_store(make_manifest(actions=[created()]))),
        (
            0xE1,
            b"Exif\0\0"
            + make_exif(
                {0x010F: b"Canon\0", 0x010E: b'{"AIGC": {"Label": "1"}}\0'}, {0x9286: b"ASCII\0\0\0x"}
            ),
        ),
        (0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x08\x1c\2\x6e\0\3abc"),
        behind=b'PhotoEditor_Re_Edit_Data{"genAIType": 1}SEFT',
    ),
    make_png(
        (b"caBX", make_store()),
        (b"tEXt", b"parameters\0" + A1111.encode()),
        (b"zTXt", b"a\0\0" + zlib.compress(b"b" * 99)),
    ),
    make_webp((b"EXIF", make_exif({0x0110: b"prompt:{}\0"})), (b"XMP ", make_xmp()), (b"C2PA", make_store())),
    make_gif(b"\x21\xfe\3abc\0", b"\x21\xff\x0bC2PA_GIF\1\0\0\3abc\0"),
    make_heif(make_store(), make_xmp(), make_exif({0x010F: b"Ideogram AI\0"})),
    make_exif({0x010F: b"Canon\0", 0x02BC: make_xmp()}, {0x9286: b"UNICODE\0a\0b\0"}),
    make_xmp_jpeg('photoshop:Credit="Made with Google AI"'),
    make_exif_jpeg({0x0131: b"NovelAI\0"}),
)


def mutate_many(count: int) -> None:
    chance = random.Random(24)
    start = time.process_time()
    for number in range(count):
        read_evidence(damage(SEEDS[number % len(SEEDS)], chance))
    assert time.process_time() - start < count * 0.02


def test_mutated_files_never_raise() -> None:
    mutate_many(MUTATED_QUICK)


@pytest.mark.slow
def test_many_mutated_files_never_raise() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mutate_many(MUTATED_ALL)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_KB


def test_no_more_than_the_bounds_are_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    stream = Counting(make_png()[:33] + make_chunk(b"IDAT", bytes(20 << 20)) + make_chunk(b"IEND", b""))
    assert read_parts(stream) == []
    assert stream.taken < 1000  # the picture is passed over


def test_the_seeds_of_mutation_say_something() -> None:
    sources = {item.source for seed in SEEDS for item in read_evidence(seed)}
    assert sources >= {Source.C2PA, Source.EXIF, Source.TEXT, Source.XMP, Source.TRAILER}
