"""Photo models from tiles to heatmap; the model calls bright tiles fake."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.answers import heatmap
from fakelens.edge_runtime.answers.heatmap import paint_regions
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.contract import Contract, Fit, InputSpec, Pool, check_contract
from fakelens.edge_runtime.pictures.preprocess import cut_tiles
from fakelens.edge_runtime.pictures.tiles import Region, place_grid
from tests.conftest import Fakelens

SIZE = 8


@pytest.fixture
def tile_model(pack_tile_model: Callable[..., Path]) -> Path:
    return pack_tile_model(4, Pool.TOP)


@pytest.fixture
def half_bright() -> Image.Image:
    """16 x 16 px, dark but for the upper right quarter."""
    pixels = np.full((16, 16, 3), 80, np.uint8)
    pixels[:8, 8:] = 200
    return Image.fromarray(pixels)


def test_an_image_smaller_than_a_tile_is_mirrored_beyond_its_edges() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    (tile,) = cut_tiles(Image.fromarray(pixels), [(0, 0)], SIZE)
    rows, columns = [0, 1, 2, 2, 1, 0, 0, 1], [0, 1, 2, 3, 4, 4, 3, 2]
    np.testing.assert_array_equal(tile, pixels[rows][:, columns])


def test_a_verdict_pools_its_tiles_and_tells_each(tile_model: Path, half_bright: Image.Image) -> None:
    verdict = Detector(tile_model).check(half_bright)
    assert [(region.left, region.top) for region in verdict.regions] == [(0, 0), (8, 0), (0, 8), (8, 8)]
    bright = 1 / (1 + np.exp(-(200 - 128) / 16))
    assert verdict.p_fake == pytest.approx(bright, abs=1e-4)
    assert verdict.regions[1].p_fake == pytest.approx(bright, abs=1e-4)
    assert verdict.reduction == 1.0


def test_nothing_is_resized(tile_model: Path) -> None:
    photo = Image.new("RGB", (4000, 3000))
    assert Detector(tile_model).check(photo).reduction == 1.0


def test_a_heatmap_tints_fake_orange_and_real_blue(half_bright: Image.Image) -> None:
    fake = Region(left=8, top=0, size=8, p_fake=1.0)
    real = Region(left=0, top=0, size=8, p_fake=0.0)
    none = Region(left=0, top=8, size=8, p_fake=0.5)
    painted = np.asarray(paint_regions(half_bright, [fake, real, none]), int)
    before = np.asarray(half_bright, int)
    assert (painted[:8, 8:, 0] > painted[:8, 8:, 2]).all()
    assert (painted[:8, :8, 2] > painted[:8, :8, 0]).all()
    np.testing.assert_array_equal(painted[8:], before[8:])


def test_check_writes_a_heatmap_for_each_picture(
    tile_model: Path, half_bright: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        half_bright.save(tmp_path / folder / "same.png")
    (tmp_path / "b" / "broken.png").write_text("no picture")
    arguments = ["check", str(tmp_path / "a"), str(tmp_path / "b"), "--model", str(tile_model)]
    result = fakelens(*arguments, "--heatmap", str(tmp_path / "heat"), "--json")
    assert result.returncode == 2  # the broken one, reported; the others are there
    assert {path.name for path in (tmp_path / "heat").iterdir()} == {"same.png", "same-2.png"}
    heatmap = Image.open(tmp_path / "heat" / "same.png")
    assert heatmap.width == 16
    assert heatmap.height > 16  # the legend
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [len(row.get("grid", ())) for row in rows] == [9, 0, 9]  # 3 x 3, overlapping by half
    grid = {(region["left"], region["top"]): region["p_fake"] for region in rows[0]["grid"]}
    assert max(grid, key=grid.__getitem__) == (8, 0)


def test_a_grid_covers_the_picture_within_its_limit() -> None:
    assert place_grid(16, 8, 8, 99) == [(0, 0), (4, 0), (8, 0)]
    assert place_grid(5, 7, 8, 99) == [(0, 0)]
    places = place_grid(4000, 3000, 64, 600)
    assert 400 < len(places) <= 600
    assert {left for left, _ in places} >= {0, 3936}
    assert {top for _, top in places} >= {0, 2936}


def test_a_model_without_tiles_has_no_heatmap(
    model_file: Path, half_bright: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    half_bright.save(tmp_path / "x.png")
    result = fakelens(
        "check", str(tmp_path / "x.png"), "--model", str(model_file), "--heatmap", str(tmp_path / "heat")
    )
    assert result.returncode == 2
    assert "--heatmap needs a model of photos" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "heat").exists()


@pytest.mark.parametrize("spec", [InputSpec(size=8, tiles=2), InputSpec(size=8, fit=Fit.TILES, tiles=5000)])
def test_more_tiles_than_a_runtime_could_use_are_refused(spec: InputSpec) -> None:
    with pytest.raises(ModelError, match=r"input\.tiles"):
        check_contract(Contract(name="x", input=spec))


def test_no_map_takes_the_place_of_another(
    tile_model: Path, half_bright: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    names = ("a.jpg", "a.png", "a-2.png", "A.png", "x" * 246 + ".png")
    for name in names:
        half_bright.save(tmp_path / name)
    paths = [tmp_path / name for name in names]
    done = fakelens("check", *paths, "--model", tile_model, "--heatmap", tmp_path / "heat")
    assert done.returncode == 0, done.stderr
    maps = {path.name for path in (tmp_path / "heat").iterdir()}
    assert maps == {"a.png", "a-2.png", "a-2-2.png", "A-3.png", "x" * 200 + ".png"}


def test_a_map_takes_the_place_of_an_older_map_and_of_no_picture(
    tile_model: Path, half_bright: Image.Image, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    half_bright.save(picture)
    detector = Detector(tile_model)
    result = CheckedFile(
        path=str(picture.with_suffix(".jpg")), verdict=detector.check(half_bright), image=half_bright
    )
    for _ in range(2):
        heatmap.HeatmapSink(detector, tmp_path).write(result)
        assert {path.name for path in tmp_path.glob("*.png")} == {"a.png", "a-2.png"}
    assert Image.open(picture).tobytes() == half_bright.tobytes()


def test_a_large_picture_is_painted_at_a_part_of_its_size(
    half_bright: Image.Image, tile_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heatmap, "_MOST_PIXELS", 64)
    detector = Detector(tile_model)
    sink = heatmap.HeatmapSink(detector, tmp_path / "heat")
    grid = detector.map_regions(half_bright)
    sink.write(CheckedFile(path="a.png", verdict=detector.check(half_bright), image=half_bright, grid=grid))
    assert Image.open(tmp_path / "heat" / "a.png").width == 8


def test_bands_give_the_same_picture(half_bright: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    regions = [Region(left=x, top=y, size=8, p_fake=(x + y) / 20) for x in (0, 4, 8) for y in (0, 4, 8)]
    whole = paint_regions(half_bright, regions).tobytes()
    monkeypatch.setattr(heatmap, "_BAND_ROWS", 3)
    assert paint_regions(half_bright, regions).tobytes() == whole


def test_a_place_that_cannot_be_written_is_refused_before_the_first_picture(
    tile_model: Path, half_bright: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    half_bright.save(tmp_path / "a.png")
    for option, target in (("--heatmap", tmp_path / "a.png"), ("--html", tmp_path / "a.png" / "page.html")):
        done = fakelens("check", tmp_path / "a.png", "--model", tile_model, option, target)
        assert (done.returncode, done.stdout) == (2, "")
        assert "cannot be written" in done.stderr
    done = fakelens("check", tmp_path / "a.png", "--model", tile_model, "--html", tmp_path / "a.png")
    assert done.returncode == 2
    assert "holds a picture or other data, which would be lost" in done.stderr
    assert Image.open(tmp_path / "a.png").tobytes() == half_bright.tobytes()


def test_heat_maps_are_not_written_among_the_pictures_of_the_next_check(
    tile_model: Path, half_bright: Image.Image, tmp_path: Path, fakelens: Fakelens
) -> None:
    half_bright.save(tmp_path / "a.png")
    arguments = ("check", tmp_path, "--model", tile_model, "--heatmap")
    done = fakelens(*arguments, tmp_path / "maps")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--heatmap {tmp_path / 'maps'}: lies in {tmp_path}, so that" in done.stderr
    assert not (tmp_path / "maps").exists()
