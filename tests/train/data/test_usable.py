from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import DataConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.data.usable import check_numbers, check_usable
from tests.train.conftest import write_images

DATA = Path("data")


def count(train: tuple[int, int], val: tuple[int, int] = (9, 9)) -> dict[Split, tuple[int, ...]]:
    return {Split.TRAIN: train, Split.VAL: val, Split.TEST: (0, 0)}


@pytest.mark.parametrize(
    ("counts", "conflicts", "message"),
    [
        (count((1, 2), (0, 0)), 0, "1 usable real image in the train split, 2 are the least; add images"),
        (count((9, 9), (9, 1)), 0, "1 usable fake image in the val split"),
        (count((0, 0), (0, 0)), 30, "30 pictures stand in both real/ and fake/ with the same bytes"),
        (count((9, 9_000)), 0, "9 real images .* and 9,000 others, .*; add real ones, .* data.most=90"),
        (count((9_000, 9)), 0, "add fake ones"),
        (count((2, 9_000)), 0, "2 real images to train on .*; add real ones$"),  # ten each would be too few
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    counts: dict[Split, tuple[int, ...]], conflicts: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        check_usable(DATA, counts, conflicts)


def test_files_that_cannot_be_read_and_a_val_that_is_there_are_named() -> None:
    with pytest.raises(
        UsageError, match=r"are the least \(2 files cannot be read: a\); add images, or cut more"
    ):
        check_usable(DATA, count((9, 9), (9, 1)), 0, ("a", "b"))
    with pytest.raises(UsageError, match="or take that folder away"):
        check_usable(DATA, count((9, 9), (9, 1)), 0, val_given=True)


def test_uneven_classes_are_used() -> None:
    check_usable(DATA, count((2, 400)), 3)


def test_one_picture_beside_a_thousand_is_too_few_first(tmp_path: Path) -> None:
    for folder, images in (("real", 1), ("fake", 1000)):
        (tmp_path / folder).mkdir()
        for number in range(images):
            (tmp_path / folder / f"{number}.png").touch()
    with pytest.raises(UsageError, match=r"1 real image, too few to train on, .* give 10 of each class"):
        check_numbers(tmp_path, DataConfig())


def test_a_handful_beside_a_test_part_is_too_few_to_validate_by(tmp_path: Path) -> None:
    for folder in ("train/real", "train/fake", "test/real", "test/fake"):
        (tmp_path / folder).mkdir(parents=True)
        for number in range(5):
            (tmp_path / folder / f"{number}.png").touch()
    with pytest.raises(UsageError, match="5 real images, too few to train on and to validate; give 10 of"):
        check_numbers(tmp_path, DataConfig())
    check_numbers(tmp_path, DataConfig(validation=0.3))


def test_a_handful_of_pictures_is_refused_before_any_is_decoded(tmp_path: Path) -> None:
    for folder, names in {"real": "abc", "fake": "abcdef"}.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.png").touch()
    with pytest.raises(UsageError, match=r"3 real images, too few to train on, .* give 10 of each class"):
        check_numbers(tmp_path, DataConfig())


@pytest.mark.parametrize(("images", "works"), [(6, ()), (7, (0.3,)), (8, (0.1, 0.3))])
def test_what_passes_here_passes_when_it_is_cut(
    tmp_path: Path, images: int, works: tuple[float, ...]
) -> None:
    for seed, name in enumerate(("real", "fake")):
        write_images(tmp_path / name, images, 90, seed)
    for share in (0.1, 0.3):
        config = DataConfig(size=16, validation=share)
        if share in works:
            check_numbers(tmp_path, config)
            load_dataset(tmp_path, config)
            continue
        with pytest.raises(
            UsageError, match=r"too few to train on, to validate and to test; give 10 of each"
        ):
            check_numbers(tmp_path, config)
        with pytest.raises(UsageError, match=r"in the val split, 2 are the least; add images$"):
            load_dataset(tmp_path, config)


def test_fewer_of_the_others_are_named_where_that_helps(tmp_path: Path) -> None:
    def make(*folders: tuple[str, int]) -> None:
        for name, images in folders:
            (tmp_path / name).mkdir(parents=True)
            for number in range(images):
                (tmp_path / name / f"{number}.png").touch()

    make(("a/real", 9), ("b/fake", 2_000))
    with pytest.raises(UsageError, match=r"take fewer of the others with --set data\.most=90$"):
        check_numbers(tmp_path, DataConfig())
    check_numbers(tmp_path, DataConfig(most=90))
    make(*((f"{number}/fake", 90) for number in range(20)))  # of each source so many: it would not be enough
    with pytest.raises(UsageError, match=r"too uneven to learn from; add real ones$"):
        check_numbers(tmp_path, DataConfig())
