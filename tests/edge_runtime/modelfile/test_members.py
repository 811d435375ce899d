"""The archive behind the graph: read like `zipfile` reads it, or not at all."""

import io
import zipfile
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.modelfile.members import CONTRACT_NAME, LABELS_NAME, names_contract, read_members

PATH = Path("model.tflite")
PACKED = find_model("cifake-quick").read_bytes()
START = PACKED.index(b"PK\3\4")


def read_zip(content: bytes) -> tuple[int, bytes, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = min(entry.header_offset for entry in archive.infolist())
        return start, archive.read(CONTRACT_NAME), archive.read(LABELS_NAME)


def test_it_is_read_as_zipfile_does() -> None:
    assert read_members(PACKED, PATH) == read_zip(PACKED)
    assert read_members(PACKED, PATH)[0] == START


def test_a_changed_byte_makes_no_other_archive_of_it() -> None:
    start, text, labels = read_zip(PACKED)
    places = [at for at in range(START, len(PACKED)) if not _is_text(at)]
    for at in places:
        for value in (PACKED[at] ^ 1, PACKED[at] ^ 0x80, 0x50):
            changed = PACKED[:at] + bytes([value]) + PACKED[at + 1 :]
            try:
                found = read_members(changed, PATH)
            except ModelError:
                continue
            assert found == (start, text, labels)


def _is_text(at: int) -> bool:
    """Whether the byte is one of the contract, of which a few stand for all."""
    begin = PACKED.index(b'{\n "name"')
    return begin + 20 < at < PACKED.index(b"PK\1\2") - 20


@pytest.mark.parametrize("cut", [1, 4, 22, 23, 60, 200])
def test_a_cut_one_is_refused(cut: int) -> None:
    with pytest.raises(ModelError, match="without an intact fakelens contract"):
        read_members(PACKED[:-cut], PATH)


@pytest.mark.parametrize("cut", [0, 1, 4, 22, 60, 200])
def test_a_contract_is_noticed_also_where_a_file_was_cut(cut: int) -> None:
    assert names_contract(PACKED[: len(PACKED) - cut])


def test_a_graph_or_an_archive_of_others_names_no_contract() -> None:
    buffer = io.BytesIO(PACKED[:START])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(LABELS_NAME, f"real\nfake\n{CONTRACT_NAME}")
    assert not names_contract(buffer.getvalue())
    assert not names_contract(PACKED[:START])


def test_what_others_write_is_read_too() -> None:
    _, text, labels = read_zip(PACKED)
    buffer = io.BytesIO(PACKED[:START])
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONTRACT_NAME, text)
        archive.writestr(LABELS_NAME, labels)
        archive.comment = b"by another tool"
    assert read_members(buffer.getvalue(), PATH) == (START, text, labels)
