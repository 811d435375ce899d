from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.edge_runtime.modelfile.contract import Fit
from fakelens.train.config import DataConfig
from fakelens.train.data.histories import count_histories, find_keys


def list_images(*groups: tuple[str, int, int]) -> list[LabelledImage]:
    """Images of sources and classes, so many of each."""
    return [
        LabelledImage(path=Path(source, str(label), f"{label}-{number}.png"), label=label, source=source)
        for source, label, count in groups
        for number in range(count)
    ]


def test_the_rarer_class_has_as_many_histories_in_all_and_a_rare_source_more_of_its_own() -> None:
    images = list_images(("a", 0, 12), ("b", 1, 4))
    config = DataConfig(size=16, fit=Fit.TILES, histories=2)
    assert count_histories(images, config) == {("a", 0): 2, ("b", 1): 6}
    images = list_images(("a", 0, 4), ("b", 1, 4), ("c", 1, 1))
    even = DataConfig(size=16, fit=Fit.TILES, histories=2, even=0.5)
    assert count_histories(images, even) == {("a", 0): 2, ("b", 1): 2, ("c", 1): 4}


def test_a_fake_has_the_key_of_the_photo_that_it_is_named_after() -> None:
    photo, twin, other = (
        LabelledImage(path=Path("a", folder, name), label=label, source="a")
        for folder, name, label in (("real", "x.png", 0), ("fake", "x.jpg", 1), ("fake", "y.jpg", 1))
    )
    keys = find_keys([photo, twin, other], ["11" * 32, "22" * 32, "33" * 32])
    assert keys[0] == keys[1] != keys[2] == "33" * 32
