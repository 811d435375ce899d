"""Many files: small ones go to a worker together, and side by side they take one pool of interpreters."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.many_files import group_files


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([1_000] * 20, [8, 8, 4]),
        ([50_000] * 3, [1, 1, 1]),
        ([20_000, 20_000, 1_000, 90_000, 1_000], [1, 2, 1, 1]),
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


def test_several_workers_take_the_interpreters_of_the_detector(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    paths = [save_grey(tmp_path / f"{level}.png", level) for level in range(0, 250, 2)]
    detector = Detector(model_file)
    one_by_one = [checked.verdict and checked.verdict.p_fake for checked in detector.check_files(paths)]
    for workers in (2, 5):
        side_by_side = detector.check_files(paths, workers=workers)
        assert [checked.verdict and checked.verdict.p_fake for checked in side_by_side] == one_by_one
    assert detector._beside_others is None  # each has a thread already
    more = Detector(model_file, threads=2)
    for _ in range(2):
        assert len(list(more.check_files(paths, workers=2, keep_images=False))) == len(paths)
    kept = more._beside_others
    assert kept is not None
    assert kept is more._with_one_thread()
