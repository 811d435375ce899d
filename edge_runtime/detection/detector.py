"""A model file that answers: `Detector("model.tflite").check("photo.jpg")`."""

import copy
import queue
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.condition import Reason, find_reason, measure_condition
from fakelens.edge_runtime.detection.verdict import (
    Stance,
    Verdict,
    ViewScore,
    decide,
    fuse_evidence,
    fuse_label,
    take_stance,
)
from fakelens.edge_runtime.detection.video import judge_stills
from fakelens.edge_runtime.errors import ImageError, ModelError, UsageError
from fakelens.edge_runtime.machine.memory import ByteBudget, return_large_blocks
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import LABELS, Contract, Decision, Fit
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.interpreter_pool import InterpreterPool
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.arrays import Colours, image_from_array
from fakelens.edge_runtime.pictures.contents import read_whole
from fakelens.edge_runtime.pictures.formats import is_video
from fakelens.edge_runtime.pictures.picture import Picture
from fakelens.edge_runtime.pictures.preprocess import (
    DecodeConfig,
    ImageU8,
    cut_tiles,
    decode_image,
    fit_image,
    fit_views,
    read_animation,
    to_rgb,
)
from fakelens.edge_runtime.pictures.tiles import (
    Region,
    Weights,
    fuse_views,
    place_grid,
    place_tiles,
    pool_scores,
    weigh_tiles,
)
from fakelens.edge_runtime.pictures.video.still import Still, Tally
from fakelens.edge_runtime.provenance.inspection import Inspection
from fakelens.edge_runtime.workers import map_in_order

_COST_OF_A_PART = 6  # times that of a tile
_AHEAD = 2  # groups of files for each worker
# Handing a file to a thread costs as much as a tenth of judging a tiny one, hence groups; a photo goes alone,
# for decoded it takes many megabytes.
_GROUP_FILES, _GROUP_BYTES = 8, 32_000
_DECODED_BYTES = 250_000_000  # of the pictures that threads hold together, beside the one whose turn it is
_STRICT = DecodeConfig()
_LENIENT = DecodeConfig(strict=False)  # what lacks only its end is checked, with a note


class Detector:
    """Checks images against one model file. It takes no preprocessing options: the file knows.

    Threads may share one: each inference has an interpreter to itself.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        threads: int = 1,
        stance: Stance | None = None,
        *,
        pixels_only: bool = False,
    ) -> None:
        """Load `model`, the name of a release model or a path; without one, the default release model.

        A `stance` moves the border of FAKE along the curve that was measured for the model; `UsageError`
        where it has none. With `pixels_only` what files say of themselves is left out, as when models are
        measured.
        """
        self._pixels_only = pixels_only
        self._file = read_model(find_model(model))
        self._decision = take_stance(self.contract, stance)
        self._views = self.contract.input.views or (self.contract.input,)
        self._widths = tuple({view.size for view in self._views if view.fit is Fit.RESIZE})
        self._pool = InterpreterPool(partial(self._load, threads))
        self._copies: list[Detector] = []  # for threads of `check_files`; a next folder finds them ready
        for index, spec in enumerate(self._views):
            size = spec.size
            with self._pool.lend() as interpreter:
                shapes = interpreter.shapes(index)
            if shapes != ((1, size, size, 3), (1, len(LABELS))):
                raise ModelError(
                    f"{self._file.path}: the contract says {size} px and {len(LABELS)} labels, but the graph "
                    f"takes {shapes[0]} and gives {shapes[1]}; convert the model again"
                )

    @property
    def contract(self) -> Contract:
        """The contract inside the model file."""
        return self._file.contract

    @property
    def pixels_only(self) -> bool:
        """Whether what files say of themselves is left out."""
        return self._pixels_only

    @property
    def decision(self) -> Decision:
        """From P(fake) to a verdict: the contract's, moved where the detector takes a stance."""
        return self._decision

    def check(
        self, image: Path | str | bytes | Image.Image | npt.NDArray[Any], *, colours: str = Colours.RGB
    ) -> Verdict:
        """Return the verdict on a file, encoded bytes, an upright Pillow image or an array of pixels.

        An array is uint8 [height, width, 3], RGB or, with `colours="bgr"`, as OpenCV has it. Raises
        `ImageError` where there is no image to be had from it.
        """
        start = time.perf_counter()
        if isinstance(image, np.ndarray):
            image = image_from_array(image, colours)
        elif colours != Colours.RGB:
            raise UsageError(
                f"colours={colours!r} goes with an array: files and Pillow images know their own"
            )
        if isinstance(image, Image.Image):
            return self._judge(to_rgb(image), start)
        source = Path(image) if isinstance(image, str) else image
        content = read_whole(source)
        inspection = None if self._pixels_only else Inspection(source, content)
        see = None if inspection is None else inspection.see
        decoded = decode_image(source, _STRICT, content, see, self._widths)
        return self._judge(decoded.image, start, inspection)

    def check_file(self, source: Path | bytes, name: str, decode: DecodeConfig = _LENIENT) -> CheckedFile:
        """Return the verdict on a file or encoded bytes under its `name`, or why there is none."""
        start = time.perf_counter()
        content = read_whole(source)
        inspection = None if self._pixels_only else Inspection(source, content)
        see = None if inspection is None else inspection.see
        try:
            decoded = decode_image(source, decode, content, see, self._widths)
        except ImageError as error:
            if isinstance(source, Path) and is_video(source):
                return self._check_video(source, name, inspection)
            return CheckedFile(path=name, error=str(error))
        if decoded.animated:
            tally = Tally()
            del decoded  # the first picture is decoded once more, and may be large
            return self._check_stills(name, read_animation(source, tally, decode), tally, inspection)
        verdict = self._judge(decoded.image, start, inspection)
        return CheckedFile(path=name, verdict=verdict, image=decoded.image, note=decoded.note)

    def _check_video(self, path: Path, name: str, inspection: Inspection | None) -> CheckedFile:
        from fakelens.edge_runtime.pictures.video.reader import read_video  # OpenCV, where it is there

        tally = Tally()
        try:
            return self._check_stills(name, read_video(path, tally), tally, inspection)
        except ImageError as error:
            return CheckedFile(path=name, error=str(error))

    def _check_stills(
        self, name: str, stills: Iterator[Still], tally: Tally, inspection: Inspection | None
    ) -> CheckedFile:
        try:
            judged = judge_stills(stills, tally, self.check, self._decision)
        except ImageError as error:
            said = str(error)
            return CheckedFile(path=name, error=said if said.startswith(name) else f"{name}: {said}")
        return CheckedFile(
            path=name,
            verdict=_fuse(judged.verdict, inspection),
            image=judged.worst,
            note=judged.note,
            moments=judged.moments,
            stills=judged.stills,
        )

    def check_files(
        self,
        paths: Iterable[Path | Picture],
        workers: int = 1,
        decode: DecodeConfig = _LENIENT,
        keep_images: bool = True,
    ) -> Iterator[CheckedFile]:
        """Yield a result for each path or picture in order; one that cannot be read does not stop the rest.

        `workers` threads each decode and infer by themselves: no model here is so large that one inference
        would gain as much from a second thread. Decoded pictures are held by their bytes: large ones wait for
        one another. Without `keep_images` results come without them.
        """
        if workers == 1:
            for path in paths:
                result = self._check_next(path, decode)
                yield result if keep_images else replace(result, image=None, stills=())
                del result  # with its picture, before the next one is decoded
            return
        return_large_blocks()
        budget = ByteBudget(_DECODED_BYTES)
        idle: queue.SimpleQueue[Detector] = queue.SimpleQueue()
        mine = [self._take_copy() for _ in range(workers)]
        for detector in mine:
            idle.put(detector)

        def work(numbered: tuple[int, list[Path | Picture]]) -> list[CheckedFile]:
            place, group = numbered
            bounded = replace(decode, reserve=partial(budget.reserve, place))
            results: list[CheckedFile] = []
            detector = idle.get()
            try:
                for path in group:
                    result = detector._check_next(path, bounded)
                    results.append(result if keep_images else replace(result, image=None, stills=()))
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

    def _check_next(self, picture: Path | Picture, decode: DecodeConfig) -> CheckedFile:
        if isinstance(picture, Path):
            return self.check_file(picture, str(picture), decode)
        try:
            source = picture.read()
        except ImageError as error:
            return CheckedFile(path=picture.name, error=str(error))
        result = self.check_file(source, picture.name, decode)
        if isinstance(source, bytes) and result.error is not None:
            return replace(result, error=picture.name + result.error.removeprefix("stdin"))
        return result

    def _take_copy(self) -> "Detector":
        try:
            return self._copies.pop()
        except IndexError:
            return self._copy()

    def _copy(self) -> "Detector":
        """Return a detector for another thread: the same file, an interpreter of its own."""
        other = copy.copy(self)
        other._pool, other._copies = InterpreterPool(partial(other._load, 1)), []
        return other

    def _load(self, threads: int) -> Interpreter:
        signatures = [view.signature for view in self.contract.input.views]
        return Interpreter(self._file.views_graph, threads, signatures)

    def _judge(self, image: Image.Image, start: float, inspection: Inspection | None = None) -> Verdict:
        spec = self.contract.input
        views_u8 = fit_views(image, spec)
        scores = self.score(views_u8[0])
        of_views = self.score_views(views_u8, scores)
        p_fake = self.fuse(of_views)
        reason = self.find_reason(image)
        tiled = spec.fit is Fit.TILES
        latency_ms = (time.perf_counter() - start) * 1e3
        evidence = None if inspection is None else inspection.conclude()
        label, pixels_label = fuse_label(decide(p_fake, self._decision, reason), evidence)
        return Verdict(
            label=label,
            p_fake=p_fake,
            model=self.contract.name,
            latency_ms=latency_ms,
            reduction=1.0 if tiled or spec.views else max(image.size) / spec.size,
            regions=_to_regions(place_tiles(*image.size, spec), scores, spec.size) if tiled else (),
            reason=reason,
            views=tuple(
                ViewScore(name=view.name, p_fake=p) for view, p in zip(spec.views, of_views, strict=False)
            ),
            evidence=evidence,
            pixels_label=pixels_label,
        )

    def find_reason(self, image: Image.Image) -> Reason | None:
        """Return why there is nothing left to see in an upright RGB `image`, by the contract's limits."""
        limits = self._decision.condition
        return None if limits is None else find_reason(measure_condition(image), limits)

    def score_others(self, image: Image.Image) -> tuple[float, ...]:
        """Return P(fake) of an upright RGB `image` by each view but the first; empty where there is one."""
        others = list(enumerate(self._views))[1:]
        fitted = [(view, fit_image(image, spec)) for view, spec in others]
        return tuple(self.pool(self.score(u8, view), self.weigh(u8, view), view) for view, u8 in fitted)

    def map_regions(self, image: Image.Image, most: int = 600) -> tuple[Region, ...]:
        """Return what the model says of up to `most` overlapping tiles all over an upright RGB `image`.

        A model that looks at photos as a whole says it of parts as large as its input, of fewer of them, for
        each takes long. Empty for a model of small images.
        """
        spec = self.contract.input
        if spec.fit is not Fit.TILES:
            if not spec.views:
                return ()
            most = max(1, most // _COST_OF_A_PART)
        places = place_grid(*image.size, spec.size, most)
        return _to_regions(places, self.score(cut_tiles(image, places, spec.size)), spec.size)

    def score(self, images_u8: ImageU8, view: int = 0) -> npt.NDArray[np.float32]:
        """Return P(fake) [n] of input tensors of a view, uint8 [n, size, size, 3]: fitted images or tiles."""
        interpreter = self._pool.take()  # no `with`: of a small picture its generator is a part of the time
        try:
            return interpreter.predict(images_u8, view)[:, 1]
        finally:
            self._pool.give_back(interpreter)

    def score_views(
        self, views_u8: Sequence[ImageU8], scores: npt.NDArray[np.float32] | None = None
    ) -> tuple[float, ...]:
        """Return P(fake) of one image by each view of it, from all that `fit_views` made of it.

        `scores` are those of the first view's tiles, where they are there already.
        """
        return tuple(
            self.pool(
                self.score(view_u8, view) if view or scores is None else scores,
                self.weigh(view_u8, view),
                view,
            )
            for view, view_u8 in enumerate(views_u8)
        )

    def score_image(self, views_u8: Sequence[ImageU8]) -> float:
        """Return P(fake) of one image from all that `fit_views` made of it."""
        return self.fuse(self.score_views(views_u8))

    def weigh(self, tiles_u8: ImageU8, view: int = 0) -> Weights | None:
        """Return what each of a view's tiles weighs as they are pooled [n]; None where all weigh the same."""
        return weigh_tiles(tiles_u8, self._views[view].pool)

    def pool(self, scores: npt.NDArray[np.float32], weights: Weights | None, view: int = 0) -> float:
        """Return a view's P(fake) of one image from that of its tiles [n], as the contract says."""
        return float(scores[0]) if len(scores) == 1 else pool_scores(scores, self._views[view].pool, weights)

    def fuse(self, of_views: Sequence[float]) -> float:
        """Return P(fake) of one image from that of its views, as the contract says."""
        fusion = self.contract.input.fusion
        return of_views[0] if fusion is None else fuse_views(of_views, fusion)


def _fuse(verdict: Verdict, inspection: Inspection | None) -> Verdict:
    return verdict if inspection is None else fuse_evidence(verdict, inspection.conclude())


def _group_files(paths: Iterable[Path | Picture]) -> Iterator[list[Path | Picture]]:
    """Yield `paths` in order: a few small files together, a large one alone."""
    group: list[Path | Picture] = []
    total_bytes = 0
    for path in paths:
        size_bytes = 0
        with suppress(OSError):  # checking it tells what is wrong
            size_bytes = path.stat().st_size if isinstance(path, Path) else path.size_bytes
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
