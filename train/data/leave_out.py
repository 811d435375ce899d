"""Sources that training does not see, with what `synthesize` made of their photos: `data.leave_out`.

A fake made of a photo holds its content, its scaling and its compression: with it, the source is not unseen.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage, Split, find_labelled
from fakelens.edge_runtime.contract import LABELS
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.data.arrays import digest_files
from fakelens.train.data.epoch import Rows


def leave_out(
    splits: Mapping[Split, Rows], found: Sequence[LabelledImage], data: Path, names: Sequence[str]
) -> dict[Split, Rows]:
    """Return `splits`, rows of `found`, without the sources of `data` that end in one of `names`.

    A name like `source/fake` is one class of a source. Fakes go with the photo that they were made of:
    `synthesize` names them after its digest. Comes after decoding, so that what was decoded for all sources
    serves any choice of them. Raises `UsageError` where there is no such source.
    """
    every = find_labelled(data) if names else []  # those beyond a limit have fakes as well
    gone = {image for name in names for image in _find_source(every, name)}
    digests, _ = digest_files([image.path for image in gone if not image.label])
    originals = {digest[:DIGEST_LENGTH] for digest in digests if digest}
    kept = np.array(
        [image not in gone and image.path.stem[:DIGEST_LENGTH] not in originals for image in found], bool
    )
    return {split: rows[kept[rows]] for split, rows in splits.items()}


def _find_source(images: Sequence[LabelledImage], name: str) -> list[LabelledImage]:
    of_name = [
        image
        for image in images
        if f"/{image.source}".endswith(f"/{name}")
        or f"/{image.source}/{LABELS[image.label]}".endswith(f"/{name}")
    ]
    if not of_name:
        there = ", ".join(sorted({image.source for image in images if image.source})) or "none"
        raise UsageError(f"data.leave_out: there is no source {name} (there are: {there})")
    return of_name
