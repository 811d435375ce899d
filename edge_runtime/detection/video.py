"""One verdict over the pictures of a video or an animation."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.verdict import Verdict, decide
from fakelens.edge_runtime.errors import ImageError
from fakelens.edge_runtime.modelfile.contract import Decision, Pool
from fakelens.edge_runtime.pictures.tiles import pool_scores
from fakelens.edge_runtime.pictures.video.still import REMEDY, Moment, Still, Tally

_SAMPLES = 64  # along each side, to tell a picture from the one before
_MOST_WORST = 3  # pictures that are shown
_SHOWN_PX = 640  # of the longer side: for the eye alone
_SAME = 1.0  # grey levels, on average: the same picture again says nothing new


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a model says of a video."""

    verdict: Verdict
    moments: tuple[Moment, ...]
    worst: Image.Image  # the picture with the highest P(fake)
    stills: tuple[Still, ...]  # the most suspicious ones, in the order of time, small
    note: str


def judge_stills(
    stills: Iterable[Still], tally: Tally, check: Callable[[Image.Image], Verdict], decision: Decision
) -> Judged:
    """Return one verdict over `stills`: the mean of their logits, each by the frames that it stands for.

    Pictures that repeat the one before are left out.

    Where there is nothing left to see in most of them, there is nothing in all of them: UNSURE.
    Raises `ImageError` where there is no picture at all.
    """
    moments: list[Moment] = []
    frames: list[float] = []
    worst: tuple[Verdict, Image.Image] | None = None
    suspects: list[tuple[float, Still]] = []
    reasons: Counter[Reason] = Counter()
    latency_ms = 0.0
    for still in drop_repeated(stills):
        verdict = check(still.image)
        latency_ms += verdict.latency_ms
        reasons.update([] if verdict.reason is None else [verdict.reason])
        moments.append(Moment(seconds=still.seconds, p_fake=verdict.p_fake))
        frames.append(still.frames)
        if worst is None or verdict.p_fake > worst[0].p_fake:
            worst = verdict, still.image
        suspects.append((verdict.p_fake, Still(seconds=still.seconds, image=_shrink(still.image))))
        suspects = sorted(suspects, key=lambda suspect: -suspect[0])[:_MOST_WORST]
    if worst is None:
        raise ImageError(f"no picture of this video decodes; {REMEDY}")
    p_fake = pool_scores(np.array([moment.p_fake for moment in moments]), Pool.MEAN, np.array(frames))
    reason = reasons.most_common(1)[0][0] if reasons.total() > len(moments) / 2 else None
    verdict = replace(
        worst[0],
        p_fake=p_fake,
        label=decide(p_fake, decision, reason),
        reason=reason,
        latency_ms=latency_ms,
        regions=(),
    )
    return Judged(
        verdict=verdict,
        moments=tuple(moments),
        worst=worst[1],
        stills=tuple(sorted((still for _, still in suspects), key=lambda still: still.seconds)),
        note=_describe(moments, tally),
    )


def drop_repeated(stills: Iterable[Still]) -> Iterator[Still]:
    """Yield `stills` without those that show the same as the one before."""
    seen: npt.NDArray[np.int16] | None = None
    for still in stills:
        sample = _sample(still.image)
        if seen is None or seen.shape != sample.shape or np.abs(seen - sample).mean() >= _SAME:
            seen = sample
            yield still


def _shrink(image: Image.Image) -> Image.Image:
    return image.reduce(max(1, -(-max(image.size) // _SHOWN_PX)))


def _sample(image: Image.Image) -> npt.NDArray[np.int16]:
    """Return pixels of `image` on a coarse grid."""
    pixels = np.asarray(image)
    steps = (max(1, side // _SAMPLES) for side in pixels.shape[:2])
    rows, columns = steps
    return pixels[::rows, ::columns].astype(np.int16)


def _describe(moments: list[Moment], tally: Tally) -> str:
    highest = max(moments, key=lambda moment: moment.p_fake)
    pictures = "1 picture" if len(moments) == 1 else f"{len(moments)} pictures"
    parts = [f"{pictures} of {'1 frame' if tally.frames == 1 else f'{tally.frames} frames'}"]
    if len(moments) > 1:
        parts.append(f"highest {highest.p_fake:.3f} at {highest.seconds:.1f} s")
    if tally.lost:
        parts.append("1 frame does not decode" if tally.lost == 1 else f"{tally.lost} frames do not decode")
    if tally.skipped:
        parts.append(tally.skipped)
    return ", ".join(parts)
