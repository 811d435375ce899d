from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import Split, find_labelled
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.studies.subsets import Pictures, Size, lay_out, parse_sizes
from tests.train.conftest import write_images


def test_sizes_are_of_both_classes_or_of_each() -> None:
    assert parse_sizes("100,100+1000") == [Size(real=100, fake=100), Size(real=100, fake=1000)]
    assert str(Size(real=100, fake=1000)) == "100 + 1,000"
    for text in ("", "a", "1+2+3", "-4", "10;20"):
        with pytest.raises(UsageError, match="is no size"):
            parse_sizes(text)


def read(folder: Path, split: Split) -> set[Path]:
    return {image.path.resolve() for image in find_labelled(folder) if image.split is split}


def test_seeds_choose_other_pictures_and_the_same_test(tmp_path: Path, data: Path) -> None:
    size = Size(real=10, fake=25)
    for seed in (0, 1):
        lay_out(Pictures(data=data), tmp_path / str(seed), size, seed)
        found = find_labelled(tmp_path / str(seed), Split.TRAIN)
        assert [sum(image.label == label for image in found) for label in (0, 1)] == [10, 25]
    assert read(tmp_path / "0", Split.TEST) == read(tmp_path / "1", Split.TEST)
    assert len(read(tmp_path / "0", Split.TEST)) == 20  # of 40 a class, the fewest
    assert read(tmp_path / "0", Split.TRAIN) != read(tmp_path / "1", Split.TRAIN)
    for seed in ("0", "1"):
        assert not read(tmp_path / seed, Split.TRAIN) & read(tmp_path / seed, Split.TEST)


def test_a_test_part_of_the_data_is_kept(tmp_path: Path) -> None:
    for split, count in (("train", 12), ("test", 15)):
        for number, label in enumerate(("real", "fake")):
            write_images(tmp_path / "data" / split / label, count, 100, count + number)
    pictures = Pictures(data=tmp_path / "data")
    lay_out(pictures, tmp_path / "a", Size(real=12, fake=12), 0)
    assert all("test" in path.parts for path in read(tmp_path / "a", Split.TEST))
    lay_out(replace(pictures, test=11), tmp_path / "b", Size(real=12, fake=12), 0)
    assert [len(read(tmp_path / name, Split.TEST)) for name in "ab"] == [30, 22]
    with pytest.raises(UsageError, match="12 real pictures to train on and 15 to test, 13 and 10 are needed"):
        lay_out(pictures, tmp_path / "c", Size(real=13, fake=12), 0)
    with pytest.raises(UsageError, match="5 real pictures to train on and 5 to test"):
        lay_out(replace(pictures, most=5), tmp_path / "d", Size(real=5, fake=5), 0)
