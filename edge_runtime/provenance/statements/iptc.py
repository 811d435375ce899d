"""Evidence from IPTC's binary datasets (IIM): the credit line."""

from collections.abc import Iterator

from fakelens.edge_runtime.provenance.evidence import Evidence, Source
from fakelens.edge_runtime.provenance.statements.labels import judge_credit
from fakelens.edge_runtime.provenance.statements.software import judge_software

_CREDIT, _PROGRAM = (2, 110), (2, 65)
_MOST_DATASETS = 50_000  # a keyword is one
_MOST_LENGTH_BYTES = 4  # of a long dataset


def read_iptc(data: bytes, where: str) -> list[Evidence]:
    """Return what the datasets `data` say."""
    found: list[Evidence] = []
    for kind, value in _walk_datasets(data):
        text = value.decode("utf-8", "replace")
        if kind == _CREDIT:
            found += judge_credit(text, Source.IPTC, where)
        elif kind == _PROGRAM:
            found += judge_software(text, Source.IPTC, where)
    return found


def _walk_datasets(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    for _ in range(_MOST_DATASETS):
        if data[at : at + 1] != b"\x1c" or at + 5 > len(data):
            return
        kind, start = (data[at + 1], data[at + 2]), at + 5
        length = int.from_bytes(data[at + 3 : start], "big")
        if length & 0x8000:  # 32 KB or longer: so many bytes hold the length
            length_bytes = length & 0x7FFF
            if length_bytes > _MOST_LENGTH_BYTES:
                return
            length = int.from_bytes(data[start : start + length_bytes], "big")
            start += length_bytes
        yield kind, data[start : start + length]
        at = start + length
