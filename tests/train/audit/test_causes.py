from fakelens.benchmarks.metrics import Interval
from fakelens.train.audit.causes import Family, find_causes
from fakelens.train.audit.probe import Clue, ProbeResult


def _probe(**facts: tuple[float, str, str]) -> ProbeResult:
    clues = tuple(
        Clue(name=name.replace("_", " "), auc=auc, real=real, fake=fake)
        for name, (auc, real, fake) in facts.items()
    )
    return ProbeResult(auc=Interval(value=0.9, low=0.8, high=1.0), images=100, clues=clues)


def test_what_follows_from_the_file_type_is_one_cause_with_it() -> None:
    causes = find_causes(
        _probe(
            file_type=(1.0, "JPEG", "PNG (98%), JPEG (2%)"),
            jpeg_tables=(0.99, "quality 75", "none"),
            bytes_per_pixel=(0.97, "1", "3"),
            other_chunks=(0.9, "APP0", "none"),
            exif=(0.7, "present", "none"),
            width_px=(0.52, "1", "2"),
        )
    )
    assert [(cause.title, len(cause.facts)) for cause in causes] == [("JPEG against PNG", 4), ("metadata", 1)]
    assert causes[0].sentence == "JPEG against PNG: 4 facts, the strongest with AUC 1.000"


def test_dimensions_take_the_size_of_files_and_stand_apart_from_quality() -> None:
    causes = find_causes(
        _probe(
            width_px=(0.9, "1024", "512"),
            height_px=(0.8, "768", "512"),
            size_bytes=(0.88, "1", "2"),
            jpeg_tables=(0.6, "quality 75", "quality 95"),
            bytes_per_pixel=(0.95, "1", "2"),
        )
    )
    assert [(cause.family, len(cause.facts)) for cause in causes] == [
        (Family.COMPRESSION, 1),  # it tells more than the tables: no mere consequence of theirs
        (Family.DIMENSIONS, 3),
        (Family.ENCODING, 1),
    ]
    assert causes[-1].title == "JPEG quality and tables"


def test_no_probe_has_no_causes() -> None:
    assert find_causes(None) == ()
