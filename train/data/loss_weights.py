"""What each image weighs in the loss, so that neither the larger class nor the larger source decides."""

import numpy as np
import numpy.typing as npt

from fakelens.edge_runtime.modelfile.contract import LABELS


def class_weights(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the loss weight of each class, [2]: inverse to its share, 1 for both where they balance."""
    counts = np.bincount(labels, minlength=len(LABELS))
    return (len(labels) / (len(LABELS) * counts)).astype(np.float32)


def source_weights(labels: npt.NDArray[np.uint8], sources: npt.NDArray[np.str_]) -> npt.NDArray[np.float32]:
    """Return weights [n] by which every source of a class counts alike; their mean is 1 in each class."""
    weights = np.ones(len(labels))
    for label in np.unique(labels):
        of_class = labels == label
        _, group, counts = np.unique(sources[of_class], return_inverse=True, return_counts=True)
        weights[of_class] = of_class.sum() / (len(counts) * counts[group])
    return weights.astype(np.float32)
