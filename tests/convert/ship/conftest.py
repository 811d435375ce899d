"""Model files that apps take, and what a kit's rules must make of the vectors of a model."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakelens.convert.recipes import Io
from fakelens.convert.ship.kit import write_assets
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import ConditionLimits, Contract, Decision, InputSpec, Pool
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.preprocess import fit_views, load_image
from fakelens.edge_runtime.pictures.tiles import place_tiles

SIZE = 8
LIMITS = ConditionLimits(least_side=8, least_texture=0.5, least_sharpness=0.513, most_blocking=2.2)


@pytest.fixture
def pack_app_model(tmp_path: Path, build_brightness_graph: Callable[..., bytes]) -> Callable[..., Path]:
    """Write the brightness model with metadata for `io`, its graph with the types that are given."""

    def pack(io: Io = Io.UINT8, **types: str) -> Path:
        decision = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6)
        contract = Contract(name="brightness", input=InputSpec(size=SIZE), decision=decision)
        graph = attach_metadata(build_brightness_graph(**types), contract, io)
        path = tmp_path / "brightness.tflite"
        path.write_bytes(pack_model(graph, contract))
        return path

    return pack


@pytest.fixture
def app_model(pack_app_model: Callable[..., Path]) -> Path:
    """A model file that passes every app gate; the test may rewrite it."""
    return pack_app_model()


@pytest.fixture
def find_syntax_error() -> Callable[[str, Path], str]:
    """Where a file breaks the grammar of tree-sitter's package of that name; empty where it does not."""
    tree_sitter = pytest.importorskip("tree_sitter", reason="needs the extra dev")

    def find(package: str, path: Path) -> str:
        grammar = pytest.importorskip(package, reason="needs the extra dev")
        tree = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(path.read_bytes())
        return _locate_error(tree.root_node) if tree.root_node.has_error else ""

    return find


def _locate_error(node: Any) -> str:
    for child in node.children:
        if child.has_error or child.is_missing:
            return _locate_error(child)
    return f"line {node.start_point[0] + 1}: {node.text.decode()[:80]}"


@dataclass(frozen=True, kw_only=True)
class RulesCase:
    """What a program that runs a kit's rules is given: see CheckVectors.kt and main.swift."""

    assets: Path
    work: Path  # PICTURE.raw goes in, PICTURE.tiles comes out

    def compare(self, printed: str) -> None:
        """Assert that places, every byte for the model, pooled scores and verdicts are those of Python."""
        detector = Detector(self.assets / "model.tflite")
        spec = detector.contract.input
        expected = json.loads((self.assets / "vectors/vectors.json").read_text())["images"]
        rows = list(csv.reader(printed.splitlines(), delimiter=";"))
        assert [row[0] for row in rows] == [image["file"] for image in expected]
        for image, (file, places, p_fake, verdict, *condition) in zip(expected, rows, strict=True):
            picture = load_image(self.assets / "vectors" / file)
            given = b"".join(view.tobytes() for view in fit_views(picture, spec))
            assert (self.work / f"{file}.tiles").read_bytes() == given, file
            tiled = place_tiles(*picture.size, spec) if spec.fit == "tiles" else [(0, 0)]
            assert places == " ".join(f"{left},{top}" for left, top in tiled), file
            assert float(p_fake) == pytest.approx(image["p_fake"], abs=1e-12), file
            assert verdict == image["verdict"], file
            # Integers summed and divided once: the same to the last bit.
            assert condition[0] == (image["reason"] or ""), file
            found = [None if text == "" else float(text) for text in condition[1:]]
            assert found == [image["condition"][name] for name in ("texture", "sharpness", "blocking")], file


@pytest.fixture(params=["photo", "cifake-300k", "top", "two views"])
def rules_case(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    pack_tile_model: Callable[..., Path],
    pack_two_view_model: Callable[..., Path],
) -> RulesCase:
    """The vectors of models that look at tiles, resize, pool otherwise, and do all of it and ask for more."""
    if request.param == "top":
        model = pack_tile_model(10, Pool.TOP)
    elif request.param == "two views":
        model = pack_two_view_model(decision=Decision(condition=LIMITS))
    else:
        model = find_model(request.param)
    case = RulesCase(assets=tmp_path / "assets", work=tmp_path / "work")
    for folder in (case.assets, case.work):
        folder.mkdir()
    write_assets(model, case.assets)
    for picture in (case.assets / "vectors").glob("*.png"):
        pixels = np.asarray(load_image(picture))
        (case.work / f"{picture.name}.raw").write_bytes(pixels.tobytes())
    return case
