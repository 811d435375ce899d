from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.exclusion import read_exclusions
from fakelens.edge_runtime.errors import UsageError

IMAGES = [
    LabelledImage(path=Path("data/test") / name, label=label)
    for name, label in [
        ("REAL/0 (7).jpg", 0),
        ("REAL/a.jpg", 0),
        ("FAKE/0 (7).jpg", 1),
        ("FAKE/b.jpg", 1),
        ("FAKE/c\u2028\x0cd.jpg", 1),
    ]
]


def _list(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "left out.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("b.jpg\n", {3}),
        ("b.jpg\r\n\n  b.jpg\na.jpg", {1, 3}),
        ("FAKE/0 (7).jpg\n", {2}),
        ("c\u2028\x0cd.jpg\n", {4}),
        ("test/REAL/0 (7).jpg\n./test/FAKE/b.jpg\n", {0, 3}),
    ],
)
def test_a_line_names_the_image_whose_path_ends_with_it(tmp_path: Path, text: str, numbers: set[int]) -> None:
    assert read_exclusions(_list(tmp_path, text), IMAGES) == {IMAGES[number].path for number in numbers}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "0 (7).jpg\n",
            r"'0 \(7\).jpg' fits .*REAL.* and .*FAKE.*; write its folder too, such as 'REAL/0 \(7\).jpg'",
        ),
        ("b.jpg\nc.jpg\n", r"1 of 2 names fit no image there, the first is 'c.jpg'"),
        ("AKE/b.jpg\n", "fit no image"),
        ("\n \n", "no names in it"),
    ],
)
def test_a_line_that_is_not_clear_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_exclusions(_list(tmp_path, text), IMAGES)


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the list"):
        read_exclusions(tmp_path / "nowhere.txt", IMAGES)
