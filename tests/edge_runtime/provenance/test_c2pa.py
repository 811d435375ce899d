"""Content Credentials by their structure: the own manifest, its parents, and what was put in."""

import pytest

from fakelens.edge_runtime.evidence import Strength
from fakelens.edge_runtime.provenance.c2pa import read_c2pa
from tests.edge_runtime.provenance.conftest import created, make_manifest, make_store, source_type

GENERATED, EDITED = Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED
CAMERA, NOTE = Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE
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
