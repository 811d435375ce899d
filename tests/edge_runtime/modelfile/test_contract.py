"""The contract is read strictly: what is not exactly of this schema is refused, never guessed."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import (
    ConditionLimits,
    Contract,
    DataSource,
    Decision,
    Fit,
    Fusion,
    InputSpec,
    Measurement,
    OperatingPoint,
    Pool,
    Training,
    ViewSpec,
    contract_from_json,
    contract_to_json,
)
from fakelens.edge_runtime.modelfile.library import find_model, list_models
from fakelens.edge_runtime.modelfile.members import CONTRACT_NAME

FULL = Contract(
    name="full",
    description='An "odd" description, ä.',
    limits="Small images alone.",
    input=InputSpec(size=32),
    decision=Decision(threshold=0.41, unsure_low=0.3, unsure_high=0.6),
    training=Training(
        data=(
            DataSource(name="a", digest="0" * 64, images=10),
            DataSource(name="b", digest="1" * 64, images=2),
        ),
        recipe="cifake-quick",
        network="compact",
        seed=7,
        parameters=1234,
        sparsity=0.6,
        quantization="int8",
        quantization_aware=True,
        temperature=1.5,
        bias=-0.25,
        licences="CC BY 4.0",
        versions={"tensorflow": "2.21.0"},
    ),
    measured=(
        Measurement(metric="accuracy", value=0.97, low=0.96, high=0.98, n=100, data="a", split="test"),
        Measurement(metric="auc", value=0.99, low=0.98, high=1.0, n=100, data="a", split="test", note="!"),
    ),
    graph_sha256="f" * 64,
)


def edited(edit: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(contract_to_json(FULL))
    edit(data)
    return json.dumps(data)


@pytest.mark.parametrize("contract", [FULL, Contract(name="least", input=InputSpec(size=1))])
def test_a_contract_survives_the_way_to_json_and_back(contract: Contract) -> None:
    assert contract_from_json(contract_to_json(contract)) == contract
    assert contract_from_json(contract_to_json(contract).encode()) == contract


def test_whole_numbers_count_as_floats() -> None:
    contract = contract_from_json(edited(lambda data: data["decision"].update(threshold=1)))
    assert contract.decision.threshold == 1.0
    assert isinstance(contract.decision.threshold, float)


@pytest.mark.parametrize(
    "edit",
    [
        lambda data: data.update(mean=[0.5]),
        lambda data: data["input"].update(std=1),
        lambda data: data["measured"][0].update(extra=1),
        lambda data: data["input"].update(size="32"),
        lambda data: data["input"].update(size=32.0),
        lambda data: data["input"].update(size=True),
        lambda data: data["input"].update(size=None),
        lambda data: data["input"].update(fit="crop"),
        lambda data: data["decision"].update(threshold="0.5"),
        lambda data: data["decision"].update(threshold=True),
        lambda data: data["decision"].update(threshold=10**400),
        lambda data: data["training"].update(data={}),
        lambda data: data["training"].update(versions={"numpy": 2}),
        lambda data: data.update(measured="none"),
        lambda data: data.pop("name"),
        lambda data: data.pop("input"),
    ],
)
def test_unknown_missing_and_wrong_fields_are_refused(edit: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(ModelError, match="does not follow schema 1"):
        contract_from_json(edited(edit))


@pytest.mark.parametrize("schema", [0, 3, "1", None, True, [1]])
def test_another_schema_is_refused_with_the_remedy(schema: object) -> None:
    with pytest.raises(ModelError, match="install the fakelens release"):
        contract_from_json(edited(lambda data: data.update(schema=schema)))
    with pytest.raises(ModelError, match="install the fakelens release"):
        contract_from_json(edited(lambda data: data.pop("schema")))


@pytest.mark.parametrize("labels", [["fake", "real"], ["real"], ["real", "fake", "other"], ["Real", "Fake"]])
def test_labels_in_another_order_or_number_are_refused(labels: list[str]) -> None:
    with pytest.raises(ModelError, match="in this order"):
        contract_from_json(edited(lambda data: data.update(labels=labels)))


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("input", "size", 0),
        ("input", "size", -32),
        ("input", "size", 4097),
        ("decision", "threshold", 1.01),
        ("decision", "threshold", -0.01),
        ("decision", "unsure_low", -1),
        ("decision", "unsure_high", 1e9),
        ("decision", "threshold", float("nan")),
    ],
)
def test_values_no_runtime_could_use_are_refused_by_name(part: str, field: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"{field if part == 'decision' else 'input size'}"):
        contract_from_json(edited(lambda data: data[part].update({field: value})))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "1", b"\xff\xfe\0", "[" * 100_000, '{"schema":1,"a":' * 100_000, "9" * 5000],
)
def test_what_is_no_json_object_is_refused_in_one_line(text: str | bytes) -> None:
    with pytest.raises(ModelError) as caught:
        contract_from_json(text)
    assert "\n" not in str(caught.value)


VIEWS = (
    ViewSpec(name="tiles", signature="serving_default", size=32, fit=Fit.TILES, tiles=9, pool=Pool.TEXTURE),
    ViewSpec(name="whole", signature="whole", size=224),
)
TWO_VIEWS = replace(
    FULL,
    input=InputSpec(
        size=32,
        fit=Fit.TILES,
        tiles=9,
        pool=Pool.TEXTURE,
        views=VIEWS,
        fusion=Fusion(weights=(0.5, 0.75), bias=-0.1),
    ),
    decision=Decision(
        unsure_low=0.3,
        unsure_high=0.6,
        condition=ConditionLimits(least_side=64, most_blocking=2.2),
        operating_points=(
            OperatingPoint(threshold=0.6, false_alarms=0.03, found=0.5),
            OperatingPoint(threshold=0.8, false_alarms=0.01, found=0.3),
        ),
    ),
)


def edited_views(edit: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(contract_to_json(TWO_VIEWS))
    edit(data)
    return json.dumps(data)


def test_what_is_new_is_of_the_newer_schema_and_survives() -> None:
    assert TWO_VIEWS.schema == 2
    assert contract_from_json(contract_to_json(TWO_VIEWS)) == TWO_VIEWS


def test_a_file_without_new_parts_is_written_as_it_always_was() -> None:
    data = json.loads(contract_to_json(FULL))
    assert data["schema"] == 1
    assert set(data["input"]) == {"size", "fit", "tiles", "pool"}
    assert set(data["decision"]) == {"threshold", "unsure_low", "unsure_high"}


@pytest.mark.parametrize("name", list_models())
def test_what_a_release_file_says_is_written_as_it_stands_there(name: str) -> None:
    path = find_model(name)
    with zipfile.ZipFile(path) as archive:
        stored = json.loads(archive.read(CONTRACT_NAME))
    written = json.loads(contract_to_json(read_model(path).contract))
    assert (written["schema"], written["labels"]) == (stored["schema"], stored["labels"])
    for part in ("input", "decision"):
        assert written[part].items() >= stored[part].items()  # a default may be written out
        assert "views" in stored[part] or "views" not in written[part]


def test_new_parts_in_a_file_of_the_old_schema_are_refused() -> None:
    with pytest.raises(ModelError, match="does not follow schema 1: it has parts of schema 2"):
        contract_from_json(edited_views(lambda data: data.update(schema=1)))


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda data: data["input"].pop("fusion"), "2 views, expected up to 8 with a fusion, or neither"),
        (lambda data: data["input"].pop("views"), "0 views, expected up to 8 with a fusion, or neither"),
        (lambda data: data["input"].update(size=64), "not that of the first view"),
        (lambda data: data["input"]["views"].reverse(), "not that of the first view"),
        (lambda data: data["input"]["views"][1].update(size=0), "'whole' view size is 0"),
        (lambda data: data["input"]["views"][1].update(tiles=4), "'whole' view.tiles is 4"),
        (lambda data: data["input"]["views"][1].update(name="tiles"), "names of the views"),
        (lambda data: data["input"]["views"][1].update(signature=""), "signatures of the views"),
        (lambda data: data["input"]["fusion"].update(weights=[1.0]), "fusion weights are"),
        (lambda data: data["input"]["fusion"].update(weights=[1.0, -0.1]), "fusion weights are"),
        (lambda data: data["input"]["fusion"].update(weights=[1.0, float("nan")]), "fusion weights are"),
        (lambda data: data["input"]["fusion"].update(bias=float("inf")), "fusion bias is inf"),
        (lambda data: data["decision"]["condition"].update(least_texture=-1), "least_texture is -1"),
        (lambda data: data["decision"]["operating_points"][0].update(found=1.5), "operating_points holds"),
        (lambda data: data["input"]["views"][0].update(mean=1), "does not follow schema 2"),
        (lambda data: data["decision"]["condition"].update(other=1), "does not follow schema 2"),
    ],
)
def test_views_that_no_runtime_could_use_are_refused(
    edit: Callable[[dict[str, Any]], object], reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        contract_from_json(edited_views(edit))
