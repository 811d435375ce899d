"""Lists of pictures as data sets bring them: CSV, TSV, JSON or JSON Lines with a path and a label each."""

import os
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakelens.benchmarks.layouts import Layout, read_name
from fakelens.benchmarks.list_rows import ListLine, read_lines
from fakelens.benchmarks.splits import SPLIT_FOLDERS, Split
from fakelens.benchmarks.unclear_layouts import LayoutError
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import LABELS

_PATHS = [
    "file_name",
    "filename",
    "file",
    "path",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "img",
    "img_path",
    "name",
]
_LABELS = [
    "label_str",
    "label",
    "class",
    "class_name",
    "target",
    "category",
    "is_fake",
    "fake",
    "is_ai",
    "ai_generated",
    "is_real",
]
_TELLING = {"is_fake": 1, "fake": 1, "is_ai": 1, "ai_generated": 1, "is_real": 0}  # what "1" says there
_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")
_SPLITS = ("split", "subset", "partition")
_SOURCE = "source"
_LOOKED_AT = 20  # lines, to find a column by what is in it
_SHOWN = 6  # labels, or columns, in an error


@dataclass(frozen=True, kw_only=True)
class ListedImage:
    """A line of a list."""

    path: Path
    label: int  # 1 is fake
    split: Split | None
    source: str


def read_list(file: Path, data: Path, layout: Layout) -> list[ListedImage]:
    """Return the pictures of the list `file`, whose paths lie below `data`.

    Columns split and source are read where they are there. Raises `UsageError` for a file that is no list,
    columns or labels whose meaning is unclear, pictures that are not there or stand in both classes.
    """
    lines = read_lines(file)
    columns = _list_columns(lines)
    if any(_is_there(_place(data, name)) for name in columns):
        raise UsageError(
            f"{file}: its first line is a picture; begin it with the names of its columns: path,label"
        )
    path_column = _choose_column(
        file,
        lines,
        _Column(
            asked=layout.path_column,
            usual=_PATHS,
            option="--path-column",
            fits=lambda value: _is_there(_place(data, value)),
        ),
    )
    label_column = _choose_column(
        file,
        lines,
        _Column(
            asked=layout.label_column,
            usual=_LABELS,
            option="--label-column",
            fits=lambda value: read_name(value)[0] is not None,
        ),
    )
    values = [line.read(label_column) for line in lines]
    _check_labels(file, label_column, lines, layout)
    labels = _read_labels(file, label_column, values, layout)
    paths = _find_files(file, data, [line.read(path_column) for line in lines])
    splits = _read_splits(file, lines)
    images: dict[str, ListedImage] = {}
    for line, path, value, split in zip(lines, paths, values, splits, strict=True):
        image = ListedImage(path=path, label=labels[value], split=split, source=line.read(_SOURCE))
        first = images.setdefault(os.path.abspath(path), image)  # noqa: PTH100 (which leaves `..` in)
        if first.label != image.label:
            raise UsageError(f"{file}: {path} is real in one line and fake in another; mend the list")
        if first.split is not image.split:
            raise UsageError(f"{file}: {path} is in {first.split} and in {image.split}; mend the list")
    _check_classes(file, list(images.values()))
    return list(images.values())


@dataclass(frozen=True, kw_only=True)
class _Column:
    """What a column must be like."""

    asked: str  # its name, empty where none was given
    usual: Sequence[str]  # names, the most usual first
    option: str  # that names it
    fits: Callable[[str], bool]  # whether a value is one of such a column


def _list_columns(lines: Sequence[ListLine]) -> list[str]:
    return list(dict.fromkeys(name for line in lines for name in line.cells))


def _choose_column(file: Path, lines: Sequence[ListLine], wanted: _Column) -> str:
    """Return the column that was asked for, the one with the most usual name, or the only one that fits."""
    columns = _list_columns(lines)
    there = f"{', '.join(columns[:_SHOWN])}{' ...' if len(columns) > _SHOWN else ''}"
    if wanted.asked:
        if wanted.asked not in columns:
            raise UsageError(
                f"{file}: no column {wanted.asked!r} (found {there}); name one with {wanted.option}"
            )
        return wanted.asked
    known = {name.strip().lower(): name for name in reversed(columns)}
    usual = [known[name] for name in wanted.usual if name in known]
    if usual:
        return usual[0]
    first = lines[:_LOOKED_AT]
    fitting = [name for name in columns if all(wanted.fits(line.read(name)) for line in first)]
    if len(fitting) != 1:
        raise UsageError(
            f"{file}: it is unclear which column to take (found {there}); name it with {wanted.option}"
        )
    return fitting[0]


def _place(data: Path, name: str) -> Path:
    """Return where the picture `name` of a list lies, which Windows may have written."""
    return data / name.replace("\\", "/")


def _check_labels(file: Path, column: str, lines: Sequence[ListLine], layout: Layout) -> None:
    """Raise `UsageError` for lines without a label, which no option can name."""
    blank = [line.where for line in lines if not line.read(column)]
    if not blank or "" in (*layout.real, *layout.fake):
        return
    if len(blank) == len(lines):
        raise UsageError(
            f"{file}: no line has a label in the column {column}; name another with --label-column"
        )
    more = f", nor have {len(blank) - 1:,} more" if len(blank) > 1 else ""
    raise UsageError(
        f"{file}: {blank[0]} has no label in the column {column}{more}; add it, or take the line out"
    )


def _read_labels(file: Path, column: str, values: Sequence[str], layout: Layout) -> dict[str, int]:
    """Return the class of each distinct label: as it was said, as its word says, as `is_fake` says."""
    given = {name.lower(): label for label, names in enumerate((layout.real, layout.fake)) for name in names}
    labels: dict[str, int] = {}
    for value in dict.fromkeys(values):
        label = given.get(value.lower(), None if given else read_name(value)[0])
        yes = _TELLING.get(column.strip().lower())
        if label is None and yes is not None and not given and value.lower() in (*_YES, *_NO):
            label = yes if value.lower() in _YES else 1 - yes
        if label is not None:
            labels[value] = label
    unknown = [value for value in dict.fromkeys(values) if value not in labels]
    if unknown:
        counts = Counter(values)
        names = list(counts)
        there = ", ".join(f"{name} ({counts[name]})" for name in names[:_SHOWN])
        columns = {"--path-column": layout.path_column, "--label-column": layout.label_column}
        flags = [f"--list {shlex.quote(str(file))}"]
        flags += [f"{option} {shlex.quote(name)}" for option, name in columns.items() if name]
        examples = zip(LABELS, [*sorted(names), "..."], strict=False)
        flags += [f"--{kind} {shlex.quote(name)}" for kind, name in examples]
        raise LayoutError(
            f"{file}: unclear which labels are real and which are fake ({column} has {there})",
            " ".join(flags),
            doubt=True,
        )
    return labels


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a caption, longer than a name may be
        return False


def _find_files(file: Path, data: Path, names: Sequence[str]) -> list[Path]:
    """Return the files that `names` stand for; `UsageError` where some are not there."""
    paths = [_place(data, name) for name in names]
    missing = [row for row, path in enumerate(paths) if not names[row] or not _is_there(path)]
    if missing:
        first = names[missing[0]] or "a line without a path"
        raise UsageError(
            f"{file}: {len(missing)} of {len(names)} pictures are not below {data}, the first is {first}; "
            "give the folder that they lie in as DATA, or take their lines out"
        )
    return paths


def _read_splits(file: Path, lines: Sequence[ListLine]) -> list[Split | None]:
    """Return the split of each line, None where none says any; `UsageError` where some say no known one."""
    names = {name.strip().lower(): name for name in reversed(_list_columns(lines))}
    column = next((names[name] for name in _SPLITS if name in names), "")
    values = [line.read(column) for line in lines]
    if not any(values):
        return [None] * len(lines)
    for line, value in zip(lines, values, strict=True):
        if value.lower() not in SPLIT_FOLDERS:
            raise UsageError(
                f"{file}: {line.where} has {value!r} in the column {column}, expected "
                f"{', '.join(SPLIT_FOLDERS)}; mend it, or rename the column if it says something else"
            )
    return [SPLIT_FOLDERS[value.lower()] for value in values]


def _check_classes(file: Path, images: Sequence[ListedImage]) -> None:
    for split in {image.split for image in images}:
        labels = {image.label for image in images if image.split is split}
        if len(labels) < 2:
            only = "fake" if 1 in labels else "real"
            part = f" in {split}" if split else ""
            raise UsageError(f"{file}: has {only} pictures alone{part}; both classes are needed")
