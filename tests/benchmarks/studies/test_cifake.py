from pathlib import Path

import pytest

from fakelens.benchmarks.studies.cifake import OBJECTS, PUBLISHED, name_object
from fakelens.edge_runtime.errors import UsageError


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("0001.jpg", "airplane"),
        ("7.jpg", "airplane"),
        ("0001 (2).jpg", "automobile"),
        ("0 (3).png", "bird"),
        ("0001 (9).jpg", "ship"),
        ("999 (10).jpg", "truck"),
    ],
)
def test_the_file_name_tells_what_is_shown(name: str, shown: str) -> None:
    assert name_object(Path("cifake/test/REAL") / name) == shown


@pytest.mark.parametrize("name", ["0001 (1).jpg", "0001 (11).jpg", "0001(2).jpg", "cat.jpg", "1 (2) (3).jpg"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not a name of CIFAKE"):
        name_object(Path(name))


def test_there_are_ten_objects() -> None:
    assert len(set(OBJECTS)) == len(OBJECTS) == 10


def test_published_models_have_a_source_and_a_plausible_figure() -> None:
    assert len({model.name for model in PUBLISHED}) == len(PUBLISHED)
    for model in PUBLISHED:
        assert model.source
        assert 0.9 < model.accuracy < 1
        assert model.size_bytes == 4 * model.parameters > 500_000
