"""Decode CBOR (RFC 8949), bounded: the notation of C2PA manifests.

Written here, since the libraries for it are compiled (cbor2 is 1.5 MB installed, for every device) or trust
the lengths they read; a manifest needs a hundred lines of it, and damage to end in one kind of error.
"""

import struct
from typing import TypeAlias

Cbor: TypeAlias = "int | float | bool | str | bytes | list[Cbor] | dict[str, Cbor] | None"

_MOST_DEPTH = 32
_MOST_ITEMS = 50_000
_BREAK = object()
_SIMPLE: dict[int, bool | None] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


class CborError(ValueError):
    """The data are damaged, or nested or numerous beyond the bounds."""


def decode_cbor(data: bytes) -> Cbor:
    """Return the first item of `data`; keys of maps, text or numbers, as text; others are left out, and tags.

    Raises `CborError` for what is damaged or beyond the bounds.
    """
    item = _Decoder(data).decode(0)
    if item is _BREAK:
        raise CborError("a break where nothing was open")
    return item  # type: ignore[return-value]


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._items = data, 0, 0

    def decode(self, depth: int) -> object:
        self._items += 1
        if depth > _MOST_DEPTH or self._items > _MOST_ITEMS:
            raise CborError("nested too deep or too long")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._decode_simple(info)
        if info == 31:
            return self._decode_open(major, depth)
        count = self._take_number(info)
        if major < 2:
            return count if major == 0 else -1 - count
        if major == 6:
            return self.decode(depth + 1)
        if major < 4:
            return self._to_text(major, self._take(count))
        flat = (self._decode_inside(depth) for _ in range(count * (major - 3)))
        return list(flat) if major == 4 else _to_map(flat)

    def _decode_inside(self, depth: int) -> object:
        item = self.decode(depth + 1)
        if item is _BREAK:
            raise CborError("a break inside a list of known length")
        return item

    def _decode_open(self, major: int, depth: int) -> object:
        """Decode what goes on until a break: chunks of text or bytes, a list, a map."""
        if major not in (2, 3, 4, 5):
            raise CborError("no such item")
        found: list[object] = []
        while (item := self.decode(depth + 1)) is not _BREAK:
            found.append(item)
        if major == 4:
            return found
        if major == 5:
            return _to_map(iter(found))
        if major == 2:
            return b"".join(piece for piece in found if isinstance(piece, bytes))
        return "".join(piece for piece in found if isinstance(piece, str))

    def _decode_simple(self, info: int) -> object:
        if info == 31:
            return _BREAK
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self._take(1 << (info - 24)))[0]
        if info == 24:
            self._take(1)
        return _SIMPLE.get(info)

    def _take_number(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise CborError("no such length")
        return int.from_bytes(self._take(1 << (info - 24)), "big")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise CborError("it ends early")
        self._at += count
        return taken

    @staticmethod
    def _to_text(major: int, taken: bytes) -> object:
        return taken if major == 2 else taken.decode("utf-8", "replace")


def _to_map(flat: object) -> dict[str, object]:
    items = iter(flat)  # type: ignore[call-overload]
    pairs = ((key, next(items, None)) for key in items)
    return {str(key): value for key, value in pairs if isinstance(key, (str, int))}
