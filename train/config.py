"""Configuration of a training run: frozen dataclasses, with a default for each key."""

from dataclasses import dataclass, field
from enum import StrEnum

from fakelens.benchmarks.layouts import Layout
from fakelens.edge_runtime.modelfile.contract import Fit, InputSpec, Pool

VIEWS = (1, 2, 4)  # the image; and its mirror image; and both moved up and left by a pixel


class ImageCache(StrEnum):
    """Where training has its pictures."""

    DISK = "disk"  # memory stays small whatever the number of pictures
    MEMORY = "memory"  # fastest


class Precision(StrEnum):
    """Arithmetic of the forward and backward pass; weights are always float32."""

    AUTO = "auto"  # bfloat16 where the hardware multiplies it natively, else float32
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Optimizer(StrEnum):
    """Who turns gradients into steps in the float stage; the stages after it use AdamW."""

    ADAMW = "adamw"
    MUON = "muon"  # needs batch norm after every convolution


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """How images are read and split."""

    size: int = 32  # px, of the network's input
    fit: Fit = Fit.RESIZE
    tiles: int = 16  # of one image, at most, when it is judged (fit tiles)
    histories: int = 3  # of a training image, more of rare sources (fit tiles, or delivered)
    delivered: bool = False  # whether whole images have histories too (fit resize); see `recompression`
    retouched: float = 0.0  # share of the histories that touch a photo up, of fakes half as many
    gentle: int = 0  # px; images up to this side get one more history, of little compression (delivered)
    zoomed: float = 0.0  # share of the histories that show a part, down to native resolution (delivered)
    even: float = 0.0  # 0..1, how far rare sources get more histories, at most five times as many
    cuts: int = 4  # tiles of each history (fit tiles)
    most: int = 0  # images of one source and class, at most, in train and val; 0 takes all
    leave_out: tuple[str, ...] = ()  # sources, or `source/fake`, that are not trained on; see `leave_out`
    left_out: str = ""  # a CSV file of digests of files not to be used, or a list of the package
    validation: float = 0.1  # share cut from train where DATA has no val/
    test: float = 0.1  # share cut from train where DATA has no splits at all
    score_test: bool = True  # whether training ends with the figures of the test part; off while one tries
    layout: Layout = field(default_factory=Layout)  # what of DATA is real and what fake
    split_seed: int = 0  # of the cut, so that runs of several seeds are judged on the same images

    @property
    def has_histories(self) -> bool:
        """Whether training sees images after random histories, and never as their files have them."""
        return self.fit is Fit.TILES or self.delivered


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Which network, and the knobs that some of them have."""

    name: str = "compact"
    width: int = 16  # channels of the first stage (classic, compact); multiples of 16 train fastest
    stages: tuple[int, ...] = (16, 48, 96)  # channels of each stage (residual)
    blocks: int = 1  # residual blocks a stage (residual)
    views: int = 1  # of an image that the finished graph asks for, one of VIEWS, at their arithmetic
    dropout: float = 0.0
    alpha: float = 0.35  # width multiplier (mobilenetv2)
    weights: str = "none"  # imagenet (mobilenetv2, lite0), a start, a finished run, a file (mobilenetv2)
    cut: int = 16  # blocks kept of 16 (lite0): 11 end at 112 channels, 8 at 80
    # Of the last block kept (lite0), 6 as ImageNet knows it: with 2 to 5 the channels that weigh most stay.
    expansion: int = 6
    frozen: int = 0  # blocks that keep their weights, with the stem (lite0 from imagenet or a start)
    frozen_norms: bool = False  # whether batch norms keep weights and statistics of the start (lite0)
    levels: tuple[int, ...] = ()  # blocks, 1 is the first, whose means the head sees beside the last (lite0)
    half: bool = False  # whether the head sees the image at half its size too, by the same layers (lite0)
    reduce: int = 1  # times that the image is reduced before the first layer, by averaging (lite0)
    enlarge: int = 1  # times that it is enlarged instead, bilinearly (lite0): ImageNet has no small pictures
    stem_stride: int = 2  # of the first convolution (lite0): 1 sees every pixel at four times the cost
    hidden: int = 0  # units of a hidden layer of the head, which learns first (lite0); see HeadConfig


NETWORK_KEYS = {  # of NetworkConfig, by the networks that read them; name and views are for all
    "classic": {"width", "dropout"},
    "compact": {"width", "dropout"},
    "lite0": {
        "cut",
        "enlarge",
        "expansion",
        "frozen",
        "frozen_norms",
        "half",
        "hidden",
        "levels",
        "reduce",
        "stem_stride",
        "weights",
        "dropout",
    },
    "mobilenetv2": {"alpha", "weights", "dropout"},
    "residual": {"stages", "blocks", "dropout"},
    "traces": {"stages", "blocks", "dropout"},
}


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Random changes of training images; they never touch validation or test images."""

    flip: bool = True  # left-right, in half of the images
    shift: int = 2  # px, at most, in each direction, edges reflected
    cutmix: float = 0.0  # share of the images that get a rectangle of another one, and as much of its target
    degrade: float = 0.0  # share of the images that are recompressed, noisy, rescaled or exposed otherwise


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """The optimization of one stage."""

    epochs: int = 30  # 0: the head alone, by `probe` or `network.hidden`
    batch_size: int = 256
    optimizer: Optimizer = Optimizer.ADAMW
    learning_rate: float = 2e-3  # peak of the cosine
    weight_decay: float = 1e-2
    warmup_epochs: float = 1.0
    label_smoothing: float = 0.0
    ema: float = 0.999  # decay of the weight average that is evaluated and kept; 0 keeps the raw weights
    patience: int = 15  # epochs without a better validation loss before stopping; 0 never stops
    precision: Precision = Precision.AUTO
    skip_easy: float = 0.0  # share of the images below the mean loss that an epoch leaves out (InfoBatch)
    skip_until: float = 0.8  # share of the epochs that skip
    crop: int = 0  # px, side of the random crops that the first epochs train on; 0 for whole images
    crop_until: float = 0.5  # share of the epochs that train on crops
    repeats: int = 1  # times that an epoch goes through the images
    norm_momentum: float = 0.0  # of the batch norms' moving statistics; 0 leaves the network's own
    # L2 penalty of the logistic regression that the head begins with, from a start of the distance to its own
    # head; 0: at random, or as the start has it.
    probe: float = 0.0
    # Share of the weights of the run it goes on from, in those it ends with (WiSE-FT, Wortsman et al. 2022).
    blend: float = 0.0
    # 0..1: 0 counts each image alike, 1 each source of a class, .5 a source by the square root of its images.
    alike: float = 0.0
    # NAME=FACTOR: how often the images of a source, or of those below a folder, count.
    weigh: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HeadConfig:
    """The training of a head with a hidden layer, `network.hidden`, on what the layers below tell."""

    members: int = 1  # heads that learn by themselves and share the units; their mean logit is what stays
    epochs: int = 15
    batch_size: int = 256
    learning_rate: float = 1e-3  # peak of the cosine
    weight_decay: float = 0.05
    dropout_in: float = 0.2  # of the inputs
    dropout: float = 0.5  # of the hidden units


@dataclass(frozen=True, kw_only=True)
class DistillConfig:
    """Learning from the answers of larger or finished models."""

    # Run directories, model files or release models, made from the same data; `clip` is a probe on CLIP.
    teachers: tuple[str, ...] = ()
    share: float = 0.7  # of the teachers' answer in what is to be learned; the rest is the label
    corrected: bool = False  # whether an answer on the wrong side of .5 counts as .5
    wrong_photos: float = 0.5  # what it counts as then for photos: from unsure, .5, to the label, 0


@dataclass(frozen=True, kw_only=True)
class PruneConfig:
    """Magnitude pruning on a polynomial schedule, then fine-tuning (TFMOT)."""

    sparsity: float = 0.0  # share of zeros in each pruned kernel; 0 skips the stage
    epochs: int = 6
    learning_rate: float = 5e-4
    ramp: float = 0.6  # share of the stage in which the sparsity grows


@dataclass(frozen=True, kw_only=True)
class QatConfig:
    """Quantization-aware training (TFMOT); keeps the zeros of a pruned network."""

    enabled: bool = False
    epochs: int = 3
    learning_rate: float = 2e-4


@dataclass(frozen=True, kw_only=True)
class DecisionConfig:
    """How validation data become the answers."""

    false_alarms: float = 1.0  # share of the real validation images that may be called fake, at most
    unsure_share: float = 0.05  # of the validation images, those nearest to the threshold, are UNSURE


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that determines a run, but the data."""

    name: str = "model"
    description: str = ""
    limits: str = ""  # for the model card, in plain words
    licences: str = ""  # of the data, for the model card
    recipe: str = ""
    seed: int = 0
    data: DataConfig = field(default_factory=DataConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    head: HeadConfig = field(default_factory=HeadConfig)
    distill: DistillConfig = field(default_factory=DistillConfig)
    prune: PruneConfig = field(default_factory=PruneConfig)
    qat: QatConfig = field(default_factory=QatConfig)
    decision: DecisionConfig = field(default_factory=DecisionConfig)


def describe_input(config: DataConfig, pool: Pool = Pool.MEAN) -> InputSpec:
    """Return the part of the contract that follows from how the data are read."""
    tiles = config.tiles if config.fit is Fit.TILES else 1
    return InputSpec(size=config.size, fit=config.fit, tiles=tiles, pool=pool)
