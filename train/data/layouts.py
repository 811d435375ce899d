"""The data arguments of the commands: which folder is meant, and what in it is real and what is fake."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage, find_labelled
from fakelens.benchmarks.layouts import Layout, find_class_folders, list_unused
from fakelens.benchmarks.splits import SPLIT_FOLDERS, Split
from fakelens.benchmarks.unclear_layouts import LayoutError, list_names
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.data.epoch import Rows

_VIDEO = "video "
_VIDEO_FOLDERS = (
    "original_sequences",
    "manipulated_sequences",
    "celeb-real",
    "youtube-real",
    "celeb-synthesis",
)


def place_data(data: Path | None, layout: Layout) -> tuple[Path, Layout]:
    """Return the folder that is meant and `layout` as it counts below that folder.

    Without DATA, it is the folder of the list, or the one that holds all folders of --real and --fake.
    Raises `UsageError` for options that say too little, or what would be ignored.
    """
    if (layout.path_column or layout.label_column) and not layout.list_file:
        raise UsageError("--path-column and --label-column name columns of a list: add --list FILE")
    if layout.list_file:
        file = Path(layout.list_file).absolute()
        if not file.is_file():
            raise UsageError(f"{layout.list_file}: no such list; give a CSV or JSON file")
        layout = replace(layout, list_file=str(file))
    for given, missing in ((layout.real, "fake"), (layout.fake, "real")):
        if given and not (layout.fake if missing == "fake" else layout.real):
            raise UsageError(
                f"--{missing} is missing: name the {missing} ones too, none are found by themselves"
            )
    if data is None:
        return _find_common(layout)
    if layout.list_file:
        return data, layout
    return data, replace(layout, real=_place(layout.real, data), fake=_place(layout.fake, data))


def _find_common(layout: Layout) -> tuple[Path, Layout]:
    """Return the folder that holds all that `layout` names."""
    if layout.list_file:
        return Path(layout.list_file).parent, layout
    names = (*layout.real, *layout.fake)
    if not names:
        raise UsageError(
            "DATA is missing: a folder with real/ and fake/; or name folders with --real and --fake"
        )
    for name in names:
        if not Path(name).is_dir():
            raise UsageError(f"{name}: no such folder; without DATA, --real and --fake name folders")
    paths = {name: Path(name).resolve() for name in names}
    common = Path(os.path.commonpath(paths.values()))
    for name, path in paths.items():
        if any(path == other or path in other.parents for key, other in paths.items() if key != name):
            raise UsageError(
                f"{name}: holds another folder of --real and --fake, or is the same; keep them apart"
            )
    below = {name: path.relative_to(common).as_posix() for name, path in paths.items()}
    return common, replace(
        layout,
        real=tuple(below[name] for name in layout.real),
        fake=tuple(below[name] for name in layout.fake),
    )


def _place(names: Sequence[str], data: Path) -> tuple[str, ...]:
    """Return `names`, those that are paths of folders in `data` as they count below it."""
    placed = []
    for name in names:
        path = Path(name)
        inside = (
            not (data / name).is_dir() and path.is_dir() and path.resolve().is_relative_to(data.resolve())
        )
        placed.append(path.resolve().relative_to(data.resolve()).as_posix() if inside else name)
    return tuple(placed)


def describe_layout(data: Path, layout: Layout) -> str:
    """Return a line on what was taken as real and as fake; empty where just `real` and `fake` lie in `data`.

    It ends with the folders beside these whose pictures are not used, where nobody chose that by options.
    """
    if layout.list_file:
        labels = Counter(image.label for image in find_labelled(data, layout=layout))
        return f"{layout.list_file}: {labels[0]:,} real and {labels[1]:,} fake pictures below {data}"
    folders = find_class_folders(data, layout)
    unused = [] if layout.real or layout.fake else list_unused(data, folders)
    tops = {folder: _skip_split(folder.path.relative_to(data)) for folder in folders}
    sources = {folder.source for folder in folders if folder.source}
    splits = list(dict.fromkeys(str(folder.split) for folder in folders if folder.split))
    plain = all(path.name.lower() in LABELS for path in tops.values())
    if plain and not (unused or sources or splits):
        return ""
    parts = []
    for label, meaning in enumerate(LABELS):
        paths = [path for folder, path in tops.items() if folder.label == label]
        if not paths:  # whoever reads the pictures says what is missing
            continue
        names = sorted({path.name if len(path.parts) > 1 else path.as_posix() for path in paths})
        parts.append(
            f"{', '.join(f'{name}/' for name in names)} {'is' if len(names) == 1 else 'are'} {meaning}"
        )
    more = [f"{len(sources)} sources"] if len(sources) > 1 else []
    more += [f"split into {', '.join(splits)}"] if splits else []
    left = list_names([path.relative_to(data) for path in unused])
    more += [f"not used: {left}; --real or --fake with its name adds one"] if unused else []
    return f"{data}: {', '.join(parts)}" + (f" ({'; '.join(more)})" if more else "")


def check_apart(run: Path, data: Path, layout: Layout) -> None:
    """Raise `UsageError` where `run` would lie among the pictures of a class of `data`."""
    folders = [] if layout.list_file else find_class_folders(data, layout)
    place = run.resolve()
    for folder in folders:
        if place.is_relative_to(folder.path.resolve()):
            raise UsageError(
                f"-o {run}: lies in {folder.path}, among the {LABELS[folder.label]} pictures; name a folder "
                "beside the data"
            )


def _skip_split(path: Path) -> Path:
    """Return the folder of a class, where `path` is a split in it."""
    return path.parent if path.name.lower() in SPLIT_FOLDERS and path.parent.name else path


@contextmanager
def naming_command(command: str, data: Path) -> Iterator[None]:
    """Let an error on an unclear layout end in the whole command to write, `command` with `data`."""
    try:
        yield
    except LayoutError as error:
        if not error.flags:
            raise
        start = f"fakelens {command} {quote(data)}"
        doubt = ", or the other way round" if error.doubt else ""
        raise UsageError(f"{error.reason}: write `{start} {error.flags}`{doubt}") from error


def name_groups(found: Sequence[LabelledImage], digests: Sequence[str], data: Path) -> list[str]:
    """Return what goes to one split together: an image and what was made from it, the frames of a video."""
    known = {digest[:DIGEST_LENGTH]: digest for digest in digests}
    return [
        name_video(image, data) or known.get(image.path.stem[:DIGEST_LENGTH], digest)
        for image, digest in zip(found, digests, strict=True)
    ]


def name_video(image: LabelledImage, data: Path) -> str:
    """Return a name that the frames of one video share, empty where a picture is of no such data set.

    FaceForensics++ calls a fake by the number of the video it was made of and of the one it was made with,
    Celeb-DF a video by its person: all begin with what must not be in two splits.
    """
    if not image.path.is_relative_to(data):
        return ""
    *folders, name = image.path.relative_to(data).parts
    if not any(folder.lower() in _VIDEO_FOLDERS for folder in folders):
        return ""
    own = name if folders[-1].lower() in (*_VIDEO_FOLDERS, *Split) else folders[-1]
    return _VIDEO + Path(own).stem.split("_")[0]


def is_video(name: str) -> bool:
    """Whether `name` is one that `name_video` made."""
    return name.startswith(_VIDEO)


def hash_text(text: str) -> bytes:
    """Return the SHA-256 of `text`, which holds names and so need not be valid."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()


def cut_videos(rows: Rows, names: Sequence[str], share: float, key: str) -> tuple[Rows, Rows]:
    """Cut `share` of the videos off `rows`, of both classes the same: no video is in both parts."""
    videos = sorted({names[row] for row in rows}, key=lambda name: hash_text(f"{key} {name}"))
    chosen = set(videos[: max(1, round(len(videos) * share))])
    taken = np.array([row for row in rows if names[row] in chosen], np.int64)
    return np.setdiff1d(rows, taken), taken
