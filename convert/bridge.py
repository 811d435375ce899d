"""What answers of a second model, which left sources out, decide for the model that ships."""

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fakelens.convert.recipes import BridgeConfig
from fakelens.convert.run import Run, read_run, read_validation
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.modelfile.contract import Contract, Fit, Fusion
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.pictures.tiles import to_logit

_FEWEST = 50  # pictures of each class that both runs must have held out
_TAIL = 0.2  # of a class, nearest to the other: borders lie in it, and fewer pictures place no line
_SUREST = 1e-6  # P(fake), of borders

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What both models say of pictures that neither learned from, as the only view of each sees them."""

    ours: Floats  # [n], logits of the model that ships
    theirs: Floats  # [n], of the second
    labels: Labels  # [n], 1 is fake


def score_held_out(model: str, config: BridgeConfig) -> HeldOut:
    """Return what `model` and the second one say of the validation pictures that both runs hold.

    Raises `UsageError` where these are too few, or a model looks at tiles.
    """
    first, second = read_run(config.run), read_run(config.second_run)
    images_u8, labels = _find_common(first, second)
    for label, name in enumerate(first.contract.labels):
        count = int((labels == label).sum())
        if count < _FEWEST:
            raise UsageError(
                f"--bridge: {first.path} and {second.path} held out {count} {name} pictures in common, "
                f"at least {_FEWEST} are needed; train both on the same DATA with the same data.split_seed"
            )
    ours, theirs = (_score(name, images_u8) for name in (model, config.second))
    return HeldOut(ours=ours, theirs=theirs, labels=labels)


def carry_over(contract: Contract, held_out: HeldOut) -> Contract:
    """Return `contract`, whose fusion and borders were fitted to answers of the second model, for ours.

    P(fake) of its borders stays, and the fusion is the line that puts them where equal shares are beyond: by
    either model as many photos lie above the border of FAKE, as many fakes below that of REAL. A line by
    least squares does not keep these: the second model, which knows fewer sources, spreads its surest answers
    farther. Raises `UsageError` where the models contradict each other.
    """
    ours, theirs, fake = held_out.ours, held_out.theirs, held_out.labels == 1
    fitted, decision = contract.input.fusion or Fusion(weights=(1.0,)), contract.decision
    (weight,) = fitted.weights
    slope = weight * float(np.polyfit(ours, theirs, 1)[0])
    low, high = (_to_logit(border) for border in (decision.unsure_low, decision.unsure_high))
    our_low = -_match_tails(-theirs[fake], -ours[fake], -(low - fitted.bias) / weight)
    our_high = _match_tails(theirs[~fake], ours[~fake], (high - fitted.bias) / weight)
    if slope <= 0 or (high > low and our_high <= our_low):
        raise UsageError("--bridge: what one model takes for fake is real to the other; look at both files")
    if high > low:  # else nothing is UNSURE
        slope = (high - low) / (our_high - our_low)
    fusion = Fusion(weights=(slope,), bias=(low + high - slope * (our_low + our_high)) / 2)
    return replace(contract, input=replace(contract.input, fusion=fusion))


def _find_common(first: Run, second: Run) -> tuple[ImageU8, Labels]:
    """Return the validation pictures [n, size, size, 3] that both runs hold, and their labels [n]."""
    for run in (first, second):
        if run.contract.input.fit is Fit.TILES:
            raise UsageError(f"--bridge: {run.path} looks at tiles; it goes with models of whole images")
    others = {_digest(image) for image in read_validation(second).images_u8}
    validation = read_validation(first)
    rows = [row for row, image in enumerate(validation.images_u8) if _digest(image) in others]
    return validation.images_u8[rows], validation.labels[rows]


def _digest(image_u8: ImageU8) -> bytes:
    return hashlib.blake2b(image_u8.tobytes(), digest_size=16).digest()


def _score(model: str, images_u8: ImageU8) -> Floats:
    """Return the logits [n] of the view of `model`."""
    detector = Detector(model)
    if len(detector.contract.input.views) > 1 or detector.contract.input.size != images_u8.shape[1]:
        raise UsageError(
            f"{model}: is no file of one view of {images_u8.shape[1]} px, as the pictures of its run are; "
            "convert that run"
        )
    return to_logit(np.concatenate([detector.score(image[None]) for image in images_u8]))


def _match_tails(theirs: Floats, ours: Floats, border: float) -> float:
    """Return where as much of one sample [n] is above as of the other above `border`.

    By the line through the quantiles of their upper tails.
    """
    count = int(len(ours) * _TAIL)
    slope, shift = np.polyfit(np.sort(theirs)[-count:], np.sort(ours)[-count:], 1)
    return float(slope * border + shift)


def _to_logit(p_fake: float) -> float:
    p_fake = min(max(p_fake, _SUREST), 1 - _SUREST)
    return math.log(p_fake / (1 - p_fake))
