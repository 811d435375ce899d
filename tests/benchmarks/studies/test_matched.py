"""Fakes against the photos nearest in content: which are compared, and what a detector of subjects gains."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.clip import find_package
from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.manifest import find_pictures
from fakelens.benchmarks.scoring.scores_file import read_scores
from fakelens.benchmarks.studies.matched import (
    average_sources,
    embed_pictures,
    place_among_nearest,
    tabulate,
)
from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from tests.conftest import RunModule

# Cats lie along the first axis, dogs along the second: of three cats two are photos, of three dogs one.
EMBEDDINGS = np.array([[1, 0.1], [1, 0], [0.9, 0], [0, 1], [0.1, 1], [0.05, 1]], np.float64)
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=1, keepdims=True)
LABELS = np.array([1, 0, 0, 1, 1, 0], np.uint8)


def test_a_judge_of_subjects_gains_nothing() -> None:
    says_dog = EMBEDDINGS[:, 1] > 0.5
    assert place_among_nearest(EMBEDDINGS, LABELS, says_dog.astype(float), 1).tolist() == [0.5, 0.5, 0.5]
    knows = np.array([0.9, 0.2, 0.8, 0.7, 0.1, 0.3])
    assert place_among_nearest(EMBEDDINGS, LABELS, knows, 1).tolist() == [1.0, 1.0, 0.0]
    assert place_among_nearest(EMBEDDINGS, LABELS, knows, 2)[0] == 1.0
    assert place_among_nearest(EMBEDDINGS, LABELS, knows, 3).tolist() == pytest.approx([1, 2 / 3, 0])


def test_sources_count_alike() -> None:
    mean = average_sources([np.array([1.0] * 9 + [0.0]), np.array([0.5, 0.5])])
    assert mean.value == pytest.approx(0.7)
    # Of the first group alone: variance .1 over ten fakes, a quarter of it for two groups.
    assert (mean.low, mean.high) == pytest.approx((0.7 - 1.96 * 0.05, 0.7 + 1.96 * 0.05), abs=1e-4)


@pytest.fixture
def scores(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """Scores of ten pictures of a folder `data`, brighter ones faker."""
    lines = ["digest,source,label,tier,p_fake"]
    for place in range(10):
        name, label = ("made", "fake") if place % 2 else ("seen", "real")
        folder = tmp_path / "data" / name / label
        folder.mkdir(parents=True, exist_ok=True)
        path = save_grey(folder / f"{place}.png", 20 * place)
        lines.append(f"{_digest(path)},{name},{label},clean,{place / 10}")
    table = tmp_path / "scores.csv"
    table.write_text("\n".join(lines))
    return table


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:20]


def test_the_pictures_are_found_by_their_digests(scores: Path) -> None:
    checked = read_scores(scores)
    files = list(scores.parent.glob("data/*/*/*.png"))
    there = [LabelledImage(path=path, label=int(path.parent.name == "fake")) for path in files]
    found = find_pictures(checked.images, there, scores.parent)
    assert [image.path.stem for image in found] == [str(place) for place in range(10)]
    with pytest.raises(
        UsageError, match=r"1 of 10 scored pictures are not there, the first is [0-9a-f]{20} of"
    ):
        find_pictures(checked.images, [image for image in there if image.path.stem != "7"], scores.parent)


def test_a_line_a_source_and_their_mean(scores: Path) -> None:
    checked = read_scores(scores)
    paths = sorted(scores.parent.glob("data/*/*/*.png"), key=lambda path: int(path.stem))
    brightness = embed_pictures(paths, lambda image: np.array([1.0, np.asarray(image).mean()], np.float32))
    table = tabulate(checked, brightness, 2).splitlines()
    assert table[0] == "| AUC against the 2 nearest photos | fakes | clean |"
    assert table[2].startswith("| made | 5 | 0.")
    assert table[3].startswith("| mean of the sources | 5 | 0.")


def test_the_command_asks_clip(run_module: RunModule, scores: Path) -> None:
    data = scores.parent / "data"
    too_many = run_module("fakelens.benchmarks.studies.matched", scores, "--data", data, "--split", "train")
    assert too_many.returncode == 2
    assert too_many.stderr.startswith("fakelens: --nearest 10: ")
    assert too_many.stderr.endswith("has 5 photos\n")
    try:
        find_package()
    except MissingExtraError as error:
        pytest.skip(str(error))
    done = run_module("fakelens.benchmarks.studies.matched", scores, "--data", data, "--nearest", "2")
    assert done.returncode == 0, done.stderr
    assert "| mean of the sources | 5 |" in done.stdout
