"""Every kit holds the same assets, each where its platform looks for them."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from fakelens.convert.ship.kit import write_assets, write_kit
from fakelens.convert.ship.layout import LAYOUTS, STATEMENTS_NAME, Platform
from fakelens.convert.ship.templates import find_template, list_template
from fakelens.edge_runtime.answers.pages.parts import read_asset

ASSETS = {"model.tflite", "labels.txt", "contract.json", "MODEL_CARD.md"}


@pytest.fixture
def assets(tmp_path: Path, app_model: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    write_assets(app_model, folder)
    return folder


def list_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_assets_are_those_inside_the_model_file(assets: Path, app_model: Path) -> None:
    content = app_model.read_bytes()
    found = list_files(assets)
    assert set(found) == ASSETS
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert found["contract.json"] == archive.read("fakelens.json")
        assert found["labels.txt"] == archive.read("labels.txt") == b"real\nfake\n"
    assert found["model.tflite"] == content
    assert found["MODEL_CARD.md"].startswith(b"# brightness\n")


@pytest.mark.parametrize("platform", list(Platform))
def test_a_kit_is_the_template_with_the_assets_in_it(
    platform: Platform, assets: Path, tmp_path: Path
) -> None:
    write_kit(platform, assets, tmp_path / "kit")
    layout = LAYOUTS[platform]
    placed = list_files(tmp_path / "kit" / layout.assets)
    assert {name: placed[name] for name in ASSETS} == list_files(assets)
    vectors = list_files(assets / "vectors")
    assert "vectors.json" in vectors
    delivered = list_files(tmp_path / "kit" / layout.vectors)
    assert {name: delivered[name] for name in vectors} == vectors
    assert set(delivered) - set(vectors) <= {STATEMENTS_NAME}
    assert b"declares-generated" in (tmp_path / "kit" / layout.statements / STATEMENTS_NAME).read_bytes()
    template = find_template(platform)
    for name in list_template(template):
        if not name.is_relative_to(layout.vectors) and name.name not in ASSETS:
            assert (tmp_path / "kit" / name).read_bytes() == (template / name).read_bytes()
    if platform is Platform.WEB:
        shared = (tmp_path / "kit" / "src" / "fakelens.css").read_text(encoding="utf-8")
        assert shared == read_asset("style.css")  # one look: the kit's own rules take its colours from there
        own = (template / "src" / "style.css").read_text(encoding="utf-8")
        assert not re.search(r"#[0-9a-f]{3,8}\b|\brgb\(", own)
