from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fakelens.benchmarks.studies.bare_loop import BareLoopResult, format_bare_loop, measure_bare_loop
from fakelens.benchmarks.timing.pictures import make_pictures
from fakelens.edge_runtime.errors import UsageError


@pytest.mark.parametrize("threads", [1, 2])
def test_a_check_and_the_bare_loop_are_timed_on_the_same_folder(
    pack_tile_model: Callable[..., Path], tmp_path: Path, threads: int
) -> None:
    make_pictures(tmp_path / "photos", 6, 40, 30)
    found = measure_bare_loop(pack_tile_model(4), tmp_path / "photos", images=0, rounds=2, threads=threads)
    assert (found.model, found.threads, found.images) == ("tiles", threads, 6)
    assert min(found.check_per_s, found.loop_per_s, found.cpu_ratio) > 0
    assert 0 < found.ratio_low <= found.ratio <= found.ratio_high


def test_images_that_the_bare_loop_would_have_to_resize_are_refused(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (20, 8)).save(tmp_path / "photos" / "wide.png")
    with pytest.raises(UsageError, match="20 x 8 px"):
        measure_bare_loop(model_file, tmp_path / "photos", images=0, rounds=1, threads=1)


def test_the_table_has_a_line_for_each_result() -> None:
    result = BareLoopResult(
        model="m",
        threads=1,
        images=9,
        check_per_s=1.0,
        loop_per_s=2.0,
        ratio=0.5,
        ratio_low=0.45,
        ratio_high=0.6,
        cpu_ratio=0.75,
    )
    assert (
        format_bare_loop([result]).splitlines()[-1]
        == "| `m` | 1 | 9 | 1.0 | 2.0 | 0.500 [0.450, 0.600] | 0.750 |"
    )
