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
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.modelfile.contract import Contract, Fit, Fusion, Training
from fakelens.edge_runtime.pictures.preprocess import ImageU8
from fakelens.edge_runtime.pictures.tiles import to_logit

_FEWEST = 50  # pictures of each class that both runs must have held out
_TAIL = 0.2  # of a class, nearest to the other: borders lie in it, and fewer pictures place no line
_FEWEST_SCORES = 3  # different ones in a tail, by either model
_SUREST = 1e-6  # P(fake), of borders
_FARTHEST_APART = 0.05  # shares of a class beyond a border by either model, where it has 80 pictures or more
_PICTURES_APART = 4  # the same where it has fewer: chance alone comes to so many
_STEEPEST = 4.0  # times the slope of the line through all pictures
_SAID = ("photos", "fakes")
_NAMES = ("FAKE", "REAL")  # of the border that lies among the surest of each class
_REMEDY = "hold out more pictures (data.validation) and train both runs again, or leave --bridge out"

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

    Raises `UsageError` where these are too few, or a model looks at tiles or is not of its run.
    """
    first, second = read_run(config.run), read_run(config.second_run)
    if _identify(first.contract.training) == _identify(second.contract.training):
        raise UsageError(
            f"--bridge: {first.path} and {second.path} are one training; "
            f"name the run of MODEL first, then that of {config.second}"
        )
    detectors = [_open(*each) for each in ((model, first), (config.second, second))]
    images_u8, labels = _find_common(first, second)
    for label, name in enumerate(first.contract.labels):
        count = int((labels == label).sum())
        if count < _FEWEST:
            raise UsageError(
                f"--bridge: {first.path} and {second.path} held out {count} {name} pictures in common, "
                f"at least {_FEWEST} are needed; train both on the same DATA with the same data.split_seed"
            )
    ours, theirs = (_score(detector, images_u8) for detector in detectors)
    return HeldOut(ours=ours, theirs=theirs, labels=labels)


def carry_over(contract: Contract, held_out: HeldOut) -> Contract:
    """Return `contract`, whose fusion and borders were fitted to answers of the second model, for ours.

    P(fake) of its borders stays, and the fusion is the line that puts them where equal shares are beyond: by
    either model as many photos lie above the border of FAKE, as many fakes below that of REAL. A line by
    least squares does not keep these: the second model, which knows fewer sources, spreads its surest answers
    farther. Raises `UsageError` where the models contradict each other, or the pictures place no borders.
    """
    ours, theirs, fake = held_out.ours, held_out.theirs, held_out.labels == 1
    fitted, decision = contract.input.fusion or Fusion(weights=(1.0,)), contract.decision
    (weight,) = fitted.weights
    low, high = (_to_logit(border) for border in (decision.unsure_low, decision.unsure_high))
    their_low, their_high = ((border - fitted.bias) / weight for border in (low, high))
    our_high = _match_tails(theirs[~fake], ours[~fake], their_high, 0)
    our_low = -_match_tails(-theirs[fake], -ours[fake], -their_low, 1)
    straight = weight * float(np.polyfit(ours, theirs, 1)[0])
    if straight <= 0:
        raise UsageError("--bridge: what one model takes for fake is real to the other; look at both files")
    slope = straight
    if high > low:  # else nothing is UNSURE
        slope = (high - low) / (our_high - our_low) if our_high > our_low else math.inf
    if not straight / _STEEPEST < slope < straight * _STEEPEST:
        raise UsageError(
            "--bridge: the borders of FAKE and REAL would lie at quite another distance than by all held-out "
            f"pictures; {_REMEDY}, or ask for other borders (--false-alarms, --missed)"
        )
    fusion = Fusion(weights=(slope,), bias=(low + high - slope * (our_low + our_high)) / 2)
    placed = [(border - fusion.bias) / slope for border in (low, high)]
    _check_shares(ours[~fake] > placed[1], theirs[~fake] > their_high, 0)
    _check_shares(ours[fake] < placed[0], theirs[fake] < their_low, 1)
    if max(map(abs, placed)) >= to_logit(np.ones(1))[0]:
        name = _NAMES[0 if placed[1] > -placed[0] else 1]
        raise UsageError(f"--bridge: no picture at all could be called {name}; {_REMEDY}")
    return replace(contract, input=replace(contract.input, fusion=fusion))


def _identify(training: Training) -> tuple[object, ...]:
    """Return what hardly two trainings share."""
    made_of = (training.data, training.network, training.recipe, training.seed)
    return (*made_of, training.temperature, training.bias)


def _open(model: str, run: Run) -> Detector:
    """Return the detector of `model`; `UsageError` where it is not of `run`, or has other views than it."""
    detector = Detector(model)
    spec, size = detector.contract.input, run.contract.input.size
    if run.contract.input.fit is Fit.TILES or spec.fit is Fit.TILES:
        name = model if spec.fit is Fit.TILES else run.path
        raise UsageError(f"--bridge: {name} looks at tiles; it goes with models of whole images")
    if len(spec.views) > 1 or spec.size != size:
        raise UsageError(
            f"{model}: is no file of one view of {size} px, as the pictures of {run.path} are; "
            f"make one of it: fakelens convert {quote(run.path)}"
        )
    ours, of_run = detector.contract.training, run.contract.training
    if ours.quantization_aware and not run.quantization_aware:  # such a stage is calibrated anew
        ours = replace(ours, temperature=of_run.temperature, bias=of_run.bias)
    if _identify(ours) != _identify(of_run):
        raise UsageError(
            f"--bridge: {model} was not made of {run.path}; after the second model give the run of MODEL, "
            "then that of the second model"
        )
    return detector


def _find_common(first: Run, second: Run) -> tuple[ImageU8, Labels]:
    """Return the validation pictures [n, size, size, 3] that both runs hold, and their labels [n].

    A picture that is real in one and fake in the other is not the same.
    """
    theirs = read_validation(second)
    others = set(map(_digest, theirs.images_u8, theirs.labels))
    validation = read_validation(first)
    rows = [
        row for row, key in enumerate(map(_digest, validation.images_u8, validation.labels)) if key in others
    ]
    return validation.images_u8[rows], validation.labels[rows]


def _digest(image_u8: ImageU8, label: int) -> tuple[int, bytes]:
    return int(label), hashlib.blake2b(image_u8.tobytes(), digest_size=16).digest()


def _score(detector: Detector, images_u8: ImageU8) -> Floats:
    """Return the logits [n] of the view of `detector`."""
    return to_logit(np.concatenate([detector.score(image[None]) for image in images_u8]))


def _match_tails(theirs: Floats, ours: Floats, border: float, label: int) -> float:
    """Return where as much of one sample [n] is above as of the other above `border`.

    By the line through the quantiles of their upper tails; `UsageError` where these say nothing of it. The
    samples are of `label`, for the message.
    """
    count = int(len(ours) * _TAIL)
    x, y = np.sort(theirs)[-count:], np.sort(ours)[-count:]
    width = x[-1] - x[0]
    if min(np.unique(x).size, np.unique(y).size) < _FEWEST_SCORES or abs(border - x).min() > width:
        raise UsageError(
            f"--bridge: of the {_SAID[label]} that both runs held out, hardly any comes near the border of "
            f"{_NAMES[label]}, so they cannot place it; {_REMEDY}"
        )
    slope, shift = np.polyfit(x, y, 1)
    return float(slope * border + shift)


def _check_shares(ours: npt.NDArray[np.bool_], theirs: npt.NDArray[np.bool_], label: int) -> None:
    """Raise `UsageError` unless about as many of the pictures [n] of `label` are beyond by either model."""
    shares = float(ours.mean()), float(theirs.mean())
    if abs(shares[0] - shares[1]) > max(_FARTHEST_APART, _PICTURES_APART / len(ours)):
        raise UsageError(
            f"--bridge: of the {_SAID[label]} that both runs held out {shares[0]:.0%} would be called "
            f"{_NAMES[label]}, by the second model {shares[1]:.0%}; {_REMEDY}"
        )


def _to_logit(p_fake: float) -> float:
    p_fake = min(max(p_fake, _SUREST), 1 - _SUREST)
    return math.log(p_fake / (1 - p_fake))
