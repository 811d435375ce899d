"""XML that no parser takes, read as far as it can be: wrong end tags, a bare `&`, names that are none.

The kits of `ship` read every packet like this, so that all say the same of a damaged one.
"""

import re
from collections.abc import Iterable
from typing import Protocol

_TAG = re.compile(r"<(/?)([^\s<>/=!?]++)")
_ATTRIBUTE = re.compile(r"""\s++([^\s=<>/]++)\s*+=\s*+(?:"([^"<]*+)"|'([^'<]*+)')""")
_TAG_END = re.compile(r"\s*+(/?)>")
_ENTITY = re.compile(r"&(#x?[0-9a-fA-F]{1,6}|\w{1,8});")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_LITERAL, _LITERAL_END = "<![CDATA[", "]]>"
_SKIPPED = (("<!--", "-->"), ("<?", "?>"))
_XMLNS = "xmlns:"
_NOWHERE = -1


class Collector(Protocol):
    """Takes elements, whose names and those of whose attributes follow their namespaces, and texts."""

    def start(self, name: str, attributes: Iterable[tuple[str, str]]) -> None:
        """Begin an element."""

    def end(self, name: str) -> None:
        """End the innermost element, whatever its name."""

    def add_text(self, text: str) -> None:
        """Take a text in."""


def read_damaged(text: str, collector: Collector) -> None:
    """Let `collector` take what `text` holds, up to what nothing can be made of, such as a document type."""
    reader, at = _Reader(text, collector), 0
    while 0 <= at < len(text):
        at = reader.read(at)


class _Reader:
    def __init__(self, text: str, collector: Collector) -> None:
        self._text, self._collector = text, collector
        self._spaces: dict[str, list[str]] = {}  # by prefix, the innermost last
        self._declared: list[list[str]] = []  # prefixes, by each open element

    def read(self, at: int) -> int:
        """Read what begins at `at`; return where the next begins, below 0 where this cannot be read."""
        text = self._text
        if text[at] != "<":
            end = text.find("<", at)
            end = len(text) if end < 0 else end
            self._collector.add_text(_decode_entities(text[at:end]))
            return end
        for mark, ending in _SKIPPED:
            if text.startswith(mark, at):
                return _find_behind(text, ending, at + len(mark))
        if text.startswith(_LITERAL, at):
            begin = at + len(_LITERAL)
            behind = _find_behind(text, _LITERAL_END, begin)
            self._collector.add_text(text[begin : behind - len(_LITERAL_END)] if behind > 0 else "")
            return behind
        return self._read_tag(at)

    def _read_tag(self, at: int) -> int:
        tag = _TAG.match(self._text, at)
        if tag is None:
            return _NOWHERE
        at, pairs = tag.end(), []
        while found := _ATTRIBUTE.match(self._text, at):
            pairs.append((found[1], _decode_entities(found[2] or found[3] or "")))
            at = found.end()
        closed = _TAG_END.match(self._text, at)
        if closed is None:
            return _NOWHERE
        if not tag[1]:
            self._begin(tag[2], pairs)
        if tag[1] or closed[1]:
            self._end(tag[2])
        return closed.end()

    def _begin(self, name: str, pairs: list[tuple[str, str]]) -> None:
        self._declared.append([])
        for key, value in pairs:
            if key == "xmlns" or key.startswith(_XMLNS):
                self._spaces.setdefault(key[len(_XMLNS) :], []).append(value)
                self._declared[-1].append(key[len(_XMLNS) :])
        named = [(self._resolve(key, is_element=False), value) for key, value in pairs]
        self._collector.start(self._resolve(name, is_element=True), named)

    def _end(self, name: str) -> None:
        self._collector.end(name)
        for prefix in self._declared.pop() if self._declared else ():
            self._spaces[prefix].pop()

    def _resolve(self, name: str, *, is_element: bool) -> str:
        """Return `name` behind its namespace, where it has one; attributes have none by default."""
        prefix, colon, local = name.partition(":")
        spaces = self._spaces.get(prefix if colon else "") if colon or is_element else None
        return f"{spaces[-1]}\n{local if colon else name}" if spaces and spaces[-1] else name


def _find_behind(text: str, mark: str, at: int) -> int:
    """Return where the next `mark` ends; below 0 where there is none."""
    found = text.find(mark, at)
    return found if found < 0 else found + len(mark)


def _decode_entities(text: str) -> str:
    return _ENTITY.sub(lambda found: _decode_entity(found[1]) or found[0], text) if "&" in text else text


def _decode_entity(name: str) -> str:
    if not name.startswith("#"):
        return _ENTITIES.get(name, "")
    try:
        code = int(name.replace("#", "0", 1), 16) if name.startswith("#x") else int(name[1:])
        return chr(code).encode().decode()  # half of a pair is no character
    except (ValueError, OverflowError):
        return ""
