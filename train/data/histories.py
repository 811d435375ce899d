"""How many random histories an image gets, and what they follow from."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage
from fakelens.edge_runtime.modelfile.contract import LABELS
from fakelens.train.config import DataConfig

_MOST_BOOST = 5.0  # times as many histories for an image of a rare source


def count_histories(images: Sequence[LabelledImage], config: DataConfig) -> dict[tuple[str, int], int]:
    """Return how many histories an image of each source and class gets.

    With `config.even` rare sources get more, by a power of how much rarer they are than the median; without,
    the rarer class gets more, so that tiles of both classes balance.
    """
    counts = Counter((image.source, image.label) for image in images)
    if config.even:
        middle = float(np.median(list(counts.values())))
        boosts = {group: min(_MOST_BOOST, (middle / count) ** config.even) for group, count in counts.items()}
        return {group: max(1, round(config.histories * boost)) for group, boost in boosts.items()}
    of_class = [
        max(1, sum(count for (_, own), count in counts.items() if own == label))
        for label in range(len(LABELS))
    ]
    return {group: round(config.histories * max(of_class) / of_class[group[1]]) for group in counts}


def find_keys(found: Sequence[LabelledImage], digests: Sequence[str]) -> list[str]:
    """Return for each image what its random histories follow from.

    A fake that is called by the digest of its original shares the original's; two images of one name in one
    source, as pairs have, share what the name says.
    """
    names = Counter((image.source, image.path.stem) for image in found)
    originals = {digest[:DIGEST_LENGTH] for digest in digests}
    keys = []
    for image, digest in zip(found, digests, strict=True):
        stem = image.path.stem
        paired = names[image.source, stem] > 1 or (image.label and stem[:DIGEST_LENGTH] in originals)
        keys.append(hashlib.sha256(stem.encode(errors="surrogateescape")).hexdigest() if paired else digest)
    return keys
