"""One detector, many threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from weakref import WeakSet

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.interpreter_pool import MOST, InterpreterPool


def test_threads_that_share_a_detector_get_the_answers_that_one_gets(
    pack_tile_model: Callable[..., Path],
) -> None:
    detector = Detector(pack_tile_model(16))
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, level, (48, 48, 3), np.uint8) for level in range(2, 250, 4)] * 4
    alone = [detector.check(picture).p_fake for picture in pictures]
    assert len(set(alone)) > 20
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda picture: detector.check(picture).p_fake, pictures)) == alone


def test_interpreters_of_other_threads_give_way_in_one_bounded_pool(brightness_graph: bytes) -> None:
    alive: WeakSet[Interpreter] = WeakSet()

    def load(threads: int) -> Interpreter:
        alive.add(made := Interpreter(brightness_graph, threads))
        return made

    pool = InterpreterPool(load, 2)
    taken = [pool.take(1) for _ in range(MOST)]
    assert len(set(map(id, taken))) == len(alive) == MOST
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.take, 2)
        for interpreter in taken:
            pool.give_back(interpreter, 1)
        del interpreter
        taken.clear()
        pool.give_back(waiting.result(timeout=60), 2)
    assert len(alive) == MOST
    for interpreter in (taken := [pool.take(2) for _ in range(MOST)]):
        pool.give_back(interpreter, 2)
    assert len(alive) == MOST


def test_several_threads_and_several_workers_give_the_same_answers(
    pack_tile_model: Callable[..., Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(20)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (48, 48, 3), np.uint8)).save(path)
    detector = Detector(pack_tile_model(16), threads=2)
    for workers in (1, 2, 1):
        answers = [each.verdict.p_fake for each in detector.check_files(paths, workers) if each.verdict]
        assert answers == [detector.check(path).p_fake for path in paths]


def test_an_array_is_checked_as_its_picture(pack_tile_model: Callable[..., Path]) -> None:
    detector = Detector(pack_tile_model(16))
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    expected = detector.check(Image.fromarray(pixels)).p_fake
    assert (
        detector.check(pixels).p_fake == detector.check(pixels[..., ::-1], colours="bgr").p_fake == expected
    )
    with pytest.raises(UsageError, match="goes with an array"):
        detector.check("photo.jpg", colours="bgr")
