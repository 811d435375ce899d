import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.bench.rows import bench
from fakelens.benchmarks.labelled import find_labelled
from fakelens.benchmarks.metrics import wilson_interval
from fakelens.benchmarks.scoring.battery import BATTERY, degrade
from fakelens.benchmarks.scoring.choice import BenchConfig
from fakelens.benchmarks.scoring.robustness import RobustRow, measure_robustness
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, InputSpec
from fakelens.edge_runtime.pictures.preprocess import fit_views, load_image


def _measure(data: Path, *models: Path, threads: int = 1) -> list[RobustRow]:
    return measure_robustness(BenchConfig(models=tuple(map(str, models)), data=data, threads=threads))


def _count_right(rows: list[RobustRow]) -> list[int]:
    return [round(row.accuracy.value * row.n) for row in rows]


@pytest.fixture
def textures(tmp_path: Path) -> Path:
    """Images of noise, 20 x 16 px."""
    generator = np.random.default_rng(1)
    for label in ("real", "fake"):
        folder = tmp_path / "textures" / label
        folder.mkdir(parents=True)
        for number in range(20):
            pixels = generator.integers(0, 256, (16, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "textures"


@pytest.fixture
def texture_models(tmp_path: Path, build_graph: Callable[..., bytes]) -> tuple[Path, Path]:
    """Two models, of 8 and 4 px, that look at texture alone: about half of `textures` is fake to each."""
    paths = []
    for size, threshold in ((8, 0.5), (4, 0.6)):
        weights = np.zeros((2, size * size * 3), np.float32)
        weights[1] = np.random.default_rng(size).normal(0, 0.01, weights.shape[1])
        weights[1] -= weights[1].mean()
        contract = Contract(
            name=f"texture{size}", input=InputSpec(size=size), decision=Decision(threshold=threshold)
        )
        paths.append(tmp_path / f"texture{size}.tflite")
        paths[-1].write_bytes(pack_model(build_graph(weights, [0, 0]), contract))
    return paths[0], paths[1]


def test_known_levels_give_known_figures(model_file: Path, data: Path) -> None:
    rows = {row.degradation.name: row for row in _measure(data, model_file)}
    assert [*rows] == [degradation.name for degradation in BATTERY]
    # The model calls grey 128 and above fake; see the levels of `data`.
    right = {"clean": 17, "brightness 0.7": 14, "brightness 1.3": 16, "contrast 0.7": 17, "contrast 1.3": 17}
    for name, count in (right | {"blur 1": 17, "rescale 0.5": 17}).items():
        assert (rows[name].accuracy, rows[name].n) == (wilson_interval(count, 20), 20), name
    assert {(row.path, row.data, row.split, row.errors) for row in rows.values()} == {
        (model_file, "greys", "test", ())
    }


def test_the_clean_row_is_the_figure_of_bench(texture_models: tuple[Path, Path], textures: Path) -> None:
    (row,) = bench(BenchConfig(models=(str(texture_models[1]),), data=textures))
    clean = _measure(textures, texture_models[1])[0]
    assert (clean.accuracy, clean.n) == (row.accuracy.metrics.accuracy, 40)


def test_images_are_degraded_at_their_own_size_for_every_model(
    texture_models: tuple[Path, Path], textures: Path
) -> None:
    rows = _measure(textures, *texture_models)
    expected = []
    for path in texture_models:
        detector = Detector(path)
        for degradation in BATTERY:
            right = 0
            for image in find_labelled(textures):
                degraded = degrade(np.asarray(load_image(image.path)), degradation)
                fitted = fit_views(Image.fromarray(degraded), detector.contract.input)
                fake = detector.score_image(fitted) >= detector.contract.decision.threshold
                right += int(fake == image.label)
            expected.append(right)
    assert _count_right(rows) == expected
    assert len(set(expected)) > 4  # or the figures above prove nothing
    assert [row.path for row in rows] == [path for path in texture_models for _ in BATTERY]


def test_an_images_share_hangs_neither_on_its_place_nor_on_the_others(
    texture_models: tuple[Path, Path], textures: Path, tmp_path: Path
) -> None:
    halves = [tmp_path / "even", tmp_path / "odd"]
    for image in find_labelled(textures):
        number = int(image.path.stem)
        folder = halves[number % 2] / image.path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(image.path, folder / f"{100 - number}.png")  # in the opposite order
    parts = [_count_right(_measure(half, *texture_models)) for half in halves]
    assert np.sum(parts, axis=0).tolist() == _count_right(_measure(textures, *texture_models))


def test_threads_change_no_figure(texture_models: tuple[Path, Path], textures: Path) -> None:
    one, many = (_count_right(_measure(textures, *texture_models, threads=threads)) for threads in (1, 64))
    assert one == many


def test_an_unreadable_image_is_reported_and_the_rest_goes_on(model_file: Path, data: Path) -> None:
    (data / "test" / "REAL" / "3 (1).png").write_bytes(b"no image")
    rows = _measure(data, model_file)
    assert {row.n for row in rows} == {19}
    assert all("3 (1).png" in error for row in rows for error in row.errors)
    assert {len(row.errors) for row in rows} == {1}
    for path in data.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(UsageError, match="none of 20 images can be read"):
        _measure(data, model_file)


def test_what_it_cannot_measure_is_refused(model_file: Path, data: Path, tmp_path: Path) -> None:
    config = BenchConfig(models=(str(model_file),), data=data, exclude=tmp_path / "names.txt")
    with pytest.raises(UsageError, match="on all images and without a reference"):
        measure_robustness(config)
    with pytest.raises(UsageError, match="on all images and without a reference"):
        measure_robustness(BenchConfig(models=(str(model_file),), data=data, reference=str(model_file)))
    with pytest.raises(UsageError, match="threads is 0"):
        _measure(data, model_file, threads=0)
