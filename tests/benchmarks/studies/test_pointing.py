"""The model calls bright tiles fake, so the hottest tile is the bright patch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.studies.pointing import point_all
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from tests.conftest import RunModule

SIZE = 8


@pytest.fixture
def tile_model(pack_tile_model: Callable[..., Path]) -> Path:
    return pack_tile_model(4)


@pytest.fixture
def patches(tmp_path: Path) -> Path:
    """Two pictures with a bright patch; the mask of the second lies elsewhere."""
    data = tmp_path / "data"
    for folder in ("a/real", "splice/fake", "splice/mask"):
        (data / folder).mkdir(parents=True)
    pixels, mask = np.full((40, 40, 3), 60, np.uint8), np.zeros((40, 40), np.uint8)
    Image.fromarray(pixels).save(data / "a" / "real" / "0.png")
    pixels[24:, 24:], mask[24:, 24:] = 220, 255
    for name, shown in (("1", mask), ("2", mask[::-1, ::-1])):
        Image.fromarray(pixels).save(data / "splice" / "fake" / f"{name}.png")
        Image.fromarray(shown).save(data / "splice" / "mask" / f"{name}.png")
    return data


def test_a_hit_is_a_hottest_tile_inside_the_mask(tile_model: Path, patches: Path) -> None:
    first, second = point_all(Detector(tile_model), patches)
    assert (first.hit, second.hit) == (True, False)
    assert 0.1 < first.share < 0.2  # 16 x 16 of 40 x 40 px


def test_the_command_tells_hits_and_chance(run_module: RunModule, tile_model: Path, patches: Path) -> None:
    done = run_module("fakelens.benchmarks.studies.pointing", tile_model, "--data", patches)
    assert "| splice | 2 | 50.00%" in done.stdout


def test_models_and_data_that_cannot_be_used_are_named(
    tile_model: Path, model_file: Path, patches: Path
) -> None:
    with pytest.raises(UsageError, match="looks at an image as a whole"):
        point_all(Detector(model_file), patches)
    for mask in (patches / "splice" / "mask").iterdir():
        mask.unlink()
    with pytest.raises(UsageError, match="no fake test image has a mask"):
        point_all(Detector(tile_model), patches)
