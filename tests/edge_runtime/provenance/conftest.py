"""Files that say something of themselves, made here byte by byte, without the readers they test."""

import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from PIL import Image

MakeFile = Callable[..., bytes]


def make_picture(kind: str = "PNG", size: tuple[int, int] = (2, 2), **options: object) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def make_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def make_png(*chunks: tuple[bytes, bytes], behind: bytes = b"") -> bytes:
    """A PNG with `chunks` behind its header, and bytes behind its end."""
    plain = make_picture("PNG")
    head_end = 8 + 25
    return plain[:head_end] + b"".join(make_chunk(*chunk) for chunk in chunks) + plain[head_end:] + behind


def make_text_png(key: str, text: str, kind: bytes = b"tEXt") -> bytes:
    name = key.encode() + b"\0"
    if kind == b"zTXt":
        return make_png((kind, name + b"\0" + zlib.compress(text.encode())))
    if kind == b"iTXt":
        return make_png((kind, name + b"\1\0en\0\0" + zlib.compress(text.encode())))
    return make_png((kind, name + text.encode()))


def make_segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def make_jpeg(*segments: tuple[int, bytes], behind: bytes = b"") -> bytes:
    plain = make_picture("JPEG")
    return plain[:2] + b"".join(make_segment(*segment) for segment in segments) + plain[2:] + behind


def make_webp(*chunks: tuple[bytes, bytes]) -> bytes:
    plain = make_picture("WEBP", lossless=True)
    body = plain[8:]
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def make_blocks(data: bytes) -> bytes:
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def make_gif(*extensions: bytes) -> bytes:
    plain = make_picture("GIF")
    table_end = 13 + (3 << ((plain[10] & 7) + 1) if plain[10] & 0x80 else 0)
    return plain[:table_end] + b"".join(extensions) + plain[table_end:]


def make_exif(tags: Mapping[int, bytes], exif_tags: Mapping[int, bytes] | None = None) -> bytes:
    """A TIFF structure, little-endian; texts as given, longer ones behind the directories."""

    def directory(entries: Mapping[int, tuple[int, bytes]], start: int) -> bytes:
        table, values = struct.pack("<H", len(entries)), b""
        values_at = start + 2 + 12 * len(entries) + 4
        for tag, (kind, value) in sorted(entries.items()):
            count = len(value) if kind in (2, 7) else 1
            if len(value) <= 4:
                field = value.ljust(4, b"\0")
            else:
                field = struct.pack("<I", values_at + len(values))
                values += value + b"\0" * (len(value) % 2)
            table += struct.pack("<HHI", tag, kind, count) + field
        return table + b"\0\0\0\0" + values

    own = {tag: (2 if tag < 0x8000 else 7, value) for tag, value in tags.items()}
    inner = {tag: (7, value) for tag, value in (exif_tags or {}).items()}
    if not inner:
        return b"II*\0\x08\0\0\0" + directory(own, 8)
    own[0x8769] = (4, b"\0\0\0\0")
    inner_at = 8 + len(directory(own, 8))
    own[0x8769] = (4, struct.pack("<I", inner_at))
    return b"II*\0\x08\0\0\0" + directory(own, 8) + directory(inner, inner_at)


def make_exif_jpeg(tags: Mapping[int, bytes], exif_tags: Mapping[int, bytes] | None = None) -> bytes:
    return make_jpeg((0xE1, b"Exif\0\0" + make_exif(tags, exif_tags)))


def make_xmp(attributes: str = "", elements: str = "") -> bytes:
    """An XMP packet with attributes and elements of one description."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
        f" {attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


def make_xmp_jpeg(attributes: str = "", elements: str = "") -> bytes:
    return make_jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + make_xmp(attributes, elements)))


def make_iptc(dataset: int, text: bytes) -> bytes:
    """Photoshop's image resources around one dataset of IPTC's second record."""
    iim = b"\x1c\2" + bytes([dataset]) + struct.pack(">H", len(text)) + text
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iim)) + iim + b"\0" * (len(iim) % 2)


def encode_cbor(value: object) -> bytes:
    """CBOR as manifests use it."""

    def head(major: int, number: int) -> bytes:
        if number < 24:
            return bytes([major << 5 | number])
        size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
        return bytes([major << 5 | 24 + (1, 2, 4, 8).index(size)]) + number.to_bytes(size, "big")

    match value:
        case bool() | None:
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(map(encode_cbor, value))
        case dict():
            return head(5, len(value)) + b"".join(
                encode_cbor(key) + encode_cbor(item) for key, item in value.items()
            )
    raise TypeError(value)


def make_box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def make_superbox(label: str, kind: bytes, *content: bytes) -> bytes:
    described = kind + bytes.fromhex("00110010800000aa00389b71") + b"\3" + label.encode() + b"\0"
    return make_box(b"jumb", make_box(b"jumd", described) + b"".join(content))


def make_manifest(
    label: str = "urn:c2pa:1",
    actions: list[dict[str, object]] | None = None,
    ingredients: list[dict[str, object]] | None = None,
    generator: str = "Test Generator",
) -> bytes:
    """One manifest, with a signature box that signs nothing."""
    assertions = [
        make_superbox("c2pa.actions.v2", b"cbor", make_box(b"cbor", encode_cbor({"actions": actions or []})))
    ]
    assertions += [
        make_superbox(f"c2pa.ingredient.v3__{number}", b"cbor", make_box(b"cbor", encode_cbor(ingredient)))
        for number, ingredient in enumerate(ingredients or [])
    ]
    claim = encode_cbor({"claim_generator_info": {"name": generator}})
    return make_superbox(
        label,
        b"c2ma",
        make_superbox("c2pa.assertions", b"c2as", *assertions),
        make_superbox("c2pa.claim.v2", b"c2cl", make_box(b"cbor", claim)),
        make_superbox("c2pa.signature", b"c2cs", make_box(b"cbor", encode_cbor(b"signature"))),
    )


def make_store(*manifests: bytes) -> bytes:
    return make_superbox("c2pa", b"c2pa", *(manifests or (make_manifest(),)))


def source_type(name: str) -> str:
    return f"http://cv.iptc.org/newscodes/digitalsourcetype/{name}"


def created(name: str = "trainedAlgorithmicMedia") -> dict[str, object]:
    return {
        "action": "c2pa.created",
        "digitalSourceType": source_type(name),
        "softwareAgent": {"name": "Gen 1"},
    }


def make_app11(store: bytes, piece_bytes: int = 40_000) -> list[tuple[int, bytes]]:
    """APP11 segments that carry `store`, cut as writers cut it: the box's head repeated."""
    head, body = store[:8], store[8:]
    pieces = [body[at : at + piece_bytes] for at in range(0, len(body), piece_bytes)]
    return [
        (0xEB, b"JP\0\1" + struct.pack(">I", number) + head + piece) for number, piece in enumerate(pieces, 1)
    ]


def make_heif(store: bytes | None = None, xmp: bytes | None = None, exif: bytes | None = None) -> bytes:
    """The boxes of a HEIF file without a picture: what stands in it can be read all the same."""
    ftyp = make_box(b"ftyp", b"heic\0\0\0\0mif1heic")
    infe, payload, places = b"", b"", []
    for number, (kind, data) in enumerate(((b"mime", xmp), (b"Exif", exif)), 1):
        if data is None:
            continue
        content = data if kind == b"mime" else b"\0\0\0\0" + data
        suffix = b"\0application/rdf+xml\0" if kind == b"mime" else b"\0"
        infe += make_box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + suffix)
        places.append((number, len(payload), len(content)))
        payload += content
    iinf = make_box(b"iinf", b"\0\0\0\0" + struct.pack(">H", len(places)) + infe)
    iloc_bytes = 8 + 8 + 14 * len(places)
    meta_bytes = 8 + 4 + len(iinf) + iloc_bytes
    start = len(ftyp) + meta_bytes + 8
    table = b"".join(
        struct.pack(">HHHII", number, 0, 1, start + offset, length) for number, offset, length in places
    )
    iloc = make_box(b"iloc", b"\0\0\0\0\x44\0" + struct.pack(">H", len(places)) + table)
    file = ftyp + make_box(b"meta", b"\0\0\0\0" + iinf + iloc) + make_box(b"mdat", payload)
    if store is not None:
        uuid = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
        file += make_box(b"uuid", uuid + b"\0\0\0\0manifest\0" + bytes(8) + store)
    return file


def make_comfy(*kinds: str) -> str:
    return json.dumps({str(number): {"class_type": kind, "inputs": {}} for number, kind in enumerate(kinds)})


A1111 = (
    "a photo of a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8"
)


@pytest.fixture(scope="session")
def generated_png() -> bytes:
    """A PNG whose text declares a generator."""
    return make_text_png("parameters", A1111)


STORE = make_store(make_manifest(actions=[created()]))
XMP = make_xmp(f'ext:DigitalSourceType="{source_type("trainedAlgorithmicMedia")}"')
EXIF = make_exif({0x010F: b"Ideogram AI\0"})
