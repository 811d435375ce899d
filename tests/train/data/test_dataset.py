import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import DataConfig
from fakelens.train.data.dataset import Dataset, class_weights, load_dataset
from tests.train.conftest import write_images

CONFIG = DataConfig(size=16, validation=0.25, test=0.25)


def contents(dataset: Dataset, split: Split) -> set[bytes]:
    return {dataset.paths[row].read_bytes() for row in dataset.rows[split]}


def test_a_flat_folder_is_cut_by_class_into_three(data: Path) -> None:
    dataset = load_dataset(data, CONFIG)
    for label in (0, 1):
        assert [dataset.count(split, label) for split in Split] == [22, 8, 10]


def test_the_split_depends_on_content_and_seed_alone(data: Path) -> None:
    before = load_dataset(data, CONFIG)
    kept = contents(before, Split.VAL)
    other_seed = contents(load_dataset(data, replace(CONFIG, split_seed=1)), Split.VAL)
    for number, path in enumerate(sorted((data / "Real").iterdir(), reverse=True)):
        path.rename(data / "Real" / f"renamed-{number}.png")
    after = load_dataset(data, CONFIG)
    assert contents(after, Split.VAL) == kept
    assert after.digest == before.digest
    assert other_seed != kept


def test_duplicates_never_straddle_a_split(data: Path) -> None:
    for number, path in enumerate(sorted((data / "FAKE").iterdir())):
        shutil.copy(path, data / "FAKE" / f"copy-{number}.png")
    dataset = load_dataset(data, CONFIG)
    assert dataset.cleaning.duplicates == 40
    parts = [contents(dataset, split) for split in Split]
    assert sum(len(part) for part in parts) == len(set().union(*parts)) == 80


def test_a_copy_in_given_test_is_kept_there_and_leaves_train(tmp_path: Path) -> None:
    for split, count in (("train", 20), ("TEST", 6)):
        write_images(tmp_path / split / "real", count, 90, 1 if split == "train" else 5)
        write_images(tmp_path / split / "fake", count, 165, 2 if split == "train" else 6)
    leaked = tmp_path / "TEST" / "fake" / "leak.png"
    shutil.copy(tmp_path / "train" / "fake" / "000.png", leaked)
    dataset = load_dataset(tmp_path, CONFIG)
    assert leaked in {dataset.paths[row] for row in dataset.rows[Split.TEST]}
    assert leaked.read_bytes() not in contents(dataset, Split.TRAIN) | contents(dataset, Split.VAL)


def test_the_same_bytes_in_both_classes_are_left_out(data: Path) -> None:
    shutil.copy(data / "Real" / "000.png", data / "FAKE" / "liar.png")
    dataset = load_dataset(data, CONFIG)
    assert dataset.cleaning.conflicts == 1
    everything = set().union(*(contents(dataset, split) for split in Split))
    assert (data / "FAKE" / "liar.png").read_bytes() not in everything


def test_an_unreadable_file_is_reported_and_left_out(data: Path) -> None:
    broken = data / "Real" / "broken.jpg"
    broken.write_text("no image")
    dataset = load_dataset(data, CONFIG)
    assert len(dataset.cleaning.unreadable) == 1
    assert str(broken) in dataset.cleaning.unreadable[0]
    assert broken not in {dataset.paths[row] for split in Split for row in dataset.rows[split]}


def test_too_few_images_name_class_and_split(tmp_path: Path) -> None:
    write_images(tmp_path / "real", 40, 90, 1)
    write_images(tmp_path / "fake", 2, 165, 2)
    with pytest.raises(UsageError, match="fake images in the"):
        load_dataset(tmp_path, CONFIG)


def test_the_rarer_class_weighs_more() -> None:
    weights = class_weights(np.array([0] * 30 + [1] * 10, np.uint8))
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])


def test_a_source_can_be_left_out_and_another_be_limited(tmp_path: Path) -> None:
    parts = (("a", "real", 12), ("b", "real", 40), ("b", "fake", 12), ("c", "fake", 9))
    for seed, (source, label, count) in enumerate(parts):
        write_images(tmp_path / "data" / source / label, count, 120, seed)
    config = DataConfig(size=16, most=12, leave_out=("c",), test=0.0, validation=0.25)
    dataset = load_dataset(tmp_path / "data", config)
    rows = np.concatenate(list(dataset.rows.values()))
    used = {dataset.paths[row].relative_to(tmp_path / "data").parts[:2] for row in rows}
    assert used == {("a", "real"), ("b", "real"), ("b", "fake")}
    assert sum(dataset.count(split, 0) for split in Split) == 24
    dataset = load_dataset(tmp_path / "data", replace(config, leave_out=("b/real",)))
    assert sum(dataset.count(split, 0) for split in Split) == 12
    assert sum(dataset.count(split, 1) for split in Split) == 12 + 9
    with pytest.raises(UsageError, match=r"there is no source d \(there are: a, b, c\)"):
        load_dataset(tmp_path / "data", DataConfig(size=16, leave_out=("d",)))


def test_what_was_made_of_the_photos_of_a_source_is_left_out_with_it(tmp_path: Path) -> None:
    for seed, (source, label) in enumerate((("a", "real"), ("b", "real"), ("b", "fake"), ("made", "fake"))):
        write_images(tmp_path / "data" / source / label, 30, 120, seed)
    made = sorted((tmp_path / "data/made/fake").iterdir())
    photos = sorted((tmp_path / "data/a/real").iterdir())
    for fake, photo in zip(made[:12], photos[:12], strict=True):
        fake.rename(fake.with_stem(hashlib.sha256(photo.read_bytes()).hexdigest()[:20]))
    for most in (0, 20):  # a limit may leave out a photo of which there is a fake
        config = DataConfig(size=16, most=most, leave_out=("a",), test=0.0, validation=0.25)
        dataset = load_dataset(tmp_path / "data", config)
        used = {dataset.paths[row] for rows in dataset.rows.values() for row in rows}
        of_made = {path for path in used if "made" in path.parts}
        assert of_made <= set(made[12:])
        assert of_made
        assert not most or len(of_made) <= most
