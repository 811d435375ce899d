"""The vectors are what our runtime says, small, and tell a wrong preprocessing from the right one."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.convert.ship.vectors import Vectors, write_vectors
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, Fit, InputSpec
from fakelens.edge_runtime.modelfile.library import find_model, list_models

MOST_BYTES = 300_000
Written = tuple[str, Path, Vectors]


@pytest.fixture(scope="module", params=list_models())
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A release model's name, where its vectors are, and what they say."""
    folder = tmp_path_factory.mktemp(request.param) / "vectors"
    return request.param, folder, write_vectors(find_model(request.param), folder)


def test_the_file_has_the_fields_that_the_kits_read(written: Written) -> None:
    name, folder, _ = written
    found: dict[str, Any] = json.loads((folder / "vectors.json").read_text())
    images = found.pop("images")
    digest = hashlib.sha256(find_model(name).read_bytes()).hexdigest()
    assert found == {"schema": 1, "model": name, "model_sha256": digest, "tolerance": 1 / 255}
    assert {path.name for path in folder.iterdir()} == {"vectors.json", *(image["file"] for image in images)}
    for image in images:
        known = ["file", "width", "height", "p_fake", "verdict", "tiles", "views", "condition", "reason"]
        assert list(image) == known
        assert list(image["condition"]) == ["side", "texture", "sharpness", "blocking"]
        assert all(list(tile) == ["left", "top", "p_fake", "weight"] for tile in image["tiles"])
        with Image.open(folder / image["file"]) as opened:
            assert (opened.format, opened.mode) == ("PNG", "RGB")
            assert opened.size == (image["width"], image["height"])


def test_the_runtime_says_so(written: Written) -> None:
    name, folder, vectors = written
    detector = Detector(name)
    for image in vectors.images:
        verdict = detector.check(folder / image.file)
        assert (verdict.p_fake, verdict.label) == (image.p_fake, image.verdict)
        if detector.contract.input.fit is Fit.TILES:
            regions = [(region.left, region.top, region.p_fake) for region in verdict.regions]
        else:
            regions = [(0, 0, verdict.views[0].p_fake if verdict.views else verdict.p_fake)]
        assert [(tile.left, tile.top, tile.p_fake) for tile in image.tiles] == regions


def test_they_are_small_and_every_verdict_is_among_them(written: Written) -> None:
    _, folder, vectors = written
    assert sum(path.stat().st_size for path in folder.iterdir()) < MOST_BYTES
    assert {str(image.verdict) for image in vectors.images} == {"real", "fake", "unsure"}


def make_wrong(image: Image.Image, mistake: str, spec: InputSpec) -> Image.Image:
    """What a careless app would look at."""
    pixels = np.asarray(image)
    if mistake == "blue first":
        return Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))
    if mistake == "turned":
        return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 0, 2)))
    if mistake == "the middle alone":
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        return image.crop((left, top, left + side, top + side))
    if mistake == "another resampler":  # of a whole photo, where it should be tiles or antialiased
        return image.resize((spec.size, spec.size), Image.Resampling.NEAREST)
    return Image.fromarray((pixels // 2 + 64).astype(np.uint8))  # "normalized"


@pytest.mark.parametrize(
    "mistake", ["blue first", "turned", "the middle alone", "another resampler", "normalized"]
)
def test_a_mistake_is_found(written: Written, mistake: str) -> None:
    name, folder, vectors = written
    detector = Detector(name)
    differences = [
        abs(detector.check(make_wrong(opened, mistake, detector.contract.input)).p_fake - image.p_fake)
        for image in vectors.images
        for opened in [Image.open(folder / image.file)]
    ]
    assert max(differences) > 10 * vectors.tolerance


@pytest.mark.parametrize("fit", list(Fit))
def test_those_of_a_large_model_are_small_too(
    tmp_path: Path, build_graph: Callable[..., bytes], fit: Fit
) -> None:
    size = 224
    spec = InputSpec(size=size, fit=fit, tiles=1 if fit is Fit.RESIZE else 12)
    model = tmp_path / "large.tflite"
    graph = build_graph(np.zeros((2, size * size * 3), np.float32), [0, 0])
    model.write_bytes(pack_model(graph, Contract(name="large", input=spec)))
    write_vectors(model, tmp_path / "vectors")
    assert sum(path.stat().st_size for path in (tmp_path / "vectors").iterdir()) < MOST_BYTES
