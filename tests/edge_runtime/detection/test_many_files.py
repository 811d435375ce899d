"""Many files: small ones go to a worker together."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from fakelens.edge_runtime.detection.checked_file import CheckedFile
from fakelens.edge_runtime.detection.many_files import _drop_images, group_files
from fakelens.edge_runtime.pictures.tiles import Region


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([1_000] * 20, [16, 4]),
        ([50_000] * 3, [1, 1, 1]),
        ([30_000, 40_000, 1_000, 90_000, 1_000], [1, 2, 1, 1]),
        ([], []),
    ],
)
def test_small_files_are_handed_to_a_worker_together(
    tmp_path: Path, sizes: list[int], groups: list[int]
) -> None:
    paths = [tmp_path / str(number) for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        path.write_bytes(bytes(size))
    found = list(group_files([*paths]))
    assert [len(group) for group in found] == groups
    assert [path for group in found for path in group] == paths


def test_only_the_images_are_dropped() -> None:
    result = CheckedFile(
        path="a.jpg",
        error="none",
        note="its end is missing",
        grid=(Region(left=0, top=0, size=8, p_fake=0.5),),
        image=Image.new("RGB", (8, 8)),
    )
    assert vars(_drop_images(result)) == vars(replace(result, image=None))
    assert set(vars(result)) == {"path", "verdict", "error", "note", "moments", "stills", "image", "grid"}
