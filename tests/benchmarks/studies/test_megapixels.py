from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.studies.megapixels import measure_photo
from fakelens.benchmarks.timing.pictures import make_photo
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.pictures.preprocess import load_image


def test_the_photo_is_the_same_every_time_and_of_the_size_asked() -> None:
    photo = make_photo(320, 200)
    assert photo == make_photo(320, 200)
    assert load_image(photo).size == (320, 200)


def test_a_check_holds_decoding_and_inference(pack_tile_model: Callable[..., Path]) -> None:
    cost = measure_photo(Detector(pack_tile_model(6)), make_photo(1200, 900), 5)
    assert (cost.tiles, cost.runs) == (6, 5)
    assert min(cost.check_ms, cost.decode_ms, cost.infer_ms) > 0
    assert cost.ratio == pytest.approx(cost.check_ms / (cost.decode_ms + cost.infer_ms))
