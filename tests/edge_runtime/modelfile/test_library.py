"""Models are found by release name or by path; the release models are what they claim to be."""

from pathlib import Path

import pytest

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.library import (
    DEFAULT_MODEL,
    find_model,
    is_copy_of_release,
    list_models,
)


def test_a_path_is_found_as_text_or_path(model_file: Path) -> None:
    assert find_model(model_file) == model_file
    assert find_model(str(model_file)) == model_file


@pytest.mark.parametrize("name", ["no-such-model", "no/such/model.tflite", ""])
def test_an_unknown_model_is_one_line_with_the_names_there_are(name: str) -> None:
    with pytest.raises(ModelError, match="no such model file; release models: ") as caught:
        find_model(name)
    assert str(caught.value).startswith(name)
    assert all(model in str(caught.value) for model in list_models())


def test_what_is_taken_for_a_model_gets_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a folder, not a model file; release models: "):
        find_model(tmp_path)
    (tmp_path / "run.json").touch()
    with pytest.raises(ModelError, match=f"is a run, not a model file; .* fakelens convert {tmp_path}$"):
        find_model(tmp_path)
    with pytest.raises(ModelError, match=r"https://a/b\.tflite: nothing is fetched from the net; download"):
        find_model("https://a/b.tflite")


def test_every_release_model_loads_and_bears_the_name_of_its_file() -> None:
    for name in list_models():
        assert Detector(name).contract.name == name
        assert find_model(name) == find_model(str(find_model(name)))


@pytest.mark.skipif(not list_models(), reason="no release model is committed yet")
def test_the_default_model_is_a_release_model_with_a_card() -> None:
    assert find_model() == find_model(DEFAULT_MODEL)
    contract = Detector().contract
    assert contract.measured
    assert contract.description
    assert contract.limits


def test_a_copy_of_a_release_model_is_known_by_its_bytes() -> None:
    content = find_model(DEFAULT_MODEL).read_bytes()
    assert is_copy_of_release(DEFAULT_MODEL, content)
    assert not is_copy_of_release(DEFAULT_MODEL, content[:-1] + bytes([content[-1] ^ 1]))
    assert not is_copy_of_release("cifake-quick", content)
    assert not is_copy_of_release(f"../models/{DEFAULT_MODEL}", content)
