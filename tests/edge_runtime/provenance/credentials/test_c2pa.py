"""Content Credentials by their structure: the own manifest, its parents, and what was put in."""

import os
import struct
from pathlib import Path

import pytest

from fakelens.edge_runtime.provenance.credentials.c2pa import read_c2pa
from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    created,
    encode_cbor,
    make_box,
    make_manifest,
    make_store,
    make_superbox,
    source_type,
)

GENERATED, EDITED = Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED
CAMERA, NOTE = Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE
ASSETS = os.environ.get("FAKELENS_C2PA_ASSETS")  # a clone of contentauth/example-assets
OPENED = {"action": "c2pa.opened"}
AI = source_type("trainedAlgorithmicMedia")


def ingredient(label: str, relationship: str = "parentOf", key: str = "activeManifest") -> dict[str, object]:
    return {"relationship": relationship, key: {"url": f"self#jumbf=/c2pa/{label}/c2pa.claim"}}


def add_assertion(manifest: bytes, label: str, body: object, *, first: bool = False) -> bytes:
    """Return `manifest` with one more assertion: before those that it has, or behind them."""
    box = make_superbox(label, b"cbor", make_box(b"cbor", encode_cbor(body)))
    at = manifest.find(b"c2pa.assertions\0") - 33
    (length,) = struct.unpack(">I", manifest[at : at + 4])
    place = at + 33 + len(b"c2pa.assertions\0") if first else at + length
    grown = manifest[:place] + box + manifest[place:]
    grown = grown[:at] + struct.pack(">I", length + len(box)) + grown[at + 4 :]
    return struct.pack(">I", len(grown)) + grown[4:]


def strengths(*manifests: bytes) -> list[Strength]:
    return [item.strength for item in read_c2pa(make_store(*manifests), "here")]


BY_AI = make_manifest("ai", [created()])
BY_CAMERA = make_manifest("camera", [created("digitalCapture")])


@pytest.mark.parametrize("key", ["activeManifest", "c2pa_manifest"])
def test_a_picture_made_from_a_generated_one_is_generated(key: str) -> None:
    own = make_manifest("own", [OPENED, {"action": "c2pa.cropped"}], [ingredient("ai", key=key)])
    assert strengths(BY_AI, own) == [GENERATED, NOTE]


def test_a_generated_part_makes_an_edited_picture() -> None:
    own = make_manifest("own", [OPENED], [ingredient("camera"), ingredient("ai", "componentOf")])
    assert sorted(strengths(BY_AI, BY_CAMERA, own)) == sorted([CAMERA, EDITED, NOTE])


def test_a_manifest_without_actions_around_one_picture_says_what_that_says() -> None:
    own = make_manifest("own", [], [ingredient("ai", "componentOf")])
    assert strengths(BY_AI, own) == [GENERATED, NOTE]
    own = make_manifest("own", [], [ingredient("ai", "componentOf"), ingredient("camera", "componentOf")])
    assert strengths(BY_AI, BY_CAMERA, own) == [EDITED, NOTE]


@pytest.mark.parametrize("first", ["ai", "camera"])
def test_a_picture_that_is_parent_and_part_counts_as_the_parent(first: str) -> None:
    parts = [ingredient("ai", "componentOf"), ingredient("ai")]
    own = make_manifest("own", [OPENED], parts if first == "ai" else parts[::-1])
    assert strengths(BY_AI, own) == [GENERATED, NOTE]


OWN_AND_PART = make_manifest("own", [created("digitalCapture")], [ingredient("ai", "componentOf")])
TWO_PARTS = make_manifest("own", [], [ingredient("ai", "componentOf"), ingredient("camera", "componentOf")])
# What tells first that AI edited it, then that it was opened.
EDIT = make_manifest("own", [{"action": "c2pa.edited", "digitalSourceType": AI}])
EDIT_THEN_OPENED = add_assertion(EDIT, "c2pa.actions.v2__1", {"actions": [OPENED]})


@pytest.mark.parametrize("own", [OWN_AND_PART, TWO_PARTS, EDIT_THEN_OPENED])
def test_a_cut_store_never_takes_what_went_into_a_picture_for_the_picture(own: bytes) -> None:
    store = make_store(BY_CAMERA, BY_AI, own)
    whole = read_c2pa(store, "here")
    assert GENERATED not in {item.strength for item in whole}
    for length in range(0, len(store), 3):
        found = read_c2pa(store[:length], "here")
        assert GENERATED not in {item.strength for item in found}, length


def test_a_store_that_lost_the_picture_s_own_says_so() -> None:
    store = make_store(BY_AI, OWN_AND_PART)
    part, note = read_c2pa(store[: len(store) - len(OWN_AND_PART)], "here")
    assert part.strength is EDITED
    assert note.what.endswith("without those of the picture itself: cut, or not readable")


def test_a_manifest_that_cannot_be_read_wraps_nothing() -> None:
    own = make_manifest("own", [{"action": "x" * 50}], [ingredient("ai", "componentOf")])
    broken = own.replace(encode_cbor("x" * 50), b"\xff" * 52)
    assert len(broken) == len(own)
    assert strengths(BY_AI, broken) == [EDITED, NOTE]


def test_boxes_behind_the_store_hide_nothing() -> None:
    loose = make_superbox("c2pa.other", b"json", make_box(b"json", b"{}"))
    found = read_c2pa(make_store(BY_AI) + loose, "here")
    assert [item.strength for item in found] == [GENERATED, NOTE]


def test_assertions_of_no_use_take_no_room() -> None:
    own = make_manifest("own", [OPENED], [ingredient("ai")])
    sizes = [15] * 9 + [4_000] * 6 + [100_000] * 5  # half a megabyte to the byte, the largest first
    for number, size in enumerate(sizes):
        own = add_assertion(own, f"com.example.{number}", {"a": "x" * size}, first=True)
    assert strengths(BY_AI, own) == [GENERATED, NOTE]


def test_a_camera_in_a_part_says_nothing_of_the_picture() -> None:
    own = make_manifest("own", [created()], [ingredient("camera", "componentOf")])
    assert strengths(BY_CAMERA, own) == [GENERATED, NOTE]


def test_ai_in_an_edit_is_an_edit() -> None:
    edit = {"action": "c2pa.edited", "digitalSourceType": AI}
    assert strengths(make_manifest("own", [OPENED, edit])) == [EDITED, NOTE]
    assert strengths(make_manifest("own", [created(), edit])) == [GENERATED, NOTE]


def test_an_action_alone_counts_as_the_making() -> None:
    assert strengths(make_manifest("own", [{"action": "c2pa.converted", "digitalSourceType": AI}])) == [
        GENERATED,
        NOTE,
    ]


def test_a_parent_that_names_itself_ends() -> None:
    assert strengths(make_manifest("own", [OPENED], [ingredient("own"), ingredient("missing")])) == [NOTE]


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action": 1, "digitalSourceType": 2, "softwareAgent": 3},
        {"action": "c2pa.created", "digitalSourceType": None},
        {"action": "c2pa.created", "digitalSourceType": "trainedAlgorithmicMedia"},  # no address
        {"action": "c2pa.created", "digitalSourceType": source_type("somethingNew")},
        {"action": "c2pa.created", "digitalSourceType": source_type("humanEdits"), "softwareAgent": []},
    ],
)
def test_actions_of_odd_types_are_passed_over(action: dict[str, object]) -> None:
    assert strengths(make_manifest("own", [action])) == [NOTE]


def test_the_generator_is_named_in_the_words() -> None:
    statement, note = read_c2pa(make_store(make_manifest("own", [created()], generator="Maker 2")), "here")
    assert statement.words == "Gen 1, trainedAlgorithmicMedia"
    assert note.words == "Maker 2"


@pytest.mark.skipif(not ASSETS, reason="FAKELENS_C2PA_ASSETS names no clone of contentauth/example-assets")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ChatGPT_Image.png", {(Source.C2PA, GENERATED), (Source.C2PA, NOTE)}),
        ("Firefly_tabby_cat.jpg", {(Source.C2PA, GENERATED), (Source.C2PA, NOTE)}),
        ("car-es-Ps-Cr.jpg", {(Source.C2PA, NOTE)}),
        ("cloudscape-ACA-Cr.jpeg", {(Source.EXIF, CAMERA), (Source.C2PA, NOTE)}),
        ("crater-lake-cr.jpg", {(Source.EXIF, CAMERA), (Source.XMP, NOTE)}),  # its manifest was stripped
        ("crater-lake.jpeg", {(Source.EXIF, CAMERA)}),
    ],
)
def test_a_real_file_says_what_its_makers_wrote(name: str, said: set[tuple[Source, Strength]]) -> None:
    found = read_evidence(Path(ASSETS or "") / "images" / name)
    assert {(item.source, item.strength) for item in found} == said


@pytest.mark.skipif(not ASSETS, reason="FAKELENS_C2PA_ASSETS names no clone of contentauth/example-assets")
@pytest.mark.parametrize(
    "name", ["ChatGPT_Image.png", "Firefly_tabby_cat.jpg", "car-es-Ps-Cr.jpg", "cloudscape-ACA-Cr.jpeg"]
)
def test_a_real_signature_is_whole_and_one_changed_byte_breaks_it(name: str, tmp_path: Path) -> None:
    pytest.importorskip("c2pa", reason='needs pip install "fakelens[c2pa]"')
    file = Path(ASSETS or "") / "images" / name
    whole = [item.what for item in Inspection(file).conclude() if "the signature of" in item.what]
    assert len(whole) == 1
    assert "signature of its Content Credentials is valid" in whole[0]  # trust and time are another matter
    content = bytearray(file.read_bytes())
    content[-100] ^= 1  # of the picture, behind the credentials
    (tmp_path / name).write_bytes(content)
    broken = [item.what for item in Inspection(tmp_path / name).conclude() if "the signature of" in item.what]
    assert "is broken" in broken[0]
