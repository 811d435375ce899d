"""Many files: small ones go to a worker together."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.many_files import _drop_images, group_files
from fakelens.edge_runtime.pictures.tiles import Region


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([1_000] * 20, [16, 4]),
        ([150_000] * 3, [1, 1, 1]),
        ([200_000, 100_000, 1_000, 300_000, 1_000], [1, 2, 1, 1]),
        ([], []),
    ],
)
def test_small_files_are_handed_to_a_worker_together(
    tmp_path: Path, sizes: list[int], groups: list[int]
) -> None:
    paths = [tmp_path / str(number) for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes(bytes(size))
    found = list(group_files([*paths]))
    assert [len(group) for group in found] == groups
    assert [path for group in found for path in group] == paths


def test_only_the_images_are_dropped() -> None:
    result = CheckedFile(
        path="a.jpg",
        error="none",
        note="its end is missing",
        grid=(Region(left=0, top=0, size=8, p_fake=0.5),),
        image=Image.new("RGB", (8, 8)),
    )
    assert vars(_drop_images(result)) == vars(replace(result, image=None))
    assert set(vars(result)) == {"path", "verdict", "error", "note", "moments", "stills", "image", "grid"}


def name_tiny_files(folder: Path) -> list[Path]:
    """Write files of which most are tiny pictures, and one each is damaged, large, animated, no picture."""
    rng = np.random.default_rng(4)
    paths = [folder / f"{number:02}.jpg" for number in range(45)]
    for number, path in enumerate(paths):
        pixels = rng.integers(0, 256, (32, 32, 3), np.uint8) // np.uint8(1 + number)
        Image.fromarray(pixels).save(path, quality=90)
    paths[3].write_bytes(paths[3].read_bytes()[:200])
    Image.fromarray(rng.integers(0, 256, (300, 200, 3), np.uint8)).save(paths[20], quality=95)
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(paths[21], "GIF", save_all=True, append_images=frames[1:])
    paths[22].write_text("no image")
    return paths


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("pixels_only", [False, True])
def test_small_files_judged_together_get_the_answers_of_each_alone(
    tmp_path: Path, workers: int, *, pixels_only: bool
) -> None:
    paths = name_tiny_files(tmp_path)
    detector = Detector("cifake-quick", pixels_only=pixels_only)
    together = list(detector.check_files(paths, workers, keep_images=False))
    alone = [detector.check_file(path, str(path)) for path in paths]
    assert [strip(result) for result in together] == [strip(result) for result in alone]
    assert [result.path for result in together if result.error] == [str(paths[3]), str(paths[22])]
    assert len({result.verdict.p_fake for result in together if result.verdict}) > 3
    assert all(result.image is None for result in together)
    assert all(result.verdict.latency_ms > 0 for result in together if result.verdict)


def strip(result: CheckedFile) -> CheckedFile:
    """Return `result` without what differs from run to run: its time."""
    verdict = result.verdict and replace(result.verdict, latency_ms=0.0)
    return replace(result, verdict=verdict, image=None, stills=())


def test_whoever_hands_files_over_one_by_one_gets_each_result_before_the_next(tmp_path: Path) -> None:
    paths, taken = name_tiny_files(tmp_path), []

    def hand_over() -> Iterator[Path]:
        for path in paths:
            taken.append(path)
            yield path

    results = Detector("cifake-quick").check_files(hand_over(), keep_images=False)
    for number in range(1, 5):
        next(results)
        assert len(taken) == number
