"""The contract inside every fakelens model file: input, labels, decision, training, measured.

It travels as `fakelens.json`, an associated file of the `.tflite` (see `modelfile`). Reading is
strict: an unknown field, a wrong type or another schema version is an error, never a guess.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import dacite

from fakelens.edge_runtime.errors import ModelError
from fakelens.edge_runtime.strenum import StrEnum

SCHEMA_VERSION = 1
LABELS = ("real", "fake")  # class 1 is fake; a score is always P(fake)


class Fit(StrEnum):
    """How an image is brought to the size of the input tensor."""

    RESIZE = "resize"  # the whole image is resized, aspect ratio not kept: for small-image models
    TILES = "tiles"  # tiles at native resolution, never resized: for photo models


class Pool(StrEnum):
    """How the scores of an image's tiles become one; see `tiles.pool_scores`."""

    MEAN = "mean"  # of the logits: for images that are fake as a whole
    TOP = "top"  # mean of the highest quarter of the logits: for images that are fake in places


@dataclass(frozen=True, kw_only=True)
class InputSpec:
    """The input tensor: raw RGB bytes, shape [1, size, size, 3]."""

    size: int  # px
    fit: Fit = Fit.RESIZE
    tiles: int = 1  # of one image, at most
    pool: Pool = Pool.MEAN


@dataclass(frozen=True, kw_only=True)
class Decision:
    """From P(fake) to a verdict; all three numbers come from validation data.

    FAKE at or above `threshold`, REAL below it, UNSURE inside [unsure_low, unsure_high].
    An empty band is written as unsure_low > unsure_high.
    """

    threshold: float = 0.5
    unsure_low: float = 1.0
    unsure_high: float = 0.0


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
    schema: int = SCHEMA_VERSION


def contract_to_json(contract: Contract) -> str:
    """Return `contract` as indented JSON with stable field order."""
    return json.dumps(asdict(contract), indent=1)


def contract_from_json(text: str | bytes) -> Contract:
    """Return the contract in `text`; `ModelError` where it is not exactly one of this schema."""
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the contract is not valid JSON ({error})") from error
    if not isinstance(data, dict):
        raise ModelError("the contract is not a JSON object")
    if data.get("schema") != SCHEMA_VERSION or data["schema"] is True:
        raise ModelError(
            f"the contract has schema {data.get('schema')!r}, this fakelens reads {SCHEMA_VERSION}: "
            "install the fakelens release the model was made for"
        )
    try:
        contract = dacite.from_dict(Contract, _freeze(data), _STRICT)
    except (dacite.DaciteError, ValueError, OverflowError) as error:
        raise ModelError(f"the contract does not follow schema {SCHEMA_VERSION}: {error}") from error
    check_contract(contract)
    return contract


def check_contract(contract: Contract) -> None:
    """Raise `ModelError` where a field holds a value no runtime could use."""
    decision = contract.decision
    if contract.labels != LABELS:
        raise ModelError(f"the labels are {contract.labels}, expected {LABELS} in this order")
    if not 1 <= contract.input.size <= 4096:
        raise ModelError(f"the input size is {contract.input.size} px, expected 1 to 4096")
    if not 1 <= contract.input.tiles <= (1 if contract.input.fit is Fit.RESIZE else 1024):
        raise ModelError(
            f"input.tiles is {contract.input.tiles}, expected 1 with fit resize, 1 to 1024 with fit tiles"
        )
    for name in ("threshold", "unsure_low", "unsure_high"):
        if not 0.0 <= getattr(decision, name) <= 1.0:
            raise ModelError(f"decision.{name} is {getattr(decision, name)}, expected 0 to 1")


def _freeze(value: Any) -> Any:
    """Turn lists into tuples, which is what the contract holds."""
    if isinstance(value, dict):
        return {name: _freeze(part) for name, part in value.items()}
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def _integer(value: object) -> object:
    if isinstance(value, bool):  # an int to Python, not to JSON
        raise ValueError(f"{value} where a number is expected")
    return value


def _number(value: object) -> object:
    value = _integer(value)
    return float(value) if isinstance(value, int) else value


_STRICT = dacite.Config(strict=True, cast=[Fit, Pool], type_hooks={float: _number, int: _integer})
