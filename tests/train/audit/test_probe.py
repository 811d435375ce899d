from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.audit.probe import ProbeResult, probe_facts, probe_metadata


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
    assert result.auc.value == pytest.approx(0.5, abs=0.01)
    assert result.images == 80


def test_png_against_jpeg_is_found(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".jpg")
    fake = _save_noise(tmp_path / "fake", 40, ".png")
    assert probe_metadata(real, fake).auc.value > 0.9


def test_jpeg_quality_is_found_behind_one_suffix(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".jpg", quality=90)
    fake = _save_noise(tmp_path / "fake", 40, ".jpg", quality=75)
    assert probe_metadata(real, fake).auc.value > 0.9


def test_compressed_png_gives_smooth_fakes_away(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 40, ".png")
    (tmp_path / "fake").mkdir()
    fake = [tmp_path / "fake" / path.name for path in real]
    for source, target in zip(real, fake, strict=True):
        Image.open(source).resize((16, 16)).resize((32, 32)).save(target)
    assert probe_metadata(real, fake).auc.value > 0.9


def test_unpaired_classes_of_unequal_size_are_chance(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 60, ".png", compress_level=0)
    fake = _save_noise(tmp_path / "fake", 25, ".png", compress_level=0)
    assert probe_metadata(real, fake[10:]).auc.value == pytest.approx(0.5, abs=0.01)


def test_too_few_files_are_refused(tmp_path: Path) -> None:
    real = _save_noise(tmp_path / "real", 1, ".png")
    fake = _save_noise(tmp_path / "fake", 1, ".png")
    with pytest.raises(UsageError, match="too few"):
        probe_metadata(real, fake)


@dataclass(frozen=True, kw_only=True)
class _Facts:
    file_type: str
    step: float
    noise: float
    same: float = 1.0


def _probe(reals: Sequence[_Facts], fakes: Sequence[_Facts]) -> ProbeResult:
    labels = np.repeat([0, 1], [len(reals), len(fakes)])
    return probe_facts([*reals, *fakes], labels, list(range(len(labels))))


def test_clues_are_told_in_words_the_strongest_first() -> None:
    rng = np.random.default_rng(0)
    reals = [_Facts(file_type="JPEG", step=2.5, noise=rng.random()) for _ in range(50)]
    fakes = [
        _Facts(
            file_type="PNG" if number % 5 else "JPEG", step=2.5 if number % 5 else 1200.0, noise=rng.random()
        )
        for number in range(50)
    ]
    clues = _probe(reals, fakes).clues
    assert [clue.name for clue in clues] == ["file type", "step", "noise"]  # what never varies is no clue
    assert clues[0].sentence == "file type: reals JPEG; fakes PNG (80%), JPEG (20%)"
    assert clues[1].sentence == "step: reals 2.5; fakes 2.5 (80%)"
    assert clues[2].real.startswith("0.")
    assert " to 0." in clues[2].real


def test_a_number_in_the_middle_is_a_clue_too() -> None:
    """Neither larger nor smaller, but one certain value: the class is given away all the same."""
    widths = np.random.default_rng(0).choice([256.0, 1024.0], 60)
    reals = [_Facts(file_type="JPEG", step=width, noise=0) for width in widths]
    fakes = [_Facts(file_type="JPEG", step=512.0, noise=0) for _ in range(60)]
    result = _probe(reals, fakes)
    assert result.auc.value > 0.99
    assert result.clues[0].auc > 0.99


def test_images_of_one_group_are_not_told_by_each_other() -> None:
    rng = np.random.default_rng(0)
    facts = [_Facts(file_type="JPEG", step=step, noise=0) for step in rng.random(40) for _ in range(8)]
    labels = np.repeat(rng.permutation([0, 1] * 20), 8)
    leaky = probe_facts(facts, labels, list(range(320)))
    honest = probe_facts(facts, labels, [number // 8 for number in range(320)])
    assert leaky.auc.value > 0.95
    assert honest.auc.value < 0.75
