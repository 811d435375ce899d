"""The pictures that a file of scores names by their digests, so that others can measure the same ones."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from fakelens.benchmarks.labelled import DIGEST_LENGTH, LabelledImage
from fakelens.edge_runtime.errors import UsageError


def find_pictures(
    listed: Sequence[LabelledImage], there: Sequence[LabelledImage], data: Path
) -> list[LabelledImage]:
    """Return the image among `there`, of `data`, of each `listed` one, whose path is its digest.

    `UsageError` unless all of them are there, in the class that is listed: a file may lie in both.
    """
    by_digest = {(digest_file(image.path), image.label): image for image in there}
    lacking = [image for image in listed if (image.path.name, image.label) not in by_digest]
    if lacking:
        raise UsageError(
            f"{data}: {len(lacking)} of {len(listed)} scored pictures are not there, the first is "
            f"{lacking[0].path.name} of {lacking[0].source}; give the folder and the --split that were scored"
        )
    return [by_digest[image.path.name, image.label] for image in listed]


def digest_file(path: Path) -> str:
    """Return the beginning of the SHA-256 of a file that names it in lists and files of scores."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]
