"""A model file that answers: `Detector("model.tflite").check("photo.jpg")`."""

import copy
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.condition import Reason, find_reason, measure_condition
from fakelens.edge_runtime.detection.fitted import FittedPicture
from fakelens.edge_runtime.detection.scorer import Scorer, to_regions
from fakelens.edge_runtime.detection.verdict import (
    Stance,
    Verdict,
    ViewScore,
    decide,
    fuse_evidence,
    fuse_label,
    take_stance,
)
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.files import is_file
from fakelens.edge_runtime.modelfile.contract import Decision, Fit
from fakelens.edge_runtime.pictures.arrays import Colours, image_from_array
from fakelens.edge_runtime.pictures.contents import read_whole, take_source
from fakelens.edge_runtime.pictures.formats import is_video
from fakelens.edge_runtime.pictures.preprocess import (
    DecodeConfig,
    DecodedImage,
    decode_image,
    fit_views,
    to_rgb,
)
from fakelens.edge_runtime.pictures.tiles import place_tiles

if TYPE_CHECKING:  # loaded where it is needed: one picture needs little
    from concurrent.futures import Future, ThreadPoolExecutor

    from fakelens.edge_runtime.pictures.picture import Picture
    from fakelens.edge_runtime.pictures.video.still import Still, Tally
    from fakelens.edge_runtime.provenance.inspection import Inspection

_STRICT = DecodeConfig()
_LENIENT = DecodeConfig(strict=False)  # what lacks only its end is checked, with a note


class Detector(Scorer):
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
        super().__init__(model, threads)
        self._pixels_only = pixels_only
        self._decision = take_stance(self.contract, stance)
        self._inspect = None if pixels_only else _load_inspection()
        self._widths = tuple({view.size for view in self._views if view.fit is Fit.RESIZE})

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
            return self._judge([self._fit(DecodedImage(image=to_rgb(image)), start, alone=True)])[0]
        source = take_source(image)
        content = read_whole(source)
        inspection = None if self._inspect is None else self._inspect(source, content)
        see = None if inspection is None else inspection.see
        decoded = decode_image(source, _STRICT, content, see, self._widths)
        return self._judge([self._fit(decoded, start, inspection, alone=True)])[0]

    def check_file(self, source: Path | bytes, name: str, decode: DecodeConfig = _LENIENT) -> CheckedFile:
        """Return the verdict on a file or encoded bytes under its `name`, or why there is none."""
        fitted = self.fit_file(source, name, decode)
        return fitted if isinstance(fitted, CheckedFile) else self.judge_files([fitted])[0]

    def fit_file(
        self, source: Path | bytes, name: str, decode: DecodeConfig, *, keep_image: bool = True
    ) -> FittedPicture | CheckedFile:
        """Return a file ready for the model; its result where it holds no picture, or several over time."""
        start = time.perf_counter()
        inspection = content = None
        try:
            content = read_whole(source)
            inspection = None if self._inspect is None else self._inspect(source, content)
            see = None if inspection is None else inspection.see
            decoded = decode_image(source, decode, content, see, self._widths)
        except ImageError as error:
            if isinstance(source, Path) and is_file(source) and is_video(source):
                return self._check_video(source, name, inspection)
            return CheckedFile(path=name, error=str(error))
        if decoded.animated:
            del decoded  # the first picture is decoded once more, and may be large
            from fakelens.edge_runtime.pictures.video.animation import read_animation
            from fakelens.edge_runtime.pictures.video.still import Tally

            tally = Tally()
            stills = read_animation(source if content is None else content, tally, decode)
            return self._check_stills(name, stills, tally, inspection)
        return self._fit(decoded, start, inspection, name, keep_image=keep_image)

    def judge_files(self, pictures: Sequence[FittedPicture]) -> list[CheckedFile]:
        """Return the verdict on each of `pictures`; a model of small images is given several at once."""
        return [
            CheckedFile(path=picture.name, verdict=verdict, image=picture.image, note=picture.note)
            for picture, verdict in zip(pictures, self._judge(pictures), strict=True)
        ]

    def _check_video(self, path: Path, name: str, inspection: "Inspection | None") -> CheckedFile:
        from fakelens.edge_runtime.pictures.video.reader import read_video  # OpenCV, where it is there
        from fakelens.edge_runtime.pictures.video.still import Tally

        tally = Tally()
        try:
            return self._check_stills(name, read_video(path, tally), tally, inspection)
        except ImageError as error:
            return CheckedFile(path=name, error=str(error))

    def _check_stills(
        self, name: str, stills: "Iterator[Still]", tally: "Tally", inspection: "Inspection | None"
    ) -> CheckedFile:
        from fakelens.edge_runtime.detection.video import judge_stills

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
        paths: "Iterable[Path | Picture]",
        workers: int = 1,
        decode: DecodeConfig = _LENIENT,
        keep_images: bool = True,
    ) -> Iterator[CheckedFile]:
        """Yield a result for each path or picture in order; one that cannot be read does not stop the rest.

        `workers` threads each decode and infer by themselves: no model here is so large that one inference
        would gain as much from a second thread. Decoded pictures are held by their bytes: large ones wait for
        one another. Without `keep_images` results come without them.
        """
        from fakelens.edge_runtime.detection.many_files import check_in_turn, check_side_by_side

        if workers == 1:
            return check_in_turn(self, paths, decode, keep_images=keep_images)
        return check_side_by_side(self._with_one_thread(), paths, decode, workers, keep_images=keep_images)

    def _with_one_thread(self) -> "Detector":
        """Return this detector, its pool too, as several threads use it at once: each inference on one."""
        if self._threads == 1:
            return self
        beside_others = copy.copy(self)
        beside_others._threads = 1
        return beside_others

    def _fit(
        self,
        decoded: DecodedImage,
        start: float,
        inspection: "Inspection | None" = None,
        name: str = "",
        *,
        keep_image: bool = False,
        alone: bool = False,
    ) -> FittedPicture:
        """Return the picture ready for the model; of one `alone`, threads of an inference have time left."""
        image = decoded.image
        beside = alone and self._threads > 1 and self._decision.condition is not None
        reason: Reason | Future[Reason | None] | None = None
        if not beside:
            reason = self.find_reason(image)  # first: what was decoded just now is near
        views_u8 = fit_views(image, self.contract.input)
        if beside:
            reason = self._helper.submit(self.find_reason, image)
        spent_ms = (time.perf_counter() - start) * 1e3
        return FittedPicture(
            name=name,
            views_u8=views_u8,
            size=image.size,
            spent_ms=spent_ms,
            reason=reason,
            evidence=None if inspection is None else inspection.conclude(),
            note=decoded.note,
            image=image if keep_image else None,
        )

    def _judge(self, pictures: Sequence[FittedPicture]) -> list[Verdict]:
        start = time.perf_counter()
        scores = self.score_each([picture.views_u8[0] for picture in pictures])
        of_views = [
            self.score_views(picture.views_u8, own) for picture, own in zip(pictures, scores, strict=True)
        ]
        shared_ms = (time.perf_counter() - start) * 1e3 / len(pictures)
        return [
            self._conclude(picture, own, each, shared_ms)
            for picture, own, each in zip(pictures, scores, of_views, strict=True)
        ]

    def _conclude(
        self,
        picture: FittedPicture,
        scores: npt.NDArray[np.float32],
        of_views: tuple[float, ...],
        scored_ms: float,
    ) -> Verdict:
        spec = self.contract.input
        p_fake = self.fuse(of_views)
        tiled = spec.fit is Fit.TILES
        reason = picture.tell_reason()
        label, pixels_label = fuse_label(decide(p_fake, self._decision, reason), picture.evidence)
        return Verdict(
            label=label,
            p_fake=p_fake,
            model=self.contract.name,
            latency_ms=picture.spent_ms + scored_ms,
            reduction=1.0 if tiled or spec.views else max(picture.size) / spec.size,
            regions=to_regions(place_tiles(*picture.size, spec), scores, spec.size) if tiled else (),
            reason=reason,
            views=tuple(
                ViewScore(name=view.name, p_fake=p) for view, p in zip(spec.views, of_views, strict=False)
            ),
            evidence=picture.evidence,
            pixels_label=pixels_label,
        )

    @cached_property
    def _helper(self) -> "ThreadPoolExecutor":
        from concurrent.futures import ThreadPoolExecutor  # here, as most detectors do without

        return ThreadPoolExecutor(1, "fakelens-condition")

    def find_reason(self, image: Image.Image) -> Reason | None:
        """Return why there is nothing left to see in an upright RGB `image`, by the contract's limits."""
        limits = self._decision.condition
        return None if limits is None else find_reason(measure_condition(image), limits)


def _load_inspection() -> "type[Inspection]":
    from fakelens.edge_runtime.provenance.inspection import Inspection

    return Inspection


def _fuse(verdict: Verdict, inspection: "Inspection | None") -> Verdict:
    return verdict if inspection is None else fuse_evidence(verdict, inspection.conclude())
