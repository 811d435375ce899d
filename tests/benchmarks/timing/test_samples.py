from pathlib import Path

from PIL import Image

from fakelens.benchmarks.labelled import find_labelled
from fakelens.benchmarks.timing.samples import choose_sample, digest_names, make_sample


def test_made_photos_are_jpegs_always_the_same_and_gone_afterwards() -> None:
    contents = []
    for _ in range(2):
        with make_sample() as sample:
            contents.append([path.read_bytes() for path in sample.paths])
            with Image.open(sample.paths[0]) as image:
                assert (image.format, image.size) == ("JPEG", (1024, 768))
        assert not any(path.exists() for path in sample.paths)
    assert contents[0] == contents[1]
    assert len(set(contents[0])) == len(contents[0])


def test_a_sample_of_data_has_both_classes_and_names_the_files(data: Path) -> None:
    images = find_labelled(data)
    sample = choose_sample(images, data)
    assert len(sample.paths) == 16
    assert sum("FAKE" in path.parts for path in sample.paths) == 8
    assert choose_sample(images, data) == sample
    sample.paths[0].write_bytes(b"another size")
    assert choose_sample(images, data).name != sample.name


def test_the_digest_tells_other_files_but_not_another_order(data: Path) -> None:
    images = find_labelled(data)
    assert digest_names(images, data) == digest_names(images[::-1], data)
    assert digest_names(images, data) != digest_names(images[1:], data)
