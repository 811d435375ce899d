"""The checker that a scan runs, here, in a Ray actor or in a Spark task: names in, lines of JSON out."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from fakelens.edge_runtime.answers.sinks import encode_row, to_object
from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Stance
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.machine.quiet import MUTED
from fakelens.edge_runtime.modelfile.threads import count_cores
from fakelens.edge_runtime.pictures.decode_memory import refuse_whole
from fakelens.edge_runtime.pictures.preprocess import MAX_MEGAPIXELS, DecodeConfig
from fakelens.edge_runtime.scan.failure import BROKEN, Failure, tell_failure
from fakelens.edge_runtime.scan.item import Item
from fakelens.edge_runtime.scan.manifest import make_item
from fakelens.edge_runtime.scan.outcome import ERROR
from fakelens.edge_runtime.scan.storage import (
    REFUSED,
    check_scheme,
    describe_schemes,
    is_known,
    is_url,
    read_url,
)
from fakelens.edge_runtime.workers import map_in_order

_FETCHERS = 16  # pictures that come over the net at a time


@dataclass(frozen=True, kw_only=True)
class CheckerSpec:
    """What decides a checker's answers, and how many threads it takes."""

    model: str | None = None  # a release model's name or a path
    stance: Stance | None = None
    pixels_only: bool = False
    strict: bool = False
    max_megapixels: int = MAX_MEGAPIXELS
    root: str = ""  # folder or URL below which relative names lie
    threads: int = 0  # 0: one a core


class Answer(NamedTuple):
    """One line of the results, without its end, and what it counts as."""

    line: str
    outcome: str  # a verdict, or `error: ` and its kind


Check = Callable[[Iterable[Item]], Iterator[Answer]]


class Checker:
    """Checks pictures by their names. Loads its model once; for one thread at a time."""

    def __init__(self, spec: CheckerSpec) -> None:
        """Load the model; `ModelError` where it is none."""
        if is_url(spec.root):
            check_scheme(spec.root)
        self._spec = spec
        self._detector = Detector(spec.model, 1, spec.stance, pixels_only=spec.pixels_only)
        self._decode = DecodeConfig(max_megapixels=spec.max_megapixels, strict=spec.strict)

    def check(self, items: Iterable[Item]) -> Iterator[Answer]:
        """Yield an answer for each of `items`, in their order.

        Raises `CredentialsError` where a store does not let anybody in: no picture there would get an answer.
        """
        pictures = self._prefetch(_find_picture(item, self._spec.root) for item in items)
        workers = self._spec.threads or count_cores()
        with MUTED:  # once, or each file would set the filters of warnings anew
            for result in self._detector.check_files(pictures, workers, self._decode, keep_images=False):
                yield to_answer(result)

    def check_names(self, names: Iterable[str]) -> list[str]:
        """Return the line of JSON of each of `names`; of an empty one, or a null of a table, too."""
        items = (make_item(name, "names", number) for number, name in enumerate(names, 1))
        return [answer.line for answer in self.check(items)]

    def _prefetch(self, pictures: Iterator["_Picture"]) -> Iterator["_Picture"]:
        """Fetch ahead in threads from the first that is not here on: the net is slow, but answers many."""
        for picture in pictures:
            if picture.is_remote:
                yield from map_in_order(_Picture.fetch, chain([picture], pictures), _FETCHERS, 2 * _FETCHERS)
                return
            yield picture


class _Picture(NamedTuple):
    """An item as `Detector.check_files` takes it."""

    item: Item
    place: str  # of its file or of the archive that holds it: a path or a URL
    is_remote: bool
    content: bytes | ImageError | None = None  # where it was fetched before

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def size_bytes(self) -> int:
        if isinstance(self.content, bytes):
            return len(self.content)
        if self.item.archive or self.item.broken or self.is_remote:
            return self.item.size_bytes
        return os.stat(self.place).st_size  # noqa: PTH116 (a Path takes longer)

    def read(self) -> Path | bytes:
        if isinstance(self.content, ImageError):
            raise self.content
        if self.content is not None:
            return self.content
        if self.item.broken:
            raise ImageError(f"{self.name}: {self.item.broken}")
        if self.is_remote:
            return read_url(self.place, self.item.offset, self.item.size_bytes)
        return self._read_member() if self.item.archive else Path(self.place)

    def fetch(self) -> "_Picture":
        """Return the picture with its bytes, or with the reason why there are none."""
        if not self.is_remote:
            return self
        try:
            content: bytes | ImageError = read_url(self.place, self.item.offset, self.item.size_bytes)
        except ImageError as error:
            content = error
        return self._replace(content=content)

    def _read_member(self) -> bytes:
        try:
            refuse_whole(self.item.size_bytes)
            with Path(self.place).open("rb") as archive:
                archive.seek(self.item.offset)
                return archive.read(self.item.size_bytes)
        except OSError as error:
            raise ImageError(f"{self.name}: cannot be read ({error.strerror})") from error
        except ImageError as error:
            raise ImageError(f"{self.name}: {error}") from error


def _find_picture(item: Item, root: str) -> _Picture:
    """Return `item` with its place, which lies below `root` where it is relative."""
    place = item.archive or item.name
    remote = is_url(place)
    if root and not remote and not place.startswith("/"):
        place = f"{root.rstrip('/')}/{place}"
        remote = is_url(place)
    if remote and not is_known(place):  # a line of a list, which stops none of the others
        item = item._replace(broken=f"{BROKEN}, {describe_schemes(place)}")
    return _Picture(item, place, remote and not item.broken)


def is_relative(item: Item, root: str) -> bool:
    """Whether `item` lies elsewhere where the scan runs in another folder."""
    picture = _find_picture(item, root)
    return not (picture.is_remote or picture.item.broken or picture.place.startswith("/"))


def to_answer(result: CheckedFile) -> Answer:
    """Return `result` as `check --json` writes it, without the time it took, and with the kind of an error.

    So the same pictures give the same bytes, wherever and however often they are checked.
    """
    row = to_object(result)
    row.pop("ms", None)
    if result.verdict is not None:
        outcome = str(result.verdict.label)
    else:
        kind = tell_failure(result.path, result.error or "")
        row["error_kind"] = str(kind)
        outcome = ERROR + kind
    return Answer(line=encode_row(row), outcome=outcome)


def is_passing(answer: Answer) -> bool:
    """Whether `answer` is an error of a store or the net, which another run may not see."""
    if answer.outcome == ERROR + Failure.NOT_FETCHED:
        return True
    return answer.outcome == ERROR + Failure.REFUSED and REFUSED in answer.line  # not by the file system
