from pathlib import Path

import numpy as np

from fakelens.edge_runtime.pictures.preprocess import load_image
from fakelens.train.fakes.photos import export_photos


def test_export_gives_enough_readable_photos_for_three_splits(tmp_path: Path) -> None:
    photos = export_photos(tmp_path / "new" / "folder")
    assert len(photos) >= 12
    assert {path.parent for path in photos} == {tmp_path / "new" / "folder"}
    assert all(min(load_image(path).size) >= 300 for path in photos)


def test_export_holds_each_scene_once(tmp_path: Path) -> None:
    photos = export_photos(tmp_path)
    names = [path.stem for path in photos]
    assert len(set(names)) == len(names)
    assert sum(name.startswith("motorcycle") for name in names) == 1  # the package has a stereo pair
    assert len({np.asarray(load_image(path)).tobytes() for path in photos}) == len(photos)


def test_export_is_repeatable(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in export_photos(tmp_path)]
    assert [path.read_bytes() for path in export_photos(tmp_path)] == first
