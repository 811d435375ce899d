"""The usual ways to scale pixels before a network: what `--scaling` names, and what is tried without it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fakelens.convert.own.config import Scaling
from fakelens.edge_runtime.pictures.preprocess import ImageU8

Floats = npt.NDArray[np.float32]

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of 0..1, red first
_CAFFE_MEAN = (103.939, 116.779, 123.68)  # of 0..255, blue first


@dataclass(frozen=True, kw_only=True)
class Affine:
    """A scaling as a 1 x 1 convolution: what comes out is pixel @ kernel + bias."""

    kernel: Floats  # [3, 3], of colours in and out
    bias: Floats  # [3]


def describe_scaling(scaling: Scaling) -> Affine:
    """Return `scaling` as a 1 x 1 convolution over raw RGB."""
    eye = np.eye(3, dtype=np.float32)
    if scaling is Scaling.CAFFE:
        return Affine(kernel=eye[:, ::-1].copy(), bias=-np.array(_CAFFE_MEAN, np.float32))
    factors, offsets = {
        Scaling.RAW: ((1.0,) * 3, (0.0,) * 3),
        Scaling.UNIT: ((1 / 255,) * 3, (0.0,) * 3),
        Scaling.SIGNED: ((1 / 127.5,) * 3, (-1.0,) * 3),
        Scaling.IMAGENET: (
            tuple(1 / 255 / std for std in _IMAGENET_STD),
            tuple(-mean / std for mean, std in zip(_IMAGENET_MEAN, _IMAGENET_STD, strict=True)),
        ),
    }[scaling]
    return Affine(kernel=eye * np.array(factors, np.float32), bias=np.array(offsets, np.float32))


def find_range(scaling: Scaling) -> tuple[float, float]:
    """Return the least and the greatest value that pixels take after `scaling`."""
    ends = np.stack([np.zeros(3, np.float32), np.full(3, 255, np.float32)])
    affine = describe_scaling(scaling)
    values = ends @ affine.kernel + affine.bias
    return float(values.min()), float(values.max())


def scale_images(images_u8: ImageU8, scaling: Scaling) -> Floats:
    """Return `images_u8` [n, size, size, 3] as the network takes them."""
    affine = describe_scaling(scaling)
    return np.asarray(images_u8.astype(np.float32) @ affine.kernel + affine.bias, np.float32)
