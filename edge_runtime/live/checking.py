"""Check of one frame within a time budget."""

import logging
import time
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import TOO_REDUCED, warn_of_reduction
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.edge_runtime.pictures.preprocess import cut_tiles
from fakelens.edge_runtime.pictures.tiles import Region, place_tiles


@dataclass(frozen=True, kw_only=True)
class CheckedFrame:
    """The score of one frame."""

    p_fake: float
    regions: tuple[Region, ...]  # the latest score of every tile; empty where the model sees the whole
    inference_ms: float  # preprocessing and inference
    reason: Reason | None = None  # why there is nothing left to see


class FrameChecker:
    """Checks frame after frame as `Detector.check` does, or part of the tiles of each, in turn.

    With a budget, a frame's tiles are checked one by one until the next would exceed it, at least one; the
    following frame goes on where this one stopped. The score pools the latest score of every tile. Other
    views of the model see every frame.
    """

    def __init__(self, detector: Detector, budget_ms: float | None = None) -> None:
        """A budget matters to models that look at tiles alone: others need one call a frame."""
        self._detector = detector
        self._budget_s = budget_ms / 1e3 if budget_ms and detector.contract.input.fit is Fit.TILES else None
        self._size = (0, 0)
        self._tiles: list[_Tile | None] = []
        self._next = 0
        self._warned = False

    def check(self, image: Image.Image) -> CheckedFrame:
        """Return the score of an upright RGB image."""
        if self._budget_s is not None:
            return self._check_some(image, self._budget_s)
        verdict = self._detector.check(image)
        if verdict.reduction > TOO_REDUCED and not self._warned:
            self._warned = True
            text = warn_of_reduction(self._detector.contract, verdict.reduction)
            logging.getLogger(__name__).warning("note: %s", text)
        return CheckedFrame(
            p_fake=verdict.p_fake,
            regions=verdict.regions,
            inference_ms=verdict.latency_ms,
            reason=verdict.reason,
        )

    def _check_some(self, image: Image.Image, budget_s: float) -> CheckedFrame:
        start = time.perf_counter()
        detector = self._detector
        spec = detector.contract.input
        places = place_tiles(*image.size, spec)
        if image.size != self._size:  # the old tiles lie elsewhere
            self._size, self._tiles, self._next = image.size, [None] * len(places), 0
        others, reason = detector.score_others(image), detector.find_reason(image)
        tiles_start = time.perf_counter()
        budget_s -= tiles_start - start
        for checked in range(1, len(places) + 1):
            self._tiles[self._next] = self._check_tile(image, places[self._next])
            self._next = (self._next + 1) % len(places)
            spent_s = time.perf_counter() - tiles_start
            if spent_s * (checked + 1) / checked > budget_s:
                break
        tiles = [tile for tile in self._tiles if tile is not None]
        scores = np.array([tile.region.p_fake for tile in tiles], np.float32)
        weights = [tile.weight for tile in tiles if tile.weight is not None]
        pooled = detector.pool(scores, np.array(weights) if weights else None)
        return CheckedFrame(
            p_fake=detector.fuse((pooled, *others)),
            regions=tuple(tile.region for tile in tiles),
            inference_ms=(time.perf_counter() - start) * 1e3,
            reason=reason,
        )

    def _check_tile(self, image: Image.Image, place: tuple[int, int]) -> "_Tile":
        size = self._detector.contract.input.size
        tile_u8 = cut_tiles(image, [place], size)
        (p_fake,), weights = self._detector.score(tile_u8), self._detector.weigh(tile_u8)
        region = Region(left=place[0], top=place[1], size=size, p_fake=float(p_fake))
        return _Tile(region=region, weight=None if weights is None else float(weights[0]))


@dataclass(frozen=True, kw_only=True)
class _Tile:
    """The latest score of a tile, and what it weighs."""

    region: Region
    weight: float | None
