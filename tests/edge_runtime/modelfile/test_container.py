"""A model file is read whole and intact, or refused: no damaged graph ever reaches an interpreter."""

import hashlib
import io
import json
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile import container
from fakelens.edge_runtime.modelfile.container import ModelFile, pack_model, read_model, replace_contract
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec, contract_to_json
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.modelfile.members import CONTRACT_NAME, LABELS_NAME

CONTRACT = Contract(name="sample", description="ä", input=InputSpec(size=8))


@pytest.fixture
def packed(brightness_graph: bytes) -> bytes:
    return pack_model(brightness_graph, CONTRACT)


def read_bytes(folder: Path, content: bytes) -> ModelFile:
    path = folder / "file.tflite"
    path.write_bytes(content)
    return read_model(path)


def refuse(folder: Path, content: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        read_bytes(folder, content)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_was_packed_is_read(tmp_path: Path, packed: bytes, brightness_graph: bytes) -> None:
    model = read_bytes(tmp_path, packed)
    assert model.graph == brightness_graph
    assert model.size_bytes == len(packed)
    digest = hashlib.sha256(brightness_graph).hexdigest()
    sealed = replace(CONTRACT, graph_sha256=digest, members_sha256=model.contract.members_sha256)
    assert model.contract == sealed
    assert len(sealed.members_sha256) == 64


def test_only_the_graph_of_a_stranger_is_looked_through(
    tmp_path: Path, brightness_graph: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(container, "_check_graphs", lambda model: seen.append(model.contract.name))
    read_bytes(tmp_path, find_model("cifake-quick").read_bytes())
    assert seen == []
    read_bytes(tmp_path, pack_model(brightness_graph, replace(CONTRACT, name="cifake-quick")))
    assert seen == ["cifake-quick"]


def test_equal_models_are_equal_bytes(brightness_graph: bytes) -> None:
    assert pack_model(brightness_graph, CONTRACT) == pack_model(brightness_graph, CONTRACT)


def test_tflite_readers_and_zip_readers_find_their_part(packed: bytes, brightness_graph: bytes) -> None:
    assert packed.startswith(brightness_graph)
    assert Interpreter(packed).input_shape == (1, 8, 8, 3)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        assert archive.read(LABELS_NAME) == b"real\nfake\n"
        # Stored, with offsets from the first byte of the file: mobile readers map them in place.
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)  # or equal models would differ by the hour
            assert packed[entry.header_offset :].startswith(b"PK\x03\x04")


def test_a_truncated_file_is_refused_at_every_length(tmp_path: Path, packed: bytes) -> None:
    for length in range(0, len(packed), 7):
        refuse(tmp_path, packed[:length])
    refuse(tmp_path, packed[:-1])


def test_one_flipped_bit_in_the_graph_is_refused(
    tmp_path: Path, packed: bytes, brightness_graph: bytes
) -> None:
    for position in range(8, len(brightness_graph), 5):
        damaged = bytearray(packed)
        damaged[position] ^= 1 << position % 8
        assert "does not match its digest" in refuse(tmp_path, bytes(damaged))


def test_one_flipped_bit_behind_the_graph_never_gives_another_model(
    tmp_path: Path, packed: bytes, brightness_graph: bytes
) -> None:
    intact = read_bytes(tmp_path, packed)
    path = tmp_path / "file.tflite"
    for position in range(len(brightness_graph), len(packed)):
        damaged = bytearray(packed)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            model = read_model(path)
        except ModelError:
            continue
        assert (model.contract, model.graph) == (intact.contract, intact.graph)  # a date or the like


def test_a_foreign_tflite_is_refused(tmp_path: Path, brightness_graph: bytes) -> None:
    assert "not made by `fakelens convert`" in refuse(tmp_path, brightness_graph)
    buffer = io.BytesIO(brightness_graph)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("labelmap.txt", "cat\ndog\n")
    assert "not made by `fakelens convert`" in refuse(tmp_path, buffer.getvalue())


def test_a_contract_for_another_graph_is_refused(tmp_path: Path, brightness_graph: bytes) -> None:
    buffer = io.BytesIO(brightness_graph)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(LABELS_NAME, "real\nfake\n")
        archive.writestr(CONTRACT_NAME, contract_to_json(replace(CONTRACT, graph_sha256="0" * 64)))
    assert "digest" in refuse(tmp_path, buffer.getvalue())


def test_what_is_no_tflite_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"a text, no model at all", b"\0" * 100, b"PK\x05\x06" + b"\0" * 18):
        assert "not a TFLite file" in refuse(tmp_path, content)
    with pytest.raises(ModelError, match="not a TFLite file"):
        pack_model(b"a text, no graph at all", CONTRACT)
    with pytest.raises(ModelError, match="cannot read the model"):
        read_model(tmp_path / "missing.tflite")
    with pytest.raises(ModelError, match="cannot read the model"):
        read_model(tmp_path)


def test_a_new_contract_leaves_the_graph_as_it_is(
    tmp_path: Path, packed: bytes, brightness_graph: bytes
) -> None:
    model = read_bytes(tmp_path, packed)
    replace_contract(model, replace(model.contract, description="a much longer description " * 20))
    again = read_model(model.path)
    assert again.graph == brightness_graph
    assert again.contract.description.startswith("a much longer")
    replace_contract(again, model.contract)
    assert model.path.read_bytes() == packed


def pack_members(graph: bytes, *members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO(graph)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal names
        with zipfile.ZipFile(buffer, "a", method) as archive:
            for name, content in members:
                archive.writestr(name, content)
    return buffer.getvalue()


def list_members(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_older_file_has_no_digest_of_its_members(tmp_path: Path, brightness_graph: bytes) -> None:
    contract = replace(CONTRACT, graph_sha256=hashlib.sha256(brightness_graph).hexdigest())
    fields = json.loads(contract_to_json(contract))
    del fields["members_sha256"]
    members = (LABELS_NAME, b"real\nfake\n"), (CONTRACT_NAME, json.dumps(fields).encode())
    assert read_bytes(tmp_path, pack_members(brightness_graph, *members)).contract == contract


def test_labels_in_another_order_are_refused(tmp_path: Path, packed: bytes, brightness_graph: bytes) -> None:
    members = list_members(packed) | {LABELS_NAME: b"fake\nreal\n"}
    assert "is not real, fake" in refuse(tmp_path, pack_members(brightness_graph, *members.items()))


def test_a_changed_contract_does_not_match_its_digest(
    tmp_path: Path, packed: bytes, brightness_graph: bytes
) -> None:
    members = list_members(packed)
    changed = members[CONTRACT_NAME].replace(b'"threshold": 0.5', b'"threshold": 0.9')
    assert changed != members[CONTRACT_NAME]
    content = pack_members(brightness_graph, *(members | {CONTRACT_NAME: changed}).items())
    assert "do not match their digest" in refuse(tmp_path, content)


def test_two_contracts_are_refused(tmp_path: Path, packed: bytes, brightness_graph: bytes) -> None:
    members = list(list_members(packed).items())
    assert "two files of one name" in refuse(tmp_path, pack_members(brightness_graph, *members, members[1]))


def test_a_contract_that_inflates_is_refused_by_its_size(tmp_path: Path, brightness_graph: bytes) -> None:
    members = (LABELS_NAME, b"real\nfake\n"), (CONTRACT_NAME, b" " * (1 << 26))
    content = pack_members(brightness_graph, *members, method=zipfile.ZIP_DEFLATED)
    assert len(content) < 1 << 20
    assert "at most 1,048,576 are read" in refuse(tmp_path, content)
    honest, tail = (1 << 26).to_bytes(4, "little"), content[len(brightness_graph) :]
    lying = tail.replace(honest, (100).to_bytes(4, "little"))  # it says that it is small
    assert lying != tail
    refuse(tmp_path, brightness_graph + lying)
