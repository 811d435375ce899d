from collections.abc import Callable
from pathlib import Path

import numpy as np

from fakelens.benchmarks.emulation.answers import answer_folder, infer
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.detection.detector import Detector


def test_an_answer_holds_the_scores_of_all_tiles_bit_for_bit(
    pack_tile_model: Callable[..., Path], tmp_path: Path
) -> None:
    make_pictures(tmp_path / "photos", 3, 20, 17)
    model = pack_tile_model(4)
    answers = list(answer_folder(str(model), tmp_path / "photos"))
    assert [answer.name for answer in answers] == ["0000.jpg", "0001.jpg", "0002.jpg"]
    assert len({answer.tensors for answer in answers}) == 3
    for answer in answers:
        verdict = Detector(model).check(tmp_path / "photos" / answer.name)
        scores = np.frombuffer(bytes.fromhex(answer.scores), "<f4")
        assert scores.tolist() == [region.p_fake for region in verdict.regions]
        assert (answer.p_fake, answer.verdict) == (verdict.p_fake, str(verdict.label))


def test_where_the_code_of_litert_lies_is_told(model_file: Path) -> None:
    areas = infer(str(model_file), 2)
    assert areas
    assert all(int(first, 16) < int(last, 16) for first, last in (area.split("-") for area in areas))
