"""Leaving named images out of a measurement, such as test images that training saw too."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePath

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.edge_runtime.errors import UsageError


def read_exclusions(file: Path, images: Sequence[LabelledImage]) -> frozenset[Path]:
    """Return the paths among `images` that the lines of `file` name.

    A line names the image whose path ends with it, whole parts compared: `0 (7).jpg`, `FAKE/0 (7).jpg`
    and `test/FAKE/0 (7).jpg` may all name the same one. `UsageError` for a line that names none or more
    than one: an exclusion that silently does something else than meant would spoil the figures.
    """
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").split("\n")]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot read the list of excluded images ({error})") from error
    by_name: dict[str, list[Path]] = defaultdict(list)
    for image in images:
        by_name[image.path.name].append(image.path)
    names = [PurePath(line) for line in lines if line]
    if not names:
        raise UsageError(f"{file}: no names in it; write one image a line, such as FAKE/0001.jpg")
    matches = {name: [path for path in by_name[name.name] if _ends_with(path, name)] for name in names}
    missing = [name for name, paths in matches.items() if not paths]
    if missing:
        raise UsageError(
            f"{file}: {len(missing)} of {len(names)} names fit no image there, the first is '{missing[0]}'; "
            "is it the list for this data and split?"
        )
    for name, paths in matches.items():
        if len(paths) > 1:
            raise UsageError(
                f"{file}: '{name}' fits {paths[0]} and {paths[1]}; write its folder too, "
                f"such as '{Path(*paths[0].parts[-len(name.parts) - 1 :])}'"
            )
    return frozenset(paths[0] for paths in matches.values())


def _ends_with(path: Path, name: PurePath) -> bool:
    return path.parts[-len(name.parts) :] == name.parts
