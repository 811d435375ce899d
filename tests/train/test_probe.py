from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.probe import probe_metadata


def _save_noise(folder: Path, count: int, suffix: str, **options: int) -> list[Path]:
    folder.mkdir()
    rng = np.random.default_rng(len(folder.name))
    paths = [folder / f"{index:03d}{suffix}" for index in range(count)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path, **options)
    return paths


def test_same_format_is_chance(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".png", compress_level=0)
    fake = _save_noise(tmp_path / "fake", 40, ".png", compress_level=0)
    result = probe_metadata(real, fake)
    assert result.auc == pytest.approx(0.5, abs=0.01)
    assert result.images == 80


def test_png_against_jpeg_is_found(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".jpg")
    fake = _save_noise(tmp_path / "fake", 40, ".png")
    assert probe_metadata(real, fake).auc > 0.9


def test_jpeg_quality_is_found_behind_one_suffix(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".jpg", quality=90)
    fake = _save_noise(tmp_path / "fake", 40, ".jpg", quality=75)
    assert probe_metadata(real, fake).auc > 0.9


def test_compressed_png_gives_smooth_fakes_away(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".png")
    (tmp_path / "fake").mkdir()
    fake = [tmp_path / "fake" / path.name for path in real]
    for source, target in zip(real, fake, strict=True):
        Image.open(source).resize((16, 16)).resize((32, 32)).save(target)
    assert probe_metadata(real, fake).auc > 0.9


def test_unpaired_classes_of_unequal_size_are_chance(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 60, ".png", compress_level=0)
    fake = _save_noise(tmp_path / "fake", 25, ".png", compress_level=0)
    assert probe_metadata(real, fake[10:]).auc == pytest.approx(0.5, abs=0.01)


def test_too_few_files_are_refused(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 1, ".png")
    fake = _save_noise(tmp_path / "fake", 1, ".png")
    with pytest.raises(UsageError, match="too few"):
        probe_metadata(real, fake)
