"""Copies: the same file, or the same picture in other files, and whom they lie between."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.train.data.file_threads import map_threads


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Images with one content, two at least, in the order of the data set."""

    images: tuple[LabelledImage, ...]

    @property
    def crosses_classes(self) -> bool:
        """Whether they stand in both classes: one of the labels is wrong."""
        return len({image.label for image in self.images}) > 1

    @property
    def crosses_splits(self) -> bool:
        """Whether they stand in several splits: a model is tested on what it was trained on."""
        return len({image.split for image in self.images}) > 1

    @property
    def crosses_sources(self) -> bool:
        """Whether they stand in several sources: one of them is not unseen when the other is left out."""
        return len({image.source for image in self.images}) > 1


def digest_contents(paths: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of each file that could have a copy; empty where its size is unique, or nothing.

    Files of different sizes cannot be copies, so most photos are not read at all.
    """
    sizes = [_measure_size(path) for path in paths]
    alike = Counter(sizes)
    doubtful = [path for path, size in zip(paths, sizes, strict=True) if size and alike[size] > 1]
    digests = dict(zip(doubtful, map_threads(_digest_file, doubtful, "looking for copies"), strict=True))
    return [digests.get(path, "") for path in paths]


def find_copies(images: Sequence[LabelledImage], digests: Sequence[str]) -> tuple[Copies, ...]:
    """Return the groups of `images` with the same digest; an empty digest has no copy."""
    groups: dict[str, list[LabelledImage]] = defaultdict(list)
    for image, digest in zip(images, digests, strict=True):
        if digest:
            groups[digest].append(image)
    return tuple(Copies(images=tuple(group)) for group in groups.values() if len(group) > 1)


def link_groups(*keys: Sequence[str]) -> list[int]:
    """Return a group number a place: the same where two share a key, directly or through others.

    `keys` hold one word a place each, of one kind; an empty word is shared with none.
    """
    count = len(keys[0])
    columns: dict[tuple[int, str], int] = {}
    links = [
        (row, count + columns.setdefault((kind, key), len(columns)))
        for kind, names in enumerate(keys)
        for row, key in enumerate(names)
        if key
    ]
    rows, targets = np.array(links, np.int64).reshape(-1, 2).T
    size = count + len(columns)
    graph = coo_array((np.ones(len(links)), (rows, targets)), shape=(size, size))
    return [int(group) for group in connected_components(graph, directed=False)[1][:count]]


def join_pairs(count: int, pairs: Sequence[tuple[int, int]]) -> list[str]:
    """Return a word a place: the same where `pairs` join two, directly or through others; empty for none."""
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(count, count))
    groups = connected_components(graph, directed=False)[1]
    joined = {*rows.tolist(), *columns.tolist()}
    return [str(group) if place in joined else "" for place, group in enumerate(groups)]


def _measure_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # opening it tells why
        return 0


def _digest_file(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def digest_pixels(pixels: ImageU8) -> str:
    """Return the SHA-256 of the decoded picture, so that a copy in another format is the same one."""
    return hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()
