"""What is said of a data set whose folders do not say what is real and what is fake."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from fakelens.benchmarks.splits import SPLIT_FOLDERS
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.edge_runtime.pictures.sources import list_folders, scan_folder

_SHOWN = 6  # folders, in an error
_OF_PHOTOS = ("photo", "camera", "scan", "shot")


class LayoutError(UsageError):
    """It is unclear which pictures are real and which are fake; `flags` are the options that would say it."""

    def __init__(self, reason: str, flags: str = "", *, doubt: bool = False) -> None:
        """Take what is unclear; `doubt` where the classes may as well be the other way round."""
        end = f"; add {flags}{', or the other way round' if doubt else ''}" if flags else ""
        super().__init__(reason + end)
        self.reason = reason
        self.flags = flags
        self.doubt = doubt


def ask_for_flags(data: Path, known: Mapping[Path, int]) -> LayoutError:
    """Return what is unclear about `data`, with the options that would say it.

    `known` are folders whose class their names say, where none says the other class.
    """
    lists = sorted(path.name for path in data.iterdir() if path.suffix.lower() in (".csv", ".json", ".jsonl"))
    labels, unknown = name_folders(data, known)
    below = sorted([*labels, *unknown])
    if lists and not known:
        start = f"{data}: no real/ and fake/ in it, but {list_names(lists)}"
        return LayoutError(start, f"--list {quote(data / lists[0])}")
    if len(below) < len(LABELS):
        there = f"found {below[0]}/ alone" if below else "found no folders"
        return LayoutError(f"{data}: no real/ and fake/ in it ({there}); make a folder for each class")
    unknown.sort(key=_is_hardly_real)
    label = next(iter(labels.values()), 1)
    others = unknown if known else unknown[:-1]
    names = {label: [*labels] or unknown[-1:], 1 - label: others[: _SHOWN if known else 1]}
    flags = " ".join(
        f"--{LABELS[label]} {quote(name.as_posix())}" for label in (0, 1) for name in names[label]
    )
    reason = f"{data}: unclear what is real and what is fake (found {list_names(below)})"
    return LayoutError(reason, flags, doubt=not known)


def name_folders(data: Path, known: Mapping[Path, int]) -> tuple[dict[Path, int], list[Path]]:
    """Return the folders whose class is `known`, and the others with pictures, as options would name them.

    Below splits, names alone: a class has one in each.
    """
    top = list_picture_folders(data)
    if top and all(path.name.lower() in SPLIT_FOLDERS for path in top):
        labels = {Path(path.name): label for path, label in known.items()}
        inside = {
            Path(child.name) for path in top for child in list_folders(path) if scan_folder(child).paths
        }
        return labels, sorted(inside - labels.keys())
    labels = {path.relative_to(data): label for path, label in known.items()}
    return labels, [path.relative_to(data) for path in list_others(data, known)]


def _is_hardly_real(folder: Path) -> bool:
    """Whether the name of a folder does not speak of photos."""
    return not any(word in folder.name.lower() for word in _OF_PHOTOS)


def list_others(data: Path, known: Collection[Path]) -> list[Path]:
    """Return the topmost folders of `data` with pictures in them that neither are nor hold `known` ones."""
    taken = {above for path in known for above in (path, *path.parents)}
    return [path for path in list_picture_folders(data) if path not in taken]


def list_picture_folders(data: Path) -> list[Path]:
    """Return the topmost folders of `data` with pictures in them: those at the first fork."""
    below = [child for child in list_folders(data) if not child.name.startswith(".")]
    if len(below) == 1 and not any(path.parent == below[0] for path in scan_folder(below[0]).paths):
        return list_picture_folders(below[0])
    return [child for child in below if scan_folder(child).paths]


def list_names(names: Sequence[Path | str]) -> str:
    """Return folders and files in words, the first few of many."""
    shown = [f"{name}/" if isinstance(name, Path) else name for name in names[:_SHOWN]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(shown) or "no folders") + more


def describe_missing(data: Path) -> str:
    """Return why `data` is no folder of pictures, and the remedy."""
    scheme, address, rest = str(data).partition(":/")  # a path has one slash where an address has two
    if address and len(scheme) > 1 and not data.exists():
        return (
            f"{scheme}://{rest}: nothing is fetched from the net; download it, unpack it and give the folder"
        )
    if not data.exists():
        return f"{data}: no such folder; give the folder with the real and the fake pictures"
    if data.suffix.lower() in (".csv", ".json", ".jsonl"):
        return f"{data}: is a file, not a folder; a list of pictures goes behind --list"
    if data.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"):
        return f"{data}: is a file, not a folder; unpack it first"
    return f"{data}: is a file, not a folder; give the folder with the real and the fake pictures"
