"""What a model file says of input tensors: P(fake) of tiles, of views and of an image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.contract import LABELS, Contract, Fit
from fakelens.edge_runtime.modelfile.interpreter import Interpreter
from fakelens.edge_runtime.modelfile.interpreter_pool import InterpreterPool
from fakelens.edge_runtime.modelfile.library import find_model
from fakelens.edge_runtime.pictures.preprocess import ImageU8, cut_tiles, fit_image
from fakelens.edge_runtime.pictures.tiles import (
    Region,
    Weights,
    fuse_views,
    place_grid,
    pool_scores,
    weigh_tiles,
)

_COST_OF_A_PART = 6  # times that of a tile


class Scorer:
    """One model file, and the interpreters that run it. Threads may share it."""

    def __init__(self, model: str | Path | None, threads: int) -> None:
        """Load `model`, the name of a release model or a path; without one, the default release model."""
        self._file = read_model(find_model(model))
        self._views = self.contract.input.views or (self.contract.input,)
        self._threads = threads
        self._pool = InterpreterPool(self._load, threads)
        with self._pool.lend(threads) as interpreter:
            shapes_of_views = [interpreter.shapes(index) for index in range(len(self._views))]
            self._takes_several = self.contract.input.fit is not Fit.TILES and interpreter.takes_several
        for shapes, spec in zip(shapes_of_views, self._views, strict=True):
            size = spec.size
            if shapes != ((1, size, size, 3), (1, len(LABELS))):
                raise ModelError(
                    f"{self._file.path}: the contract says {size} px and {len(LABELS)} labels, but the graph "
                    f"takes {shapes[0]} and gives {shapes[1]}; convert the model again"
                )

    @property
    def contract(self) -> Contract:
        """The contract inside the model file."""
        return self._file.contract

    def _load(self, threads: int) -> Interpreter:
        signatures = [view.signature for view in self.contract.input.views]
        return Interpreter(self._file.views_graph, threads, signatures)

    def score(self, images_u8: ImageU8, view: int = 0) -> npt.NDArray[np.float32]:
        """Return P(fake) [n] of input tensors of a view, uint8 [n, size, size, 3]: fitted images or tiles."""
        # No `with`: of a small picture its generator is a part of the time.
        interpreter = self._pool.take(self._threads)
        try:
            return interpreter.predict(images_u8, view)[:, 1]
        finally:
            self._pool.give_back(interpreter, self._threads)

    @property
    def takes_several(self) -> bool:
        """Whether pictures are so small for the model that several are scored in less time together."""
        return self._takes_several

    def score_each(self, images_u8: Sequence[ImageU8]) -> list[npt.NDArray[np.float32]]:
        """Return what `score` says of each of several pictures: of small ones from calls for many at once."""
        if len(images_u8) > 1 and all(len(each) == 1 for each in images_u8):
            scores = self.score(np.concatenate(images_u8))
            return [scores[row : row + 1] for row in range(len(scores))]
        return [self.score(each) for each in images_u8]

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
        return to_regions(places, self.score(cut_tiles(image, places, spec.size)), spec.size)

    def score_others(self, image: Image.Image) -> tuple[float, ...]:
        """Return P(fake) of an upright RGB `image` by each view but the first; empty where there is one."""
        others = list(enumerate(self._views))[1:]
        fitted = [(view, fit_image(image, spec)) for view, spec in others]
        return tuple(self.pool(self.score(u8, view), self.weigh(u8, view), view) for view, u8 in fitted)


def to_regions(
    places: list[tuple[int, int]], scores: npt.NDArray[np.float32], size: int
) -> tuple[Region, ...]:
    """Return the tiles at `places`, left and top in px, with their `scores`."""
    return tuple(
        Region(left=left, top=top, size=size, p_fake=float(p_fake))
        for (left, top), p_fake in zip(places, scores, strict=True)
    )
