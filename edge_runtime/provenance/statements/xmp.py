"""XMP evidence: source types, IPTC's fields on AI systems, China's label, credits, credentials elsewhere."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from xml.parsers import expat

from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote
from fakelens.edge_runtime.provenance.statements.damaged_xml import read_damaged
from fakelens.edge_runtime.provenance.statements.labels import judge_aigc_label, judge_credit
from fakelens.edge_runtime.provenance.statements.software import judge_software
from fakelens.edge_runtime.provenance.statements.source_types import read_source_type
from fakelens.edge_runtime.provenance.statements.texts import judge_description

CREDENTIALS_NAMED = "names Content Credentials that the file does not hold: stripped, or kept elsewhere"
_MOST_BYTES = 1 << 20
_HEAD_BYTES = 100  # among which a declaration names its encoding
_MOST_VALUES = 50_000  # of Photoshop's lists of ancestors there are thousands
_MOST_VALUE_CHARS = 64 << 10
_IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SOURCE_TYPES = {"DigitalSourceType", "DigitalSourceFileType"}  # the second is Google's of 2024
_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AI_FIELDS = ("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName")

Property = tuple[str, str, str]  # namespace, name, value


def read_xmp(data: bytes, where: str) -> list[Evidence]:
    """Return what the XMP packet `data` says."""
    found: list[Evidence] = []
    ai_fields: dict[str, str] = {}
    for namespace, name, value in read_properties(data):
        if namespace == _IPTC_EXTENSION and name in _SOURCE_TYPES:
            found += _judge_source_type(value, where)
        elif namespace == _IPTC_EXTENSION and name in _AI_FIELDS:
            ai_fields.setdefault(name, value)
        elif name == "AIGC" and "tc260" in namespace.lower():
            found += judge_aigc_label(value, Source.XMP, where)
        elif name == "Credit" and "photoshop" in namespace:
            found += judge_credit(value, Source.XMP, where)
        elif name == "CreatorTool" and namespace == "http://ns.adobe.com/xap/1.0/":
            found += judge_software(value, Source.XMP, where)
        elif name == "description" and namespace == "http://purl.org/dc/elements/1.1/":
            found += judge_description(value, Source.XMP, where)
        elif name == "provenance" and namespace == "http://purl.org/dc/terms/":
            found.append(_note(CREDENTIALS_NAMED, value, where))
    edited = any(item.strength is Strength.DECLARES_EDITED for item in found)
    return list(dict.fromkeys([*found, *_judge_ai_fields(ai_fields, edited, where)]))


def _judge_source_type(value: str, where: str) -> Iterator[Evidence]:
    if read := read_source_type(value):
        strength, meaning, name = read
        what = f"its XMP gives the source type: {meaning}"
        yield Evidence(source=Source.XMP, strength=strength, what=what, words=quote(name), where=where)


def _judge_ai_fields(fields: dict[str, str], edited: bool, where: str) -> Iterator[Evidence]:
    """Judge the fields of IPTC 2025.1, which name what generated the image, or what edited it."""
    named = [fields[name] for name in _AI_FIELDS if fields.get(name)]
    if not named:
        return
    yield Evidence(
        source=Source.XMP,
        strength=Strength.DECLARES_EDITED if edited else Strength.DECLARES_GENERATED,
        what="its XMP names the AI system or the prompt behind the picture",
        words=quote("; ".join(named)),
        where=where,
    )


def _note(what: str, words: str, where: str) -> Evidence:
    return Evidence(source=Source.XMP, strength=Strength.NOTE, what=what, words=quote(words), where=where)


class _Stop(Exception):  # noqa: N818 (it ends the parsing, and is no error)
    """Enough was read, or nothing further may be."""


def read_properties(data: bytes) -> list[Property]:
    """Return the properties of an XMP packet, as many as can be read where it is damaged or cut.

    A packet that declares entities is left there: XMP has none, an attack has.
    """
    begin = data.find(b"<")
    data = data[max(0, begin) : _MOST_BYTES].rstrip(b"\0")
    text, collector = _decode(data), _Collector()
    if not collector.read(text):
        collector = _Collector()
        with contextlib.suppress(_Stop):
            read_damaged(_NO_XML.sub("\ufffd", text), collector)
    return collector.properties


def _decode(data: bytes) -> str:
    """Return a packet as text, bytes of another encoding as U+FFFD.

    What it says of its encoding is often wrong, and counts where it is no UTF-8 and names Latin-1.
    """
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    text, head = data.decode("utf-8", "replace"), data[:_HEAD_BYTES].lower()
    if "\ufffd" in text and head.startswith(b"<?xml") and b"iso-8859-1" in head:
        return data.decode("latin-1")
    return text


class _Collector:
    """Collects attributes and texts; a text belongs to the innermost element that is not RDF's own."""

    def __init__(self) -> None:
        self.properties: list[Property] = []
        self._names: list[str] = []
        self._pieces: list[str] = []
        self._chars = 0

    def read(self, text: str) -> bool:
        """Collect what `text` holds; False where damage ends it."""
        parser = expat.ParserCreate("utf-8", namespace_separator="\n")  # whatever it says of itself
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: self.start(name, attributes.items())
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.add_text
        parser.StartDoctypeDeclHandler = self.refuse
        parser.EntityDeclHandler = self.refuse
        try:
            parser.Parse(text.encode(), True)
        except _Stop:
            return True
        except (expat.ExpatError, ValueError):
            return False
        return True

    def start(self, name: str, attributes: Iterable[tuple[str, str]]) -> None:
        self._names.append(name)
        self._take_text()
        for key, value in attributes:
            if key == f"{_RDF}\nresource":  # an address as an attribute of the property's element
                self._add(name, value)
            else:
                self._add(key, value)

    def end(self, _: str) -> None:
        if text := self._take_text():
            owner = next((name for name in reversed(self._names[-4:]) if not name.startswith(_RDF)), "")
            self._add(owner, text)
        if self._names:  # an end too many
            self._names.pop()

    def add_text(self, text: str) -> None:
        if self._chars < _MOST_VALUE_CHARS:
            self._pieces.append(text)
            self._chars += len(text)

    def _take_text(self) -> str:
        text = "".join(self._pieces).strip()
        self._pieces, self._chars = [], 0
        return text

    def refuse(self, *_: object) -> None:
        raise _Stop

    def _add(self, key: str, value: str) -> None:
        namespace, _, name = key.rpartition("\n")
        if namespace and value.strip():
            self.properties.append((namespace, name, value.strip()[:_MOST_VALUE_CHARS]))
        if len(self.properties) >= _MOST_VALUES:
            raise _Stop
