import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.train.config import DataConfig
from fakelens.train.data.dataset import Dataset, load_dataset
from tests.train.conftest import write_images

CONFIG = DataConfig(size=16, validation=0.25, test=0.25)


def contents(dataset: Dataset, split: Split) -> set[bytes]:
    return {dataset.paths[row].read_bytes() for row in dataset.rows[split]}


def test_a_flat_folder_is_cut_by_class_into_three(data: Path) -> None:
    dataset = load_dataset(data, CONFIG)
    for label in (0, 1):
        assert [dataset.count(split, label) for split in Split] == [22, 8, 10]


def test_of_few_pictures_two_of_a_class_are_validation_and_two_are_test(tmp_path: Path) -> None:
    write_images(tmp_path / "real", 8, 90, 1)
    write_images(tmp_path / "fake", 8, 165, 2)
    dataset = load_dataset(tmp_path, DataConfig(size=16))
    counts = [[dataset.count(split, label) for label in (0, 1)] for split in Split]
    assert counts == [[4, 4], [2, 2], [2, 2]]


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
    assert (dataset.cleaning.conflicts, dataset.cleaning.duplicates) == (1, 0)
    everything = set().union(*(contents(dataset, split) for split in Split))
    assert (data / "FAKE" / "liar.png").read_bytes() not in everything


def test_an_unreadable_file_is_reported_and_left_out(data: Path) -> None:
    broken = data / "Real" / "broken.jpg"
    broken.write_text("no image")
    dataset = load_dataset(data, CONFIG)
    assert len(dataset.cleaning.unreadable) == 1
    assert str(broken) in dataset.cleaning.unreadable[0]
    assert broken not in {dataset.paths[row] for split in Split for row in dataset.rows[split]}


def test_the_digest_is_the_same_however_pictures_are_seen(data: Path) -> None:
    """A damaged file takes part in the cut of histories: it counts, once, and not where it is in conflict."""
    views = (CONFIG, replace(CONFIG, delivered=True), replace(CONFIG, fit=Fit.TILES, tiles=2, cuts=2))
    sound = {load_dataset(data, view).digest for view in views}
    assert len(sound) == 1
    whole = (data / "Real" / "000.png").read_bytes()
    for name, cut in (("Real/a", 300), ("Real/b", 300), ("FAKE/c", 310), ("Real/d", 320), ("FAKE/d", 320)):
        (data / f"{name}.png").write_bytes(whole[:cut])
    damaged = set()
    for view in views:
        dataset = load_dataset(data, view)
        damaged.add(dataset.digest)
        used = {dataset.paths[row] for rows in dataset.rows.values() for row in rows}
        assert len(used) == 80
        assert all(path.stem.isdecimal() for path in used)
    assert len(damaged) == 1
    assert damaged != sound


def test_too_few_images_name_class_and_split(tmp_path: Path) -> None:
    write_images(tmp_path / "real", 40, 90, 1)
    write_images(tmp_path / "fake", 2, 165, 2)
    with pytest.raises(UsageError, match="fake images in the"):
        load_dataset(tmp_path, CONFIG)


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


def _write_pairs(folder: Path, names: list[str], seed: int) -> None:
    """Write real/ and fake/ of the same pixels in files of different bytes."""
    for number, name in enumerate(names):
        pixels = np.random.default_rng([seed, number]).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        for label, suffix in (("real", "png"), ("fake", "bmp")):
            (folder / label).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / label / f"{name}.{suffix}")


TILES = DataConfig(size=16, fit=Fit.TILES, tiles=2, cuts=2, histories=2, validation=0.25, test=0.0)


def test_the_two_of_a_pair_have_the_same_histories(tmp_path: Path) -> None:
    _write_pairs(tmp_path / "data" / "plain", [f"photo-{n}" for n in range(16)], 1)
    dataset = load_dataset(tmp_path / "data", TILES)
    rows = dataset.rows[Split.TRAIN]
    by_class = {
        label: {
            name: dataset.images[
                [row for row in rows if dataset.labels[row] == label and dataset.paths[row].stem == name]
            ]
            for name in {dataset.paths[row].stem for row in rows if dataset.labels[row] == label}
        }
        for label in (0, 1)
    }
    both = set(by_class[0]) & set(by_class[1])
    assert len(both) > 6
    for name in both:
        np.testing.assert_array_equal(by_class[0][name], by_class[1][name])


def test_rare_sources_have_more_histories_where_asked_for(tmp_path: Path) -> None:
    write_images(tmp_path / "data" / "much" / "real", 64, 90, 1)
    write_images(tmp_path / "data" / "middle" / "fake", 32, 165, 2)
    write_images(tmp_path / "data" / "rare" / "fake", 8, 165, 3)
    counts = {}
    for even in (0.0, 1.0):
        dataset = load_dataset(tmp_path / "data", replace(TILES, even=even, cuts=1, histories=4))
        rows = dataset.rows[Split.TRAIN]
        paths = [dataset.paths[row] for row in rows]
        counts[even] = {
            source: sum(source in path.parts for path in paths) / len({p for p in paths if source in p.parts})
            for source in ("much", "middle", "rare")
        }
    assert counts[0.0]["middle"] == counts[0.0]["rare"] > counts[0.0]["much"]
    assert counts[1.0]["much"] < counts[1.0]["middle"] == 4 < counts[1.0]["rare"] <= 5 * 4


def test_a_source_may_have_a_class_in_validation_alone(tmp_path: Path) -> None:
    """How many histories its pictures have is not asked there, nor is it known."""
    for seed, place in enumerate(("known/train", "known/val", "new/val")):
        write_images(tmp_path / "data" / place / "real", 8, 90, seed)
        write_images(tmp_path / "data" / place / "fake", 8, 165, 10 + seed)
    dataset = load_dataset(tmp_path / "data", TILES)
    paths = [dataset.paths[row] for row in dataset.rows[Split.VAL]]
    assert {path.relative_to(tmp_path / "data").parts[0] for path in paths} == {"known", "new"}


def test_a_list_of_pictures_is_left_out_with_their_pairs(tmp_path: Path) -> None:
    photos = write_images(tmp_path / "data" / "photos" / "real", 20, 90, 1)
    write_images(tmp_path / "data" / "fakes" / "fake", 20, 165, 2)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in photos]
    _write_pairs(tmp_path / "data" / "plain", [f"{digest[:20]}-0" for digest in digests], 5)
    listed = tmp_path / "list.csv"
    listed.write_text("digest,why\n" + "".join(f"{digest[:20]},grid\n" for digest in digests[:5]))
    gone = {path.name for path in photos[:5]}
    for config in (TILES, replace(TILES, fit=Fit.RESIZE), replace(TILES, fit=Fit.RESIZE, delivered=True)):
        dataset = load_dataset(tmp_path / "data", replace(config, left_out=str(listed)))
        used = {dataset.paths[row] for rows in dataset.rows.values() for row in rows}
        assert {path.name for path in used if "photos" in path.parts} == {p.name for p in photos} - gone
        pairs = {path.stem[:20] for path in used if "plain" in path.parts}
        assert pairs == {digest[:20] for digest in digests[5:]}


def test_cuts_of_the_photos_of_a_source_are_left_out_with_it(tmp_path: Path) -> None:
    photos = write_images(tmp_path / "data" / "a" / "real", 12, 90, 1)
    write_images(tmp_path / "data" / "b" / "real", 20, 90, 2)
    write_images(tmp_path / "data" / "b" / "fake", 20, 165, 3)
    names = [f"{hashlib.sha256(path.read_bytes()).hexdigest()[:20]}-1" for path in photos]
    _write_pairs(tmp_path / "data" / "plain", [*names, *(f"other-{n}" for n in range(6))], 4)
    dataset = load_dataset(tmp_path / "data", replace(TILES, leave_out=("a",)))
    used = {dataset.paths[row] for rows in dataset.rows.values() for row in rows}
    assert {path.stem for path in used if "plain" in path.parts} == {f"other-{n}" for n in range(6)}
