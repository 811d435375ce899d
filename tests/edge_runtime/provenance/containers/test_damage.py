"""One damaged or wild part of a file hides no other: each of these files says that it is generated."""

import io
import struct
import zlib

import pytest
from PIL import Image

from fakelens.edge_runtime.provenance.evidence import Evidence, Strength
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    A1111,
    STORE,
    XMP,
    created,
    encode_cbor,
    make_app11,
    make_blocks,
    make_box,
    make_gif,
    make_jpeg,
    make_manifest,
    make_png,
    make_segment,
    make_store,
    make_superbox,
    make_xmp,
    source_type,
)

WILD = 0xFFFFFFFF
AI = f'ext:DigitalSourceType="{source_type("trainedAlgorithmicMedia")}"'
PARAMETERS = (b"tEXt", b"parameters\0" + A1111.encode())


def says_generated(found: tuple[Evidence, ...]) -> bool:
    return any(item.strength is Strength.DECLARES_GENERATED for item in found)


def make_wild_tiff(*wild_tags: int, store: bytes = STORE) -> bytes:
    """A TIFF of 9 MB with tags that claim 4 GB each, before its credentials."""
    entries = [struct.pack("<HHII", tag, 7, WILD, 0) for tag in wild_tags]
    at = 8 + 2 + 12 * (len(entries) + 1) + 4
    entries.append(struct.pack("<HHII", 0xCD41, 7, len(store), at))
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0\x08\0\0\0" + directory + store + bytes(9 << 20)


def make_wild_heif() -> bytes:
    """Three items of XMP, each sixteen times all over the file, before the credentials."""
    infe = b"".join(
        make_box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + b"mime\0application/rdf+xml\0")
        for number in (1, 2, 3)
    )
    iinf = make_box(b"iinf", b"\0\0\0\0\0\3" + infe)
    extents = struct.pack(">II", 0, WILD) * 16
    table = b"".join(struct.pack(">HHH", number, 0, 16) + extents for number in (1, 2, 3))
    iloc = make_box(b"iloc", b"\0\0\0\0\x44\0\0\3" + table)
    meta = make_box(b"meta", bytes(4) + iinf + iloc)
    uuid = bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + b"\0\0\0\0manifest\0" + bytes(8)
    free = make_box(b"free", bytes(12 << 20))
    return make_box(b"ftyp", b"heic") + meta + make_box(b"uuid", uuid + STORE) + free


def make_xmp_png(packet: bytes) -> bytes:
    return make_png((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))


def make_packed_xmp(elements: str) -> bytes:
    return make_png((b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(make_xmp("", elements))))


def make_iptc_jpeg(before: bytes) -> bytes:
    """IPTC datasets `before` that of the credit."""
    iim = before + b"\x1c\2\x6e\0\x0cAI Generated"
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim)) + iim
    return make_jpeg((0xED, b"Photoshop 3.0\0" + resource))


def spoil_xmp(damage: bytes) -> bytes:
    """XMP with `damage` in the address of credentials, whose words are shown."""
    packet = make_xmp(f'dcterms:provenance="https://a.example/TITLE/b" {AI}')
    return make_xmp_png(packet.replace(b"TITLE", damage))


def put_junk(junk: bytes) -> bytes:
    """A JPEG with `junk` between the segments before its credentials."""
    plain = make_jpeg(*make_app11(STORE))
    return plain[:2] + make_segment(0xE5, b"abc") + junk + plain[2:]


def say_much(cameras: int, where: int = 0) -> bytes:
    """A PNG whose manifest names `cameras` and, behind as many as `where`, a generator."""
    actions = [
        {**created("digitalCapture"), "softwareAgent": f"camera {number}"} for number in range(cameras)
    ]
    actions.insert(where, created())
    return make_png((b"caBX", make_store(make_manifest(actions=actions))))


JUNK = {
    "a zero": b"\0",
    "zeros and letters": b"\0\0junk",
    "markers of no meaning": b"\xff\0\xff\0",
    "5,000 letters": b"x" * 5000,
}
EDITED = {**created(), "action": "c2pa.edited"}  # of a manifest that is cut, it says less
THUMBNAIL = make_store(
    make_superbox(
        "urn:c2pa:1",
        b"c2ma",
        make_superbox("c2pa.actions.v2", b"cbor", make_box(b"cbor", encode_cbor({"actions": [EDITED]}))),
        make_superbox("c2pa.thumbnail", b"bfdb", make_box(b"bidb", bytes(2 << 20))),
    )
)
LONG = {**created("digitalCapture"), "description": "x" * 60_000}
LONG_CREATION = {**created(), "description": "x" * 60_000}
PACKET = XMP[XMP.find(b"<x:") :]
AI_ELEMENT = f"<ext:DigitalSourceType>{source_type('trainedAlgorithmicMedia')}</ext:DigitalSourceType>"
ANCESTORS = f"<photoshop:DocumentAncestors>{'<rdf:li>x</rdf:li>' * 5100}</photoshop:DocumentAncestors>"
PROVENANCES = "".join(f"<dcterms:provenance>{number}</dcterms:provenance>" for number in range(1200))
IPTC_JSON = (
    b'{"dc:title": "Caf\xe9", "Iptc4xmpExt:DigitalSourceType": "%b"}'
    % source_type("trainedAlgorithmicMedia").encode()
)
LATIN_1 = b"<?xml version='1.0' encoding='iso-8859-1'?>"
CREDITED = PACKET.decode().replace("<rdf:Description", '<rdf:Description dcterms:provenance="Café, Modèle"')
NO_XML = {  # what no XML parser reads on after
    "the end of another element": "<dc:title>a</dc:rights>",
    "an element that never ends": "<dc:title><dc:rights>a</dc:title>",
    "the same attribute twice": '<dc:title dc:a="1" dc:a="2"/>',
    "a name that begins with a digit": "<1a>b</1a>",
    "a comment with a double dash": "<!-- a -- b -->",
    "the end of literal text": "<dc:title>]]></dc:title>",
}
DAMAGED = {
    "a TIFF with one wild tag five times": make_wild_tiff(*[0x9286] * 5),
    "a TIFF with four wild tags": make_wild_tiff(0x010E, 0x9286, 0x927C, 0x02BC),
    "a TIFF whose credentials hold a large thumbnail": make_wild_tiff(store=THUMBNAIL),
    "a HEIF with wild extents": make_wild_heif(),
    "texts of 17 MB before that of a generator": make_png(
        *[(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 1_000_000))] * 17, PARAMETERS
    ),
    "a box of another kind between the pieces of a store": make_jpeg(
        *make_app11(STORE, 100),
        (0xEB, b"JP\0\1" + struct.pack(">I", 2) + make_box(b"FTYP", b"jpx ")),
    ),
    **{f"junk between segments: {name}": put_junk(junk) for name, junk in JUNK.items()},
    "XMP with a letter of Latin-1": spoil_xmp(b"Caf\xe9"),
    "XMP with a character that XML does not know": spoil_xmp(b"a\x0bb"),
    "XMP with bytes of no encoding": spoil_xmp(b"\xff\xfe"),
    "XMP in UTF-16": make_xmp_png(XMP.decode().encode("utf-16-le")),
    "XMP in UTF-16, the larger byte first": make_xmp_png(b"\xfe\xff" + XMP.decode().encode("utf-16-be")),
    "a bare ampersand in XMP": spoil_xmp(b"a & b"),
    "an unknown entity in XMP": spoil_xmp(b"a&eacute;b"),
    "XMP with a prefix that is not declared": spoil_xmp(b'" lost:title="a'),
    "XMP of an encoding that nobody knows": make_xmp_png(b'<?xml version="1.0" encoding="none"?>' + PACKET),
    "XMP that is not in the encoding it names": make_xmp_png(
        b'<?xml version="1.0" encoding="UTF-16"?>' + PACKET
    ),
    "XMP of ISO-8859-1": make_xmp_png(LATIN_1 + CREDITED.encode("latin-1")),
    "XMP that names ISO-8859-1 and is UTF-8": make_xmp_png(LATIN_1 + CREDITED.encode()),
    "XMP behind other XMP": make_xmp_png(make_xmp() + XMP),
    **{f"XMP behind {name}": make_xmp_png(make_xmp("", part + AI_ELEMENT)) for name, part in NO_XML.items()},
    "half of a pair of characters in XMP": spoil_xmp(b"a&#xd800;b"),
    "XMP with literal text": make_xmp_png(
        make_xmp("", f"<dc:title><![CDATA[<a> & b]]></dc:title>{AI_ELEMENT}")
    ),
    "XMP of a namespace by default": make_xmp_png(
        make_xmp("", AI_ELEMENT.replace("ext:", "")).replace(
            b"<DigitalSourceType", b'<DigitalSourceType xmlns="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        )
    ),
    "XMP behind 5,100 ancestors": make_packed_xmp(ANCESTORS + AI_ELEMENT),
    "1,201 statements": make_packed_xmp(PROVENANCES + AI_ELEMENT),
    "a packed text cut in the middle": make_png(
        (b"zTXt", b"parameters\0\0" + zlib.compress(f"{A1111}, {3**9000}".encode())[:1000])
    ),
    "packed XMP cut in the middle": make_png(
        (b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(XMP[:-40] + str(3**9000).encode())[:1000])
    ),
    "a packed text without its end": make_png(
        (b"zTXt", b"parameters\0\0" + zlib.compress(A1111.encode())[:-6])
    ),
    "150 texts before that of a generator": make_png(*[(b"tEXt", b"a\0x")] * 150, PARAMETERS),
    "a manifest behind 5,100 boxes": make_png(
        (b"caBX", make_store(make_box(b"free", b"") * 5100, make_manifest(actions=[created()])))
    ),
    "a key of bytes in a manifest": make_png(
        (b"caBX", make_store(make_manifest(actions=[{b"key": 1, **created()}])))  # type: ignore[dict-item]
    ),
    "a letter of Latin-1 in a manifest": make_png(
        (
            b"caBX",
            make_store(
                make_superbox(
                    "urn:c2pa:1", b"c2ma", make_superbox("stds.iptc", b"json", make_box(b"json", IPTC_JSON))
                )
            ),
        )
    ),
    "a dataset with a long length before the credit": make_iptc_jpeg(b"\x1c\2\x78\x80\4\0\0\0\1x"),
    "1,100 keywords before the credit": make_iptc_jpeg(b"\x1c\2\x19\0\1x" * 1100),
}
LARGE = {  # for Python's own tests alone: vectors are small
    "texts of 18 MB before that of a generator": make_png(
        *[(b"tEXt", b"a\0" + b"x" * (6 << 20))] * 3, PARAMETERS
    ),
    "150 statements": say_much(150, where=130),
    "a TIFF of 1,100 tags": make_wild_tiff(*range(0xD000, 0xD000 + 1100)),
    "a comment of 9 MB in a GIF": make_gif(
        b"\x21\xfe" + make_blocks(b"x" * (9 << 20)), b"\x21\xff\x0bC2PA_GIF\1\0\0" + make_blocks(STORE)
    ),
    "a picture made from eleven others": make_png(
        (
            b"caBX",
            make_store(
                *[make_manifest(f"old {n}", [LONG]) for n in range(11)],
                make_manifest(actions=[LONG_CREATION]),
            ),
        )
    ),
}


@pytest.mark.parametrize("name", DAMAGED | LARGE)
def test_a_damaged_or_wild_part_hides_no_other(name: str) -> None:
    assert says_generated(read_evidence((DAMAGED | LARGE)[name]))


@pytest.mark.parametrize("name", JUNK)
def test_decoders_pass_over_junk_between_segments(name: str) -> None:
    with Image.open(io.BytesIO(put_junk(JUNK[name]))) as image:
        image.load()


@pytest.mark.parametrize("verify", [False, True])
def test_a_file_of_thousands_of_statements_says_the_strongest(verify: bool) -> None:
    found = read_evidence(say_much(500, where=450), verify=verify)
    assert len(found) == 100 + verify
    assert says_generated(found)
    assert found[99].what == "says 403 things more, which are not shown"
