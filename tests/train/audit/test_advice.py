from dataclasses import replace
from pathlib import Path

from fakelens.benchmarks.labelled import LabelledImage, Layout, Split
from fakelens.benchmarks.metrics import Interval
from fakelens.train.audit.advice import Level, advise, suggest_remedy
from fakelens.train.audit.dataset_audit import AuditResult, SplitCount
from fakelens.train.audit.duplicates import Copies
from fakelens.train.audit.equalize import EqualizeConfig
from fakelens.train.audit.probe import Clue, ProbeResult


def _probe(auc: float, *clues: Clue) -> ProbeResult:
    return ProbeResult(auc=Interval(value=auc, low=auc - 0.02, high=auc + 0.02), images=400, clues=clues)


FINE = AuditResult(
    data=Path("my data"),
    counts=(SplitCount(split=None, real=200, fake=200),),
    file_copies=(),
    opened=400,
    broken=(),
    small=(0, 0),
    tile_size=32,
    picture_copies=(),
    lookalikes=(),
    metadata=_probe(0.51),
    pixels=_probe(0.7),
    crop_px=256,
)
WIDE = Clue(name="width px", auc=0.99, real="1024", fake="512")


def test_nothing_found_is_said_and_has_no_remedy() -> None:
    advice = advise(FINE, 0.65)
    assert (advice.level, len(advice.cautions), advice.remedy) == (Level.FINE, 1, "")


def test_files_that_tell_the_class_are_danger_with_the_whole_command() -> None:
    leaking = replace(FINE, metadata=_probe(0.99, Clue(name="file type", auc=0.99, real="JPEG", fake="PNG")))
    advice = advise(leaking, 0.65)
    assert advice.level is Level.DANGER
    assert "JPEG against PNG: 1 fact" in advice.cautions[0].text
    assert advice.remedy == (
        "fakelens audit 'my data' --equalize 'my data-equal' && fakelens train 'my data-equal'"
    )
    sized = replace(leaking, metadata=_probe(0.99, WIDE), layout=Layout(real=("a",), fake=("b",)))
    assert advise(sized, 0.65).remedy.startswith(
        "fakelens audit 'my data' --real a --fake b --equalize 'my data-equal-256' --crop 256 && fakelens"
    )


def test_a_copy_is_not_equalized_twice() -> None:
    sized = replace(FINE, data=Path("equal"), metadata=_probe(0.99, WIDE))
    copied = EqualizeConfig(data=Path("data"), output=Path("equal"))
    assert suggest_remedy(sized, 0.65, copied).startswith(
        "fakelens audit data --equalize data-equal-256 --crop"
    )
    assert "choose others" in suggest_remedy(sized, 0.65, replace(copied, crop=256))


def test_a_data_set_that_was_equalized_before_is_not_sent_there_again() -> None:
    again = replace(
        FINE, equalized=True, metadata=_probe(0.9, Clue(name="size bytes", auc=0.9, real="2", fake="1"))
    )
    assert "choose others" in suggest_remedy(again, 0.65)
    assert suggest_remedy(replace(again, equalized=False), 0.65).startswith(
        "fakelens audit 'my data' --equalize"
    )
    sized = replace(again, metadata=_probe(0.99, WIDE))
    assert "--crop 256" in suggest_remedy(sized, 0.65)
    tables = Clue(name="jpeg tables", auc=0.9, real="quality 75", fake="quality 95")
    assert suggest_remedy(replace(again, metadata=_probe(0.9, tables)), 0.65).startswith("fakelens audit")


def test_copies_across_classes_and_splits_and_few_pictures_are_named() -> None:
    images = tuple(
        LabelledImage(path=Path(f"{split}.png"), label=label, split=split)
        for label, split in enumerate((Split.TRAIN, Split.TEST))
    )
    found = replace(
        FINE,
        lookalikes=(Copies(images=images),),
        counts=(SplitCount(split=None, real=2000, fake=50),),
        broken=("x: the file is empty",),
    )
    advice = advise(found, 0.65)
    said = [(caution.level, caution.text.split(",")[0].split(" are")[0]) for caution in advice.cautions]
    assert said == [
        (Level.DANGER, "pictures that look the same in several splits"),
        (Level.CARE, "pictures that look the same in both classes"),
        (Level.CARE, "50 fake pictures"),
        (Level.CARE, "2"),
        (Level.CARE, "1 file left out that cannot be read"),
    ]
