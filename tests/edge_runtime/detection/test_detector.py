"""`Detector(model).check(image)`: one answer, however the image is handed over."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import ImageError, ModelError, UsageError
from fakelens.edge_runtime.modelfile.container import pack_model, read_model
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec
from fakelens.edge_runtime.modelfile.interpreter import Interpreter

SaveGrey = Callable[[Path, int], Path]


@pytest.mark.parametrize(("level", "label"), [(40, Label.REAL), (128, Label.UNSURE), (220, Label.FAKE)])
def test_a_verdict_follows_from_the_image_and_the_contract(
    model_file: Path, tmp_path: Path, save_grey: SaveGrey, level: int, label: Label
) -> None:
    verdict = Detector(model_file).check(save_grey(tmp_path / "grey.png", level))
    assert verdict.label is label
    assert verdict.p_fake == pytest.approx(1 / (1 + np.exp(-(level - 128) / 16)), abs=1e-5)
    assert verdict.model == "brightness"
    assert verdict.latency_ms > 0
    assert verdict.reduction == 1.0


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "I;16", "P", "1"])
def test_path_text_bytes_and_picture_get_the_same_answer(
    pixel_model_file: Path, tmp_path: Path, mode: str
) -> None:
    generator = np.random.default_rng(1)
    if mode == "I;16":
        picture = Image.fromarray(generator.integers(0, 65536, (11, 9), np.uint16))
    else:
        picture = Image.fromarray(generator.integers(0, 256, (11, 9, 4), np.uint8)).convert(mode)
    path = tmp_path / "picture.png"
    picture.save(path)
    detector = Detector(pixel_model_file)
    content = path.read_bytes()
    given = (path, str(path), content, bytearray(content), memoryview(content), picture)
    assert len({detector.check(image).p_fake for image in given}) == 1
    with pytest.raises(ImageError, match="a NoneType is no image: give a path, encoded bytes, a Pillow"):
        detector.check(None)


def test_the_decision_is_the_files(model_file: Path, tmp_path: Path, save_grey: SaveGrey) -> None:
    path = save_grey(tmp_path / "grey.png", 128)
    model = read_model(model_file)
    decision = replace(model.contract.decision, threshold=0.6, unsure_low=1.0, unsure_high=0.0)
    model_file.write_bytes(pack_model(model.graph, replace(model.contract, decision=decision)))
    assert Detector(model_file).check(path).label is Label.REAL


def test_how_far_a_photo_was_scaled_down_is_told(model_file: Path) -> None:
    assert Detector(model_file).check(Image.new("RGB", (80, 24))).reduction == 10.0
    assert Detector(model_file).check(Image.new("RGB", (4, 2))).reduction == 0.5


def test_an_unreadable_file_does_not_stop_the_others(
    model_file: Path, tmp_path: Path, save_grey: SaveGrey
) -> None:
    text = tmp_path / "text.png"
    text.write_text("no image")
    good, missing = save_grey(tmp_path / "good.png", 10), tmp_path / "missing.png"
    detector = Detector(model_file)
    results = list(detector.check_files([text, missing, good]))
    assert [result.path for result in results] == [str(text), str(missing), str(good)]
    assert [result.verdict is None for result in results] == [True, True, False]
    assert [result.error is None for result in results] == [False, False, True]
    with pytest.raises(ImageError):
        detector.check(text)


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_give_the_same_results_in_the_same_order(
    pixel_model_file: Path, tmp_path: Path, workers: int
) -> None:
    generator = np.random.default_rng(3)
    paths = [tmp_path / f"{number:02}.png" for number in range(40)]
    for path in paths:
        Image.fromarray(generator.integers(0, 256, (11, 9, 3), np.uint8)).save(path)
    paths[7].write_text("no image")
    detector = Detector(pixel_model_file)
    alone, beside = list(detector.check_files(paths)), list(detector.check_files(paths, workers))
    assert [result.path for result in beside] == [str(path) for path in paths]
    assert [result.error for result in beside] == [result.error for result in alone]
    assert [r.verdict and r.verdict.p_fake for r in beside] == [r.verdict and r.verdict.p_fake for r in alone]
    assert len({result.verdict.p_fake for result in beside if result.verdict}) == 39


@pytest.mark.parametrize("threads", [1, 2])
def test_a_next_folder_finds_the_interpreters_ready_and_two_at_once_share_none(
    model_file: Path, tmp_path: Path, save_grey: SaveGrey, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    paths = [save_grey(tmp_path / f"{level}.png", level) for level in range(0, 250, 10)]
    detector, loaded = Detector(model_file, threads), []

    class Counted(Interpreter):
        def __init__(self, graph: bytes, threads: int = 1, signatures: Sequence[str] = ()) -> None:
            loaded.append(threads)
            super().__init__(graph, threads, signatures)

    monkeypatch.setattr("fakelens.edge_runtime.detection.scorer.Interpreter", Counted)
    first = [checked.verdict.p_fake for checked in detector.check_files(paths, 2) if checked.verdict]
    assert len(first) == len(paths)
    assert threads - 1 <= len(loaded) <= 2  # one with a thread of its own is there from the start
    next(detector.check_files(paths, 2))  # and left
    assert len(loaded) <= 2
    pairs = list(zip(detector.check_files(paths, 2), detector.check_files(paths, 2), strict=True))
    assert len(loaded) <= max(2, os.cpu_count() or 1)
    assert set(loaded) <= {1}
    for number in range(2):
        again = [pair[number].verdict for pair in pairs]
        assert [verdict.p_fake for verdict in again if verdict] == first


def test_workers_hold_few_pictures_ahead_of_the_consumer(model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "photo.bmp"
    Image.new("RGB", (200, 200)).save(path)  # 120 KB: no small file
    taken: list[int] = []

    def name_files() -> Iterator[Path]:
        for number in range(100):
            taken.append(number)
            yield path

    results = Detector(model_file).check_files(name_files(), workers=2)
    assert next(results).verdict
    assert len(taken) <= 7


def test_a_batch_is_scored_image_by_image(pixel_model_file: Path) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 8, 8, 3), np.uint8)
    detector = Detector(pixel_model_file)
    scores = detector.score(images)
    assert scores.shape == (3,)
    assert scores.tolist() == [detector.score(image[None])[0] for image in images]


def test_a_graph_that_the_contract_does_not_describe_is_refused(
    tmp_path: Path, brightness_graph: bytes, build_graph: Callable[..., bytes]
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(pack_model(brightness_graph, Contract(name="n", input=InputSpec(size=32))))
    with pytest.raises(ModelError, match="32 px"):
        Detector(path)
    for classes in (1, 3):
        graph = build_graph(np.zeros((classes, 8 * 8 * 3), np.float32), [0] * classes)
        path.write_bytes(pack_model(graph, Contract(name="n", input=InputSpec(size=8))))
        with pytest.raises(ModelError, match="2 labels"):
            Detector(path)


def test_no_threads_is_a_usage_error(model_file: Path) -> None:
    with pytest.raises(UsageError, match="threads is 0"):
        Detector(model_file, threads=0)
