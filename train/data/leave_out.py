"""Images excluded from training: sources, `data.leave_out`, and single pictures, `data.left_out`.

A fake made of a photo holds its content, its scaling and its compression: it is left out with its photo.
"""

import csv
import logging
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage, Split, find_labelled
from fakelens.edge_runtime.errors import ConfigError, UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.config import DataConfig
from fakelens.train.data.arrays import digest_files
from fakelens.train.data.epoch import Rows

_LISTS = Path(str(files("fakelens.train.recipes")))
_COLUMN, _REASON = "digest", "why"
_GRID = re.compile(r"grid ([1-9])x([1-9])")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """How the pictures of a collage are arranged."""

    columns: int
    rows: int


def leave_out(
    splits: Mapping[Split, Rows], found: Sequence[LabelledImage], data: Path, config: DataConfig
) -> dict[Split, Rows]:
    """Return `splits`, rows of `found`, without the sources of `data` that end as `config.leave_out` says.

    A name like `source/fake` is one class of a source. Fakes go with the photo that they were made of:
    `synthesize` calls them, and the cuts of pairs, by its digest. Comes after decoding, so that what was
    decoded for all sources serves any choice of them. Raises `UsageError` where there is no such source.
    """
    names = config.leave_out
    every = (
        find_labelled(data, layout=config.layout) if names else []
    )  # those beyond a limit have fakes as well
    gone = {image for name in names for image in _find_source(every, name)}
    digests, _ = digest_files([image.path for image in gone if not image.label])
    originals = {digest[:DIGEST_LENGTH] for digest in digests if digest}
    kept = np.array([image not in gone and name_original(image) not in originals for image in found], bool)
    return {split: rows[kept[rows]] for split, rows in splits.items()}


def name_original(image: LabelledImage) -> str:
    """Return what begins the name of `image`: the digest of its photo, where it was made from one."""
    return image.path.stem[:DIGEST_LENGTH]


def drop_left_out(
    splits: Mapping[Split, Rows], found: Sequence[LabelledImage], digests: Sequence[str], name: str
) -> dict[Split, Rows]:
    """Return `splits`, rows of `found`, without the pictures on the list `name`, and what was made of them.

    The parts of a collage stay (`read_collages`). `digests` are those of the files of `found`; without a
    name nothing is left out. Raises `ConfigError` for a list that cannot be read, `UsageError` where nothing
    is left of a source.
    """
    if not name:
        return dict(splits)
    listed = read_left_out(name)
    whole = listed - read_collages(name).keys()
    there = {digest[:DIGEST_LENGTH] for digest in digests if digest}
    kept = np.array(
        [
            digest[:DIGEST_LENGTH] not in listed and name_original(image) not in whole
            for image, digest in zip(found, digests, strict=True)
        ],
        bool,
    )
    _log.info("%s leaves out %d pictures", name, len(listed & there))
    left = {split: rows[kept[rows]] for split, rows in splits.items()}
    before, after = (
        {found[row].source for rows in parts.values() for row in rows} for parts in (splits, left)
    )
    if empty := sorted(before - after):
        raise UsageError(
            f"data.left_out: {name} leaves nothing of the source {empty[0] or 'DATA'}: "
            "remove its folder, or its lines from the list"
        )
    return left


def read_left_out(name: str) -> frozenset[str]:
    """Return the digests, beginnings of the SHA-256 of files, in a CSV file or a list of the package.

    Raises `ConfigError` for a missing file and a line that begins with no digest.
    """
    path, lines = _read_lines(name)
    digests = [line.get(_COLUMN) or "" for line in lines]
    for number, digest in enumerate(digests, 2):
        if len(digest) < DIGEST_LENGTH or not set(digest.lower()) <= set(string.hexdigits):
            raise ConfigError(
                f"data.left_out: {path}, line {number}: {digest or 'nothing'} is no digest; the first line "
                f"must name a column {_COLUMN}, each other one hold {DIGEST_LENGTH} hex digits of a SHA-256"
            )
    return frozenset(digest[:DIGEST_LENGTH].lower() for digest in digests)


def read_collages(name: str) -> dict[str, Grid]:
    """Return the collages of such a list by digest: those of which it says `grid COLUMNSxROWS`.

    They are left out as they are, the pictures within them are not: `collages` cuts them out.
    """
    _, lines = _read_lines(name)
    found = ((line[_COLUMN], _GRID.fullmatch(line.get(_REASON) or "")) for line in lines)
    return {
        digest[:DIGEST_LENGTH].lower(): Grid(columns=int(match[1]), rows=int(match[2]))
        for digest, match in found
        if match
    }


def _read_lines(name: str) -> tuple[Path, list[dict[str, str]]]:
    packaged = _LISTS / f"{name}.csv"
    path = packaged if packaged.is_file() else Path(name)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return path, list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        there = ", ".join(sorted(found.stem for found in _LISTS.glob("*.csv")))
        raise ConfigError(
            f"data.left_out: {name} cannot be read ({error}); name a CSV file, or a list of the package: "
            f"{there}"
        ) from error


def _find_source(images: Sequence[LabelledImage], name: str) -> list[LabelledImage]:
    of_name = [
        image
        for image in images
        if f"/{image.source}".endswith(f"/{name}")
        or f"/{image.source}/{LABELS[image.label]}".endswith(f"/{name}")
    ]
    if not of_name:
        there = ", ".join(sorted({image.source for image in images if image.source})) or "none"
        raise UsageError(f"data.leave_out: there is no source {name} (there are: {there})")
    return of_name
