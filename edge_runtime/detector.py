"""A model file that answers: `Detector("model.tflite").check("photo.jpg")`."""

import copy
import queue
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.contract import LABELS, Contract, Fit
from fakelens.edge_runtime.errors import ImageError, ModelError
from fakelens.edge_runtime.formats import is_video
from fakelens.edge_runtime.interpreter import Interpreter
from fakelens.edge_runtime.library import find_model
from fakelens.edge_runtime.memory import ByteBudget, return_large_blocks
from fakelens.edge_runtime.modelfile import read_model
from fakelens.edge_runtime.preprocess import (
    DecodeConfig,
    ImageU8,
    cut_tiles,
    decode_image,
    fit_image,
    load_image,
    read_animation,
    to_rgb,
)
from fakelens.edge_runtime.tiles import Region, place_grid, place_tiles, pool_scores
from fakelens.edge_runtime.verdict import Verdict, decide
from fakelens.edge_runtime.video.judge import judge_stills
from fakelens.edge_runtime.video.still import Moment, Still, Tally
from fakelens.edge_runtime.workers import map_in_order

_AHEAD = 2  # groups of files for each worker
# Handing a file to a thread costs as much as a tenth of judging a tiny one, hence groups; a photo goes alone,
# for decoded it takes many megabytes.
_GROUP_FILES, _GROUP_BYTES = 8, 32_000
_DECODED_BYTES = 250_000_000  # of the pictures that threads hold together, beside the one whose turn it is
_LENIENT = DecodeConfig(strict=False)  # what lacks only its end is checked, with a note


@dataclass(frozen=True, kw_only=True)
class CheckedFile:
    """One file of a batch: its verdict, or the reason why there is none."""

    path: str
    verdict: Verdict | None = None
    error: str | None = None
    note: str | None = None  # what to know of how the picture was read
    moments: tuple[Moment, ...] = ()  # of a video or an animation: P(fake) over time
    image: Image.Image | None = field(default=None, repr=False, compare=False)  # decoded, upright, RGB
    grid: tuple[Region, ...] = ()  # a fine overlapping grid over the image, where it was asked for


class Detector:
    """Checks images against one model file. It takes no preprocessing options: the file knows.

    Not thread-safe: one detector per worker.
    """

    def __init__(self, model: str | Path | None = None, threads: int = 1) -> None:
        """Load `model`, the name of a release model or a path; without one, the default release model."""
        self._file = read_model(find_model(model))
        self._interpreter = Interpreter(self._file.graph, threads)
        self._copies: list[Detector] = []  # for threads of `check_files`; a next folder finds them ready
        size = self.contract.input.size
        shapes = self._interpreter.input_shape, self._interpreter.output_shape
        if shapes != ((1, size, size, 3), (1, len(LABELS))):
            raise ModelError(
                f"{self._file.path}: the contract says {size} px and {len(LABELS)} labels, but the graph "
                f"takes {shapes[0]} and gives {shapes[1]}; convert the model again"
            )

    @property
    def contract(self) -> Contract:
        """The contract inside the model file."""
        return self._file.contract

    def check(self, image: Path | str | bytes | Image.Image) -> Verdict:
        """Return the verdict on a file, encoded bytes or an upright Pillow image.

        Raises `ImageError` where it is unreadable.
        """
        start = time.perf_counter()
        if not isinstance(image, Image.Image):
            image = load_image(Path(image) if isinstance(image, str) else image)
        else:
            image = to_rgb(image)
        return self._judge(image, start)

    def check_file(self, source: Path | bytes, name: str, decode: DecodeConfig = _LENIENT) -> CheckedFile:
        """Return the verdict on a file or encoded bytes under its `name`, or why there is none."""
        start = time.perf_counter()
        try:
            decoded = decode_image(source, decode)
            if decoded.animated:
                tally = Tally()
                return self._check_stills(name, read_animation(source, tally, decode), tally)
        except ImageError as error:
            if isinstance(source, Path) and is_video(source):
                return self._check_video(source, name)
            return CheckedFile(path=name, error=str(error))
        verdict = self._judge(decoded.image, start)
        return CheckedFile(path=name, verdict=verdict, image=decoded.image, note=decoded.note)

    def _check_video(self, path: Path, name: str) -> CheckedFile:
        from fakelens.edge_runtime.video.reader import read_video  # OpenCV, where it is there

        tally = Tally()
        try:
            return self._check_stills(name, read_video(path, tally), tally)
        except ImageError as error:
            return CheckedFile(path=name, error=str(error))

    def _check_stills(self, name: str, stills: Iterator[Still], tally: Tally) -> CheckedFile:
        try:
            judged = judge_stills(stills, tally, self.check, self.contract.decision)
        except ImageError as error:
            said = str(error)
            return CheckedFile(path=name, error=said if said.startswith(name) else f"{name}: {said}")
        return CheckedFile(
            path=name, verdict=judged.verdict, image=judged.worst, note=judged.note, moments=judged.moments
        )

    def check_files(
        self,
        paths: Iterable[Path],
        workers: int = 1,
        decode: DecodeConfig = _LENIENT,
        keep_images: bool = True,
    ) -> Iterator[CheckedFile]:
        """Yield a result for each path in order; a file that cannot be read does not stop the rest.

        `workers` threads each decode and infer by themselves: no model here is so large that one inference
        would gain as much from a second thread. Decoded pictures are held by their bytes: large ones wait for
        one another. Without `keep_images` results come without them.
        """
        if workers == 1:
            for path in paths:
                yield self.check_file(path, str(path), decode)
            return
        return_large_blocks()
        budget = ByteBudget(_DECODED_BYTES)
        idle: queue.SimpleQueue[Detector] = queue.SimpleQueue()
        mine = [self._copies.pop() if self._copies else self._copy() for _ in range(workers)]
        for detector in mine:
            idle.put(detector)

        def work(numbered: tuple[int, list[Path]]) -> list[CheckedFile]:
            place, group = numbered
            bounded = replace(decode, reserve=partial(budget.reserve, place))
            results: list[CheckedFile] = []
            detector = idle.get()
            try:
                for path in group:
                    result = detector.check_file(path, str(path), bounded)
                    results.append(result if keep_images else replace(result, image=None))
                    if not keep_images:
                        budget.release(place)
                return results
            finally:
                idle.put(detector)

        try:
            numbered = enumerate(_group_files(paths))
            with closing(map_in_order(work, numbered, workers, _AHEAD * workers)) as groups:
                try:
                    for place, results in enumerate(groups):
                        yield from results
                        results.clear()
                        budget.finish(place)
                finally:  # before the threads are waited for
                    budget.lift()
        finally:  # the threads have ended
            self._copies += mine

    def _copy(self) -> "Detector":
        """Return a detector for another thread: the same file, an interpreter of its own."""
        other = copy.copy(self)
        other._interpreter, other._copies = Interpreter(self._file.graph), []
        return other

    def _judge(self, image: Image.Image, start: float) -> Verdict:
        spec = self.contract.input
        scores = self.score(fit_image(image, spec))
        p_fake = self.pool(scores)
        tiled = spec.fit is Fit.TILES
        return Verdict(
            label=decide(p_fake, self.contract.decision),
            p_fake=p_fake,
            model=self.contract.name,
            latency_ms=(time.perf_counter() - start) * 1e3,
            reduction=1.0 if tiled else max(image.size) / spec.size,
            regions=_to_regions(place_tiles(*image.size, spec), scores, spec.size) if tiled else (),
        )

    def map_regions(self, image: Image.Image, most: int = 600) -> tuple[Region, ...]:
        """Return what the model says of up to `most` overlapping tiles all over an upright RGB `image`.

        Empty where the model looks at the image as a whole.
        """
        spec = self.contract.input
        if spec.fit is not Fit.TILES:
            return ()
        places = place_grid(*image.size, spec.size, most)
        return _to_regions(places, self.score(cut_tiles(image, places, spec.size)), spec.size)

    def score(self, images_u8: ImageU8) -> npt.NDArray[np.float32]:
        """Return P(fake) [n] of input tensors, uint8 [n, size, size, 3]: fitted images or tiles of them."""
        return self._interpreter.predict(images_u8)[:, 1]

    def score_image(self, tiles_u8: ImageU8) -> float:
        """Return P(fake) of one image from all that `fit_image` made of it, uint8 [tiles, size, size, 3]."""
        return self.pool(self.score(tiles_u8))

    def pool(self, scores: npt.NDArray[np.float32]) -> float:
        """Return P(fake) of one image from that of its tiles [n], as the contract says."""
        return float(scores[0]) if len(scores) == 1 else pool_scores(scores, self.contract.input.pool)


def _group_files(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Yield `paths` in order: a few small files together, a large one alone."""
    group: list[Path] = []
    total_bytes = 0
    for path in paths:
        size_bytes = 0
        with suppress(OSError):  # checking it tells what is wrong
            size_bytes = path.stat().st_size
        if group and (len(group) == _GROUP_FILES or total_bytes + size_bytes > _GROUP_BYTES):
            yield group
            group, total_bytes = [], 0
        group.append(path)
        total_bytes += size_bytes
    if group:
        yield group


def _to_regions(
    places: list[tuple[int, int]], scores: npt.NDArray[np.float32], size: int
) -> tuple[Region, ...]:
    return tuple(
        Region(left=left, top=top, size=size, p_fake=float(p_fake))
        for (left, top), p_fake in zip(places, scores, strict=True)
    )
