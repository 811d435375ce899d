from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import Split, choose_slice, find_labelled, limit_sources, list_splits
from fakelens.edge_runtime.errors import UsageError


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_flat_layout_in_any_case_and_any_depth(tmp_path: Path) -> None:
    data = _touch(
        tmp_path, "REAL/a.jpg", "REAL/deep/er/b.PNG", "Fake/c.webp", "Fake/notes.txt", "other/d.jpg"
    )
    found = find_labelled(data)
    assert [(image.path.name, image.label, image.split) for image in found] == [
        ("a.jpg", 0, None),
        ("b.PNG", 0, None),
        ("c.webp", 1, None),
    ]
    assert list_splits(data) == []


@pytest.mark.parametrize("name", ["val", "Valid", "VALIDATION"])
def test_every_name_of_the_validation_split_is_known(tmp_path: Path, name: str) -> None:
    data = _touch(tmp_path, f"{name}/real/a.jpg", f"{name}/fake/b.jpg")
    assert {image.split for image in find_labelled(data)} == {Split.VAL}


def test_splits_come_in_order_and_one_at_a_time_on_request(tmp_path: Path) -> None:
    data = _touch(
        tmp_path,
        *(f"{split}/{label}/{split}.jpg" for split in ("test", "Train") for label in ("real", "fake")),
    )
    assert list_splits(data) == [Split.TRAIN, Split.TEST]
    assert [(image.split, image.label) for image in find_labelled(data)] == [
        (Split.TRAIN, 0),
        (Split.TRAIN, 1),
        (Split.TEST, 0),
        (Split.TEST, 1),
    ]
    assert [image.path.name for image in find_labelled(data, Split.TEST)] == ["test.jpg", "test.jpg"]


@pytest.mark.parametrize(
    ("names", "split", "message"),
    [
        ([], None, r"no real/ and fake/ in it \(found no folders\)"),
        (["cats/a.jpg"], None, r"found cats/"),
        (["real/a.jpg"], None, r"no fake/ folder; both classes are needed"),
        (["real/a.jpg", "fake/notes.txt"], None, r"no images in fake/"),
        (["train/fake/a.jpg"], None, r"train: no real/ folder"),
        (["real/a.jpg", "fake/a.jpg", "train/real/a.jpg"], None, r"holds both fake/ and train/real/"),
        (["real/a.jpg", "fake/a.jpg"], Split.TEST, r"no test/ folder .* not split"),
        (["val/real/a.jpg", "val/fake/a.jpg"], Split.TEST, r"no test/ folder \(splits there: val\)"),
    ],
)
def test_unusable_data_is_named_with_a_remedy(
    tmp_path: Path, names: list[str], split: Split | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_labelled(_touch(tmp_path, *names), split)


def test_missing_data_and_a_file_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        find_labelled(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is a file, not a folder"):
        find_labelled(_touch(tmp_path, "data.zip") / "data.zip")


def test_a_slice_is_the_same_images_of_each_class_every_time(tmp_path: Path) -> None:
    names = [f"{label}/{number}.jpg" for label in ("real", "fake") for number in range(40)]
    data = _touch(tmp_path, *names)
    images = find_labelled(data)
    chosen = choose_slice(images, data, 10)
    assert [image.label for image in chosen] == [0] * 10 + [1] * 10
    assert chosen == [image for image in images if image in chosen]  # in their order
    assert choose_slice(images[::-1], data, 10) == chosen[::-1]
    assert set(choose_slice(images, data, 4)) < set(chosen)
    names = [image.path.stem for image in chosen]
    assert names[:10] != names[10:]  # no class follows from the other
    assert names[:10] != [image.path.stem for image in images[:10]]  # nor is it the first ones


def test_a_slice_does_not_hang_on_where_the_data_lies(tmp_path: Path) -> None:
    slices = []
    for folder in ("here", "there"):
        data = _touch(
            tmp_path / folder, *(f"{label}/{n}.jpg" for label in ("real", "fake") for n in range(30))
        )
        slices.append([image.path.relative_to(data) for image in choose_slice(find_labelled(data), data, 7)])
    assert slices[0] == slices[1]


def test_a_slice_takes_all_of_a_class_that_has_fewer(tmp_path: Path) -> None:
    data = _touch(tmp_path, "real/a.jpg", "real/b.jpg", "fake/a.jpg", "fake/b.jpg", "fake/c.jpg")
    images = find_labelled(data)
    assert choose_slice(images, data, 3) == images
    with pytest.raises(UsageError, match="the limit is 0, expected 1 or more"):
        choose_slice(images, data, 0)


def test_sources_of_one_class_lie_side_by_side(tmp_path: Path) -> None:
    data = _touch(
        tmp_path,
        *(f"photos/mine/{split}/real/a.jpg" for split in ("train", "test")),
        *(f"made/nearest/{split}/fake/a.jpg" for split in ("train", "test")),
        "made/nearest/test/mask/a.png",
    )
    assert list_splits(data) == [Split.TRAIN, Split.TEST]
    assert [(image.source, image.split, image.label) for image in find_labelled(data)] == [
        ("photos/mine", Split.TRAIN, 0),
        ("made/nearest", Split.TRAIN, 1),
        ("photos/mine", Split.TEST, 0),
        ("made/nearest", Split.TEST, 1),
    ]


def test_a_class_that_no_source_has_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both classes are needed, put fake images into fake/"):
        find_labelled(_touch(tmp_path, "a/real/1.jpg", "b/real/2.jpg"))
    with pytest.raises(UsageError, match=r"holds both a/real/ and b/train/fake/, .* unclear what"):
        find_labelled(_touch(tmp_path, "b/train/fake/2.jpg"))


def test_a_limit_of_each_source_takes_whole_pairs_and_the_same_every_time(tmp_path: Path) -> None:
    numbers = range(30)
    _touch(tmp_path, *(f"pairs/{label}/{n}.png" for label in ("real", "fake") for n in numbers))
    _touch(tmp_path, *(f"other/fake/{n}.jpg" for n in numbers), "few/real/1.jpg")
    images = find_labelled(tmp_path)
    chosen = limit_sources(images, 7)
    names = {
        (source, label): [i.path.stem for i in chosen if (i.source, i.label) == (source, label)]
        for source, label in (("pairs", 0), ("pairs", 1), ("other", 1), ("few", 0))
    }
    assert [len(group) for group in names.values()] == [7, 7, 7, 1]
    assert names["pairs", 0] == names["pairs", 1]
    assert names["pairs", 1] != names["other", 1]
    assert limit_sources(images[::-1], 7) == chosen[::-1]
    assert set(limit_sources(images, 3)) < set(chosen)
