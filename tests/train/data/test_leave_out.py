import hashlib
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.labelled import LabelledImage, Split
from fakelens.edge_runtime.errors import ConfigError, UsageError
from fakelens.train.data.epoch import Rows
from fakelens.train.data.leave_out import Grid, drop_left_out, read_collages, read_left_out

DIGESTS = [hashlib.sha256(bytes([n])).hexdigest() for n in range(6)]
FOUND = [
    LabelledImage(path=Path(f"a/real/{name}.jpg"), label=0, split=Split.TRAIN, source=source)
    for name, source in zip(("p", "q", "r", f"{DIGESTS[0][:20]}-1", "s", "t"), "aabbbc", strict=True)
]
SPLITS: dict[Split, Rows] = {Split.TRAIN: np.arange(5), Split.VAL: np.arange(0), Split.TEST: np.array([5])}


def _write(path: Path, *rows: str) -> str:
    path.write_text("\n".join(["digest,source,why", *rows]) + "\n")
    return str(path)


def test_listed_pictures_go_with_what_was_made_of_them(tmp_path: Path) -> None:
    name = _write(tmp_path / "list.csv", f"{DIGESTS[0][:20]},a,grid", f"{DIGESTS[4][:20]},b,poster")
    left = drop_left_out(SPLITS, FOUND, DIGESTS, name)
    assert left[Split.TRAIN].tolist() == [1, 2]
    assert left[Split.TEST].tolist() == [5]


def test_a_collage_goes_and_its_parts_stay(tmp_path: Path) -> None:
    whole = f"{DIGESTS[4][:20]},b,grid", f"{DIGESTS[2][:20]},b,grid 0x2"
    name = _write(tmp_path / "list.csv", f"{DIGESTS[0].upper()},a,grid 3x2", *whole)
    assert read_collages(name) == {DIGESTS[0][:20]: Grid(columns=3, rows=2)}
    assert drop_left_out(SPLITS, FOUND, DIGESTS, name)[Split.TRAIN].tolist() == [1, 3]


def test_whole_digests_and_capitals_count_too(tmp_path: Path) -> None:
    name = _write(tmp_path / "list.csv", f"{DIGESTS[1].upper()},a,grid")
    assert drop_left_out(SPLITS, FOUND, DIGESTS, name)[Split.TRAIN].tolist() == [0, 2, 3, 4]


def test_without_a_list_nothing_is_left_out() -> None:
    assert drop_left_out(SPLITS, FOUND, DIGESTS, "")[Split.TRAIN].tolist() == list(range(5))


def test_a_source_that_is_empty_then_is_told(tmp_path: Path) -> None:
    name = _write(tmp_path / "list.csv", f"{DIGESTS[5][:20]},c,screenshot")
    with pytest.raises(UsageError, match="leaves nothing of the source c: remove its folder"):
        drop_left_out(SPLITS, FOUND, DIGESTS, name)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("digest,why\nabc,grid\n", "line 2: abc is no digest"),
        (f"digest,why\n{'g' * 20},grid\n", "line 2: g+ is no digest"),
        (f"{DIGESTS[0][:20]}\n{DIGESTS[1][:20]}\n", "must name a column digest"),
    ],
)
def test_a_damaged_list_is_one_line(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "list.csv").write_text(content)
    with pytest.raises(ConfigError, match=words) as caught:
        read_left_out(str(tmp_path / "list.csv"))
    assert "\n" not in str(caught.value)


def test_a_missing_list_names_those_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read .*: left_out"):
        read_left_out(str(tmp_path / "gone.csv"))


def test_the_list_of_the_package_is_sorted_and_each_digest_stands_once() -> None:
    digests = [
        line.split(",")[0]
        for line in Path(__file__)
        .parents[3]
        .joinpath("train/recipes/left_out.csv")
        .read_text()
        .splitlines()[1:]
    ]
    assert digests == sorted(set(digests))
    assert read_left_out("left_out") == set(digests)
