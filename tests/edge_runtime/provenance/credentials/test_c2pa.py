"""Content Credentials by their structure: the own manifest, its parents, and what was put in."""

import os
from pathlib import Path

import pytest

from fakelens.edge_runtime.provenance.credentials.c2pa import read_c2pa
from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import created, make_manifest, make_store, source_type

GENERATED, EDITED = Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED
CAMERA, NOTE = Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE
ASSETS = os.environ.get("FAKELENS_C2PA_ASSETS")  # a clone of contentauth/example-assets
OPENED = {"action": "c2pa.opened"}
AI = source_type("trainedAlgorithmicMedia")


def ingredient(label: str, relationship: str = "parentOf", key: str = "activeManifest") -> dict[str, object]:
    return {"relationship": relationship, key: {"url": f"self#jumbf=/c2pa/{label}/c2pa.claim"}}


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
