"""EXIF evidence: a camera and its exposure, a generator's own fields, and JSON that labels ask for."""

import re
from collections.abc import Iterator

from fakelens.edge_runtime.provenance.containers.parts import Tags
from fakelens.edge_runtime.provenance.containers.tiff import read_tags
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote
from fakelens.edge_runtime.provenance.statements.software import judge_software
from fakelens.edge_runtime.provenance.statements.texts import judge_text, judge_workflow

_DESCRIPTION, _MAKE, _MODEL, _SOFTWARE, _ARTIST = 0x010E, 0x010F, 0x0110, 0x0131, 0x013B
_USER_COMMENT, _MAKER_NOTE = 0x9286, 0x927C
_EXPOSURE = (0x829A, 0x829D, 0x8827)  # time, aperture, ISO
_TEXTS = {_DESCRIPTION: "ImageDescription", _USER_COMMENT: "UserComment", _MAKER_NOTE: "MakerNote"}
_MOST_CHARS = 1 << 20
_GROK_SIGNATURE = re.compile(r"Signature: [A-Za-z0-9+/=]{40,}\s*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def read_exif(data: bytes, where: str) -> list[Evidence]:
    """Return what the TIFF structure `data` says."""

    def read(at: int, length: int) -> bytes:
        return data[at : at + min(length, _MOST_CHARS)]

    return judge_tags(read_tags(read), where)


def judge_tags(tags: Tags, where: str) -> list[Evidence]:
    """Return what the tags of a TIFF structure say."""
    found = [*_judge_named(tags, where)]
    for tag, name in _TEXTS.items():
        if text := _decode(tags.values.get(tag, b""), tags.little_endian):
            found += judge_text(name, text, Source.EXIF, f"{name}, {where}")
    for tag, name in ((_DESCRIPTION, "ImageDescription"), (_MAKE, "Make"), (_MODEL, "Model")):
        key, _, text = tags.text(tag).partition(":")
        if key.lower() in ("prompt", "workflow"):  # as ComfyUI writes them into WebP files
            found += judge_workflow(text, Source.EXIF, f"{name}, {where}")
    return list(dict.fromkeys(found))


def _judge_named(tags: Tags, where: str) -> Iterator[Evidence]:
    make, model = tags.text(_MAKE), tags.text(_MODEL)
    description, artist = tags.text(_DESCRIPTION), tags.text(_ARTIST)
    yield from judge_software(tags.text(_SOFTWARE), Source.EXIF, f"Software, {where}")
    if make.casefold() == "ideogram ai":
        yield _say(Strength.DECLARES_GENERATED, "the field for its camera names a generator", make, where)
    elif make and model and not make.startswith("{") and any(tag in tags.values for tag in _EXPOSURE):
        words = model if model.startswith(make) else f"{make} {model}"
        yield _say(Strength.SPEAKS_FOR_A_CAMERA, "its EXIF names a camera and the exposure", words, where)
    if _GROK_SIGNATURE.fullmatch(description) and _UUID.fullmatch(artist):
        what = "holds a signature and number as Grok writes them"
        yield _say(Strength.DECLARES_GENERATED, what, f"{description[:40]} {artist}", where)


def _say(strength: Strength, what: str, words: str, where: str) -> Evidence:
    return Evidence(source=Source.EXIF, strength=strength, what=what, words=quote(words), where=where)


def _decode(value: bytes, little_endian: bool) -> str:
    """Return the text of a field; a user comment begins with the name of its encoding."""
    name, body = value[:8], value[8:]
    if name == b"UNICODE\0":
        return _decode_utf16(body, little_endian).strip("\0 ")
    if name in (b"ASCII\0\0\0", bytes(8)):
        value = body
    return value.decode("utf-8", "replace").strip("\0 ")


def _decode_utf16(body: bytes, little_endian: bool) -> str:
    """Return UTF-16, whose byte order programs get wrong: the one with more plain letters is right."""
    order = ("utf-16-le", "utf-16-be") if little_endian else ("utf-16-be", "utf-16-le")
    first, second = (body[: len(body) // 2 * 2].decode(name, "replace") for name in order)
    return second if _count_plain(second) > _count_plain(first) else first


def _count_plain(text: str) -> int:
    return sum(char < "\x7f" for char in text[:1000])
