"""The contract inside every fakelens model file: input, labels, decision, training, measured.

It travels as `fakelens.json`, an associated file of the `.tflite` (see `modelfile`). Reading is
strict: an unknown field, a wrong type or another schema version is an error, never a guess.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import dacite

from fakelens.edge_runtime.errors import ModelError

SCHEMA_VERSION = 2  # the newest; a file that uses none of its parts is written, and read, as schema 1
LABELS = ("real", "fake")  # class 1 is fake; a score is always P(fake)
MOST_VIEWS = 8


class Fit(StrEnum):
    """How an image is brought to the size of the input tensor."""

    RESIZE = "resize"  # the whole image is resized, aspect ratio not kept: for small-image models
    TILES = "tiles"  # tiles at native resolution, never resized: for photo models


class Pool(StrEnum):
    """How the scores of an image's tiles become one; see `tiles.pool_scores`."""

    MEAN = "mean"  # of the logits: for images that are fake as a whole
    TOP = "top"  # mean of the highest quarter of the logits: for images that are fake in places
    TEXTURE = "texture"  # mean of the logits, each weighed by the tile's texture; schema 2


@dataclass(frozen=True, kw_only=True)
class FitSpec:
    """An input tensor, raw RGB bytes of shape [1, size, size, 3], and how an image comes into it."""

    size: int  # px
    fit: Fit = Fit.RESIZE
    tiles: int = 1  # of one image, at most
    pool: Pool = Pool.MEAN


@dataclass(frozen=True, kw_only=True)
class ViewSpec(FitSpec):
    """One way in which the model looks at an image: a signature of the file with an input of its own."""

    name: str  # tiles, whole
    signature: str  # its key in the file; that of the first view is subgraph 0, which every reader runs


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """How the views become one: P(fake) = sigmoid(bias + sum of weight x logit of P(fake) of each view)."""

    weights: tuple[float, ...]  # in the order of the views, none below 0
    bias: float = 0.0


@dataclass(frozen=True, kw_only=True)
class InputSpec(FitSpec):
    """The input of the file: that of its first view, then all of its views; none are listed where it has one.

    A single view may be listed as well, where its P(fake) goes through a fusion.
    """

    views: tuple[ViewSpec, ...] = ()
    fusion: Fusion | None = None  # there where views are
    root: int = 0  # byte of the graph at which the root of all views lies; 0: it is the graph's own root


@dataclass(frozen=True, kw_only=True)
class ConditionLimits:
    """Beyond any of these there is nothing left to see in an image; see `condition`. None: not asked."""

    least_side: int | None = None  # px, of the shorter side
    least_texture: float | None = None  # grey levels
    least_sharpness: float | None = None  # d12
    most_blocking: float | None = None


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """What calling an image FAKE above `threshold` comes to on validation images."""

    threshold: float  # P(fake)
    false_alarms: float  # share of the real images
    found: float  # share of the fakes


@dataclass(frozen=True, kw_only=True)
class Decision:
    """From P(fake) to a verdict; all numbers come from validation data.

    FAKE at or above `threshold`, REAL below it, UNSURE inside [unsure_low, unsure_high].
    An empty band is written as unsure_low > unsure_high.
    """

    threshold: float = 0.5
    unsure_low: float = 1.0
    unsure_high: float = 0.0
    condition: ConditionLimits | None = None
    operating_points: tuple[OperatingPoint, ...] = ()  # by rising threshold


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A data set that training saw."""

    name: str
    digest: str  # of the sorted content digests of its images
    images: int


@dataclass(frozen=True, kw_only=True)
class Training:
    """Where the weights come from."""

    data: tuple[DataSource, ...] = ()
    licences: str = ""  # of the data, as far as they are known
    recipe: str = ""
    network: str = ""
    seed: int = 0
    parameters: int = 0
    sparsity: float = 0.0  # share of zeros among the prunable weights
    quantization: str = ""  # what the file holds: float32, float16, dynamic, int8
    quantization_aware: bool = False
    temperature: float = 1.0  # already folded into the last layer, as is the bias
    bias: float = 0.0  # of the logit of P(fake)
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One figure of the model card, measured on the very file that carries it."""

    metric: str  # as `fakelens bench` names it: accuracy, auc, ...
    value: float
    low: float  # 95% interval
    high: float
    n: int  # images
    data: str  # name of the data set
    split: str  # validation or test
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Everything a runtime, a person and an app need to know about a model file."""

    name: str
    input: InputSpec
    description: str = ""
    limits: str = ""  # what the model cannot see, in plain words
    labels: tuple[str, ...] = LABELS
    decision: Decision = Decision()
    training: Training = Training()
    measured: tuple[Measurement, ...] = ()
    graph_sha256: str = ""  # of the bytes before the associated files; set by `modelfile.pack_model`
    members_sha256: str = ""  # of labels and contract, as `modelfile` defines it; empty in older files
    schema: int = field(init=False)  # the oldest that has all of its parts

    def __post_init__(self) -> None:
        parts = self.input.views, self.decision.condition, self.decision.operating_points
        newer = self.input.pool is Pool.TEXTURE or any(parts)
        object.__setattr__(self, "schema", 2 if newer else 1)


def contract_to_json(contract: Contract) -> str:
    """Return `contract` as indented JSON with stable field order, without the parts that it does not have."""
    data = asdict(contract)
    for part, names in (
        ("input", ("views", "fusion", "root")),
        ("decision", ("condition", "operating_points")),
    ):
        for name in names:
            if not data[part][name]:
                del data[part][name]
    return json.dumps(data, indent=1)


def contract_from_json(text: str | bytes) -> Contract:
    """Return the contract in `text`; `ModelError` where it is not exactly one of a schema known here."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the contract is not valid JSON ({error})") from error
    if not isinstance(data, dict):
        raise ModelError("the contract is not a JSON object")
    schema = data.pop("schema", None)
    if type(schema) is not int or not 1 <= schema <= SCHEMA_VERSION:
        raise ModelError(
            f"the contract has schema {schema!r}, this fakelens reads 1 to {SCHEMA_VERSION}: "
            "install the fakelens release the model was made for"
        )
    try:
        contract = dacite.from_dict(Contract, freeze_lists(data), _STRICT)
    except (dacite.DaciteError, ValueError, OverflowError) as error:
        raise ModelError(f"the contract does not follow schema {schema}: {error}") from error
    if contract.schema > schema:
        raise ModelError(
            f"the contract does not follow schema {schema}: it has parts of schema {contract.schema}"
        )
    check_contract(contract)
    return contract


def check_contract(contract: Contract) -> None:
    """Raise `ModelError` where a field holds a value no runtime could use."""
    if contract.labels != LABELS:
        raise ModelError(f"the labels are {contract.labels}, expected {LABELS} in this order")
    _check_fit("input", contract.input)
    _check_views(contract.input)
    _check_decision(contract.decision)


def _check_fit(name: str, spec: FitSpec) -> None:
    if not 1 <= spec.size <= 4096:
        raise ModelError(f"the {name} size is {spec.size} px, expected 1 to 4096")
    if not 1 <= spec.tiles <= (1 if spec.fit is Fit.RESIZE else 1024):
        raise ModelError(
            f"{name}.tiles is {spec.tiles}, expected 1 with fit resize, 1 to 1024 with fit tiles"
        )


def _check_views(spec: InputSpec) -> None:
    if (spec.fusion is None) != (not spec.views) or len(spec.views) > MOST_VIEWS:
        raise ModelError(
            f"the input has {len(spec.views)} views, expected up to {MOST_VIEWS} with a fusion, or neither"
        )
    if spec.root < 0 or spec.root % 4 or (spec.root and not spec.views):
        raise ModelError(
            f"the root of all views is at byte {spec.root}, expected a multiple of 4, with views"
        )
    if spec.fusion is None:
        return
    first = spec.views[0]
    if (spec.size, spec.fit, spec.tiles, spec.pool) != (first.size, first.fit, first.tiles, first.pool):
        raise ModelError(f"the input is not that of the first view, {first.name!r}")
    for view in spec.views:
        _check_fit(f"{view.name!r} view", view)
    for what in ("name", "signature"):
        names = [getattr(view, what) for view in spec.views]
        if not all(names) or len(set(names)) < len(names):
            raise ModelError(f"the {what}s of the views are {names}, expected one of its own for each")
    weights = spec.fusion.weights
    if len(weights) != len(spec.views) or not all(0 <= weight < math.inf for weight in weights):
        raise ModelError(f"the fusion weights are {weights}, expected one of 0 or more for each view")
    if not math.isfinite(spec.fusion.bias):
        raise ModelError(f"the fusion bias is {spec.fusion.bias}, expected a finite number")


def _check_decision(decision: Decision) -> None:
    for name in ("threshold", "unsure_low", "unsure_high"):
        if not 0.0 <= getattr(decision, name) <= 1.0:
            raise ModelError(f"decision.{name} is {getattr(decision, name)}, expected 0 to 1")
    for name, limit in asdict(decision.condition or ConditionLimits()).items():
        if limit is not None and not 0 <= limit < math.inf:
            raise ModelError(f"decision.condition.{name} is {limit}, expected 0 or more")
    for point in decision.operating_points:
        if not all(0.0 <= value <= 1.0 for value in asdict(point).values()):
            raise ModelError(f"decision.operating_points holds {point}, expected shares of 0 to 1")


def freeze_lists(value: Any) -> Any:
    """Return decoded JSON or TOML with tuples for its lists, as frozen dataclasses hold them."""
    if isinstance(value, dict):
        return {name: freeze_lists(part) for name, part in value.items()}
    return tuple(map(freeze_lists, value)) if isinstance(value, list) else value


def _integer(value: object) -> object:
    if isinstance(value, bool):  # an int to Python, not to JSON
        raise ValueError(f"{value} where a number is expected")
    return value


def _number(value: object) -> object:
    value = _integer(value)
    return float(value) if isinstance(value, int) else value


_STRICT = dacite.Config(strict=True, cast=[Fit, Pool], type_hooks={float: _number, int: _integer})
