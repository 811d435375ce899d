"""The detectors that are compared: their packages, and the form of their weights."""

from dataclasses import dataclass
from enum import StrEnum

from fakelens.benchmarks.peers.environments import FAKELENS

TENSORFLOW = ("tensorflow", "tf-keras", "pillow")
_OPENCV = ("opencv-python-headless",)


class Weights(StrEnum):
    """The form a peer takes the model in; all are of the same weights."""

    FILE = "shipped .tflite"
    KERAS = "Keras .h5"  # the network that the file was converted from
    ONNX_INT8 = "int8 ONNX"  # made from the shipped file by tf2onnx
    ONNX_FLOAT = "float ONNX"  # made from the Keras network, by way of a float .tflite


class Role(StrEnum):
    """The part of a peer in the ratios."""

    MINE = "mine"
    KERAS_SCRIPT = "plain Keras script"
    BY_HAND = "by hand"  # a few lines around LiteRT, to compare throughput and cold start with
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One way to check images."""

    name: str
    adapter: str  # file in adapters/
    requirements: tuple[str, ...]
    weights: Weights
    role: Role = Role.OTHER


PEERS = (
    Peer(
        name="fakelens",
        adapter="fakelens_detector",
        requirements=(FAKELENS,),
        weights=Weights.FILE,
        role=Role.MINE,
    ),
    Peer(
        name="LiteRT by hand",
        adapter="litert",
        requirements=("ai-edge-litert", "pillow"),
        weights=Weights.FILE,
        role=Role.BY_HAND,
    ),
    Peer(
        name="Keras, file by file",
        adapter="keras_script",
        requirements=TENSORFLOW,
        weights=Weights.KERAS,
        role=Role.KERAS_SCRIPT,
    ),
    Peer(
        name="Keras, predict on batches",
        adapter="keras_predict",
        requirements=TENSORFLOW,
        weights=Weights.KERAS,
    ),
    Peer(
        name="tf.lite.Interpreter",
        adapter="tensorflow_lite",
        requirements=TENSORFLOW,
        weights=Weights.FILE,
    ),
    Peer(
        name="ONNX Runtime, int8",
        adapter="onnx_runtime",
        requirements=("onnxruntime", "pillow"),
        weights=Weights.ONNX_INT8,
    ),
    Peer(
        name="ONNX Runtime, float",
        adapter="onnx_runtime",
        requirements=("onnxruntime", "pillow"),
        weights=Weights.ONNX_FLOAT,
    ),
    Peer(name="OpenCV DNN, int8", adapter="opencv_dnn", requirements=_OPENCV, weights=Weights.ONNX_INT8),
    Peer(name="OpenCV DNN, float", adapter="opencv_dnn", requirements=_OPENCV, weights=Weights.ONNX_FLOAT),
    Peer(
        name="MediaPipe Tasks",
        adapter="mediapipe_tasks",
        requirements=("mediapipe", "pillow"),
        weights=Weights.FILE,
    ),
)
