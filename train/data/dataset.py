"""A labelled data set, indexed by content and split without leaks.

Files with the same bytes are one image: they never straddle a split. Where they do in DATA itself, the
copy in the later of train, val, test is kept, so that a test image has never been trained on.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fakelens.benchmarks.labelled import LabelledImage, Split, find_mask
from fakelens.edge_runtime.escape import to_text
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.config import DataConfig, ImageCache, describe_input
from fakelens.train.data.arrays import DecodedFiles, decode_files, digest_files
from fakelens.train.data.epoch import Rows
from fakelens.train.data.histories import count_histories, find_keys
from fakelens.train.data.image_rows import Images, RowView
from fakelens.train.data.layouts import cut_videos, hash_text, is_video, name_groups
from fakelens.train.data.leave_out import drop_left_out, leave_out
from fakelens.train.data.pooling import JudgedImages, group_images
from fakelens.train.data.tilebank import SourceImage, open_bank
from fakelens.train.data.usable import check_usable, choose_images, count_cut

_log = logging.getLogger(__name__)
_ORDER = (Split.TRAIN, Split.VAL, Split.TEST)
_CLASSES = (0, 1)


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """What was left out of a data set, and why."""

    unreadable: tuple[str, ...]  # one line each
    duplicates: int  # further copies of an image of one class, in the same or an earlier split
    conflicts: int  # images whose bytes stand in both classes


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Decoded images with labels and the rows of each split."""

    name: str
    digest: str  # of the sorted content digests of all its images, damaged ones among them
    images: ImageU8  # uint8 [n, size, size, 3], memory-mapped: whole images, or tiles of them
    labels: npt.NDArray[np.uint8]  # [n], 1 is fake
    owners: Rows  # [n], which image a row belongs to
    paths: tuple[Path, ...]
    sources: npt.NDArray[np.str_]  # [n], the folder of its source below DATA, "" where DATA has none
    rows: dict[Split, Rows]  # a split that does not exist is empty
    cleaning: Cleaning
    cache: ImageCache = ImageCache.MEMORY

    def take(self, split: Split) -> tuple[Images, npt.NDArray[np.uint8]]:
        """Return images and labels of `split`; the images in memory, or where they lie, as `cache` says."""
        rows = self.rows[split]
        view = RowView(self.images, rows)
        return (np.asarray(view) if self.cache is ImageCache.MEMORY else view), self.labels[rows]

    @property
    def size_bytes(self) -> int:
        """Of the images of all splits, decoded."""
        return int(sum(map(len, self.rows.values())) * np.prod(self.images.shape[1:]))

    def count(self, split: Split, label: int) -> int:
        """Return how many images of class `label` are in `split`; with and without a history are two."""
        rows = self.rows[split]
        return len(np.unique(self.owners[rows[self.labels[rows] == label]]))

    def count_files(self) -> int:
        """Return how many different image files all splits hold together."""
        return len({self.paths[row] for rows in self.rows.values() for row in rows})

    def judge(self, split: Split) -> JudgedImages:
        """Return the images of `split`, the rows being those that `take` returns."""
        rows = self.rows[split]
        _, pictures = np.unique([str(self.paths[row]) for row in rows], return_inverse=True)
        return group_images(self.owners[rows], self.labels[rows], pictures)


def load_reduced(data: Path, config: DataConfig, size: int, most: int) -> tuple[Dataset, int]:
    """Return pictures of train and validation as they are, `size` px, and how many these parts hold in all.

    Of each class about `most`, evenly spread. Large JPEGs are decoded reduced, damaged files left out.
    """
    found = choose_images(data, config)
    digests, errors = digest_files([image.path for image in found])
    splits, cleaning = _split(found, digests, errors, data, config)
    whole = len(splits[Split.TRAIN]) + len(splits[Split.VAL])
    splits = _take_few(splits, found, most)
    kept = np.sort(np.concatenate([splits[Split.TRAIN], splits[Split.VAL]]))
    chosen = [found[row] for row in kept]
    paths, spec = [image.path for image in chosen], InputSpec(size=size, fit=Fit.RESIZE, tiles=1)
    decoded = decode_files(paths, spec, least_px=2 * size)
    sound = ~np.isin(np.arange(len(kept)), list(decoded.errors))
    reduced = Dataset(
        name=to_text(data.resolve().name),
        digest=_digest_all(digests, splits),
        images=decoded.images,
        labels=np.array([image.label for image in chosen], np.uint8),
        owners=np.arange(len(kept)),
        paths=tuple(paths),
        sources=np.array([image.source for image in chosen]),
        rows={split: np.flatnonzero(sound & np.isin(kept, rows)) for split, rows in splits.items()},
        cleaning=cleaning,
    )
    return reduced, whole


def load_dataset(data: Path, config: DataConfig) -> Dataset:
    """Index, decode (once, cached) and split `data`.

    Validation is cut from train where DATA has no val/; a test part too where DATA has no splits at all.
    The cut depends on content and `config.split_seed` alone, not on names or order. Raises `UsageError`
    where a class or a split would hold too few images.
    """
    found = choose_images(data, config)
    load = _load_tiles if config.has_histories else _load_whole
    dataset = load(data, found, config)
    counts = {split: tuple(dataset.count(split, label) for label in _CLASSES) for split in Split}
    val_given = any(image.split is Split.VAL for image in found)
    cleaning = dataset.cleaning
    check_usable(data, counts, cleaning.conflicts, cleaning.unreadable, val_given=val_given)
    _report(cleaning)
    return dataset


def _load_whole(data: Path, found: Sequence[LabelledImage], config: DataConfig) -> Dataset:
    """Return a row for each image of `found`."""
    decoded = decode_files([image.path for image in found], describe_input(config))
    labels = np.array([image.label for image in found], np.uint8)
    splits, cleaning = _split(found, decoded.digests, decoded.errors, data, config)
    damaged = _find_damaged(found, decoded)
    splits[Split.TRAIN] = np.union1d(splits[Split.TRAIN], damaged)  # they count in the digest, as with tiles
    splits = leave_out(splits, found, data, config)
    splits = drop_left_out(splits, found, decoded.digests, config.left_out)
    digest = _digest_all(decoded.digests, splits)
    splits[Split.TRAIN] = np.setdiff1d(splits[Split.TRAIN], damaged)
    return Dataset(
        name=to_text(data.resolve().name),
        digest=digest,
        images=decoded.images,
        labels=labels,
        owners=np.arange(len(found)),
        paths=tuple(image.path for image in found),
        sources=np.array([image.source for image in found]),
        rows=splits,
        cleaning=cleaning,
    )


def _find_damaged(found: Sequence[LabelledImage], decoded: DecodedFiles) -> Rows:
    """Return the rows of files that can be read and not decoded, one per content, none in conflict."""
    labels = np.array([image.label for image in found], np.uint8)
    unread = {row: reason for row, reason in decoded.errors.items() if not decoded.digests[row]}
    rows, _ = _clean(labels, _given_splits(found), decoded.digests, unread)
    return rows[np.isin(rows, list(decoded.errors))]


def _load_tiles(data: Path, found: Sequence[LabelledImage], config: DataConfig) -> Dataset:
    """Return a row for each tile of the images of `found`; with and without a history are two images."""
    digests, errors = digest_files([image.path for image in found])
    splits, cleaning = _split(found, digests, errors, data, config)
    if not config.score_test:  # they only keep their copies out of train
        splits[Split.TEST] = splits[Split.TEST][:0]
    trained = set(splits[Split.TRAIN].tolist())
    histories = count_histories([found[row] for row in sorted(trained)], config)
    kept = np.sort(np.concatenate(list(splits.values())))
    keys = find_keys(found, digests)
    bank = open_bank(
        [
            SourceImage(
                path=found[row].path,
                digest=digests[row],
                judged=row not in trained,
                histories=histories.get((found[row].source, found[row].label), config.histories),
                key=keys[row],
                retouched=0.0 if row not in trained else config.retouched / (1 + found[row].label),
                mask=find_mask(found[row].path) if found[row].label else None,
            )
            for row in kept
        ],
        config,
    )
    files = kept[bank.owners]
    splits = leave_out(splits, found, data, config)
    splits = drop_left_out(splits, found, digests, config.left_out)
    return Dataset(
        name=to_text(data.resolve().name),
        digest=_digest_all(digests, splits),
        images=bank.tiles,
        labels=np.array([image.label for image in found], np.uint8)[files],
        owners=2 * files + bank.worn,
        paths=tuple(found[row].path for row in files),
        sources=np.array([image.source for image in found])[files],
        rows={split: np.flatnonzero(np.isin(files, rows)) for split, rows in splits.items()},
        cleaning=replace(cleaning, unreadable=(*cleaning.unreadable, *bank.errors.values())),
    )


def _take_few(splits: dict[Split, Rows], found: Sequence[LabelledImage], most: int) -> dict[Split, Rows]:
    """Return about `most` rows of each class, evenly spread over train and validation, none of test."""
    few = {split: rows[:0] for split, rows in splits.items()}
    rows = np.concatenate([splits[Split.TRAIN], splits[Split.VAL]])
    for label in _CLASSES:
        of_class = rows[[found[row].label == label for row in rows]]
        chosen = of_class[:: max(1, round(len(of_class) / most))]
        for split in (Split.TRAIN, Split.VAL):
            few[split] = np.union1d(few[split], np.intersect1d(chosen, splits[split]))
    return few


def _split(
    found: Sequence[LabelledImage],
    digests: Sequence[str],
    errors: Mapping[int, str],
    data: Path,
    config: DataConfig,
) -> tuple[dict[Split, Rows], Cleaning]:
    """Return the rows of each split among `found`, and what was left out."""
    labels = np.array([image.label for image in found], np.uint8)
    given = _given_splits(found)
    originals = name_groups(found, digests, data)
    rows, cleaning = _clean(labels, given, digests, errors)
    splits = {split: rows[given[rows] == order] for order, split in enumerate(_ORDER)}
    if config.test and all(image.split is None for image in found):
        splits[Split.TRAIN], splits[Split.TEST] = _cut(
            splits[Split.TRAIN], labels, originals, config.test, f"test {config.split_seed}"
        )
    if not len(splits[Split.VAL]):
        splits[Split.TRAIN], splits[Split.VAL] = _cut(
            splits[Split.TRAIN], labels, originals, config.validation, f"validation {config.split_seed}"
        )
    return splits, cleaning


def _digest_all(digests: Sequence[str], splits: Mapping[Split, Rows]) -> str:
    used = sorted(digests[row] for rows in splits.values() for row in rows)
    return hashlib.sha256("\n".join(used).encode()).hexdigest()


def _given_splits(found: Sequence[LabelledImage]) -> Rows:
    order = {None: 0} | {split: number for number, split in enumerate(_ORDER)}
    return np.array([order[image.split] for image in found], np.int64)


def _clean(
    labels: npt.NDArray[np.uint8], given: Rows, digests: Sequence[str], errors: Mapping[int, str]
) -> tuple[Rows, Cleaning]:
    """Return the rows to keep: readable, one per content, the copy in the latest split; none in conflict."""
    kept: dict[str, int] = {}
    in_conflict: set[str] = set()
    copies: Counter[str] = Counter()
    for row, digest in enumerate(digests):
        if row in errors:
            continue
        first = kept.setdefault(digest, row)
        if first == row:
            continue
        copies[digest] += 1
        if labels[first] != labels[row]:
            in_conflict.add(digest)
        if given[row] > given[first]:
            kept[digest] = row
    duplicates = sum(count for digest, count in copies.items() if digest not in in_conflict)
    cleaning = Cleaning(unreadable=tuple(errors.values()), duplicates=duplicates, conflicts=len(in_conflict))
    rows = sorted(row for digest, row in kept.items() if digest not in in_conflict)
    return np.array(rows, np.int64), cleaning


def _cut(
    rows: Rows, labels: npt.NDArray[np.uint8], digests: Sequence[str], share: float, key: str
) -> tuple[Rows, Rows]:
    """Cut `share` of each class off `rows`: those whose content digest, keyed, sorts first."""
    if any(map(is_video, digests)):
        return cut_videos(rows, digests, share, key)
    cut: list[int] = []
    for label in _CLASSES:
        of_class = [int(row) for row in rows if labels[row] == label]
        of_class.sort(key=lambda row: hash_text(f"{key} {digests[row]}"))
        cut += of_class[: count_cut(len(of_class), share)]
    taken = np.array(sorted(cut), np.int64)
    return np.setdiff1d(rows, taken), taken


def _report(cleaning: Cleaning) -> None:
    for line in cleaning.unreadable:
        _log.warning("left out: %s", line)
    if cleaning.duplicates:
        _log.info("%d exact duplicates left out, each image stays in one split", cleaning.duplicates)
    if cleaning.conflicts:
        _log.warning("%d images stand in both classes with the same bytes: left out", cleaning.conflicts)
