"""A file of scores says all that the tables need, whoever wrote it; one that is wrong is one line."""

import csv
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import LabelledImage
from fakelens.benchmarks.scoring.checked_images import CheckedImages, check_images
from fakelens.benchmarks.scoring.delivery import Tier
from fakelens.benchmarks.scoring.scores_file import read_scores, write_scores
from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.errors import UsageError

LEFT_OUT = Path(__file__).parents[3] / "benchmarks" / "results" / "left_out"
HEADER = "digest,source,label,tier,p_fake"


@pytest.fixture
def checked(model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> CheckedImages:
    """Answers on four greys, one of them there twice."""
    images = [
        LabelledImage(path=save_grey(tmp_path / f"{place}.png", level), label=level // 128, source="greys")
        for place, level in enumerate((10, 120, 130, 250, 250))
    ]
    return check_images(str(model_file), images)


def test_what_is_written_is_read_to_the_last_digit(checked: CheckedImages, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    write_scores(path, checked)
    rows = list(csv.DictReader(path.open()))
    assert len(rows) == len(checked.images) * len(Tier)
    assert rows[0]["digest"] == hashlib.sha256(checked.images[0].path.read_bytes()).hexdigest()[:20]
    assert [row["tier"] for row in rows[:3]] == ["clean", "web", "hard"]
    p_fake = [float(row["p_fake"]) for row in rows]
    assert p_fake == pytest.approx([1 / (1 + math.exp(-float(row["whole"]))) for row in rows], abs=2e-3)

    read = read_scores(path)
    assert [(image.source, image.label) for image in read.images] == [
        (image.source, image.label) for image in checked.images
    ]
    assert read.labels.tolist() == checked.labels.tolist()
    for tier, answers in checked.tiers.items():
        assert read.tiers[tier].p_fake.tolist() == answers.p_fake.tolist()
        assert read.tiers[tier].answers == answers.answers


def test_the_file_of_another_detector_needs_few_columns(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text(
        "\ufeffname,p_fake,tier,label,source,digest\nx,1,CLEAN,fake,gan,AB\ny,0.25,clean,0,phone,CD\n"
    )
    read = read_scores(path)
    assert list(read.tiers) == [Tier.CLEAN]
    assert [(image.path.name, image.source, image.label) for image in read.images] == [
        ("ab", "gan", 1),
        ("cd", "phone", 0),
    ]
    assert read.tiers[Tier.CLEAN].answers == (Label.FAKE, Label.REAL)  # it has no verdicts: by its scores


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no column 'digest', expected digest, source, label, tier, p_fake and perhaps verdict"),
        ("digest,source,label,tier\n", "no column 'p_fake'"),
        (f"{HEADER},label\nab,s,1,clean,1,0\n", "has two columns 'label'; rename one of them or take it out"),
        (f"{HEADER}\n", "0 lines of one class or none"),
        (f"{HEADER}\nab,s,1,clean,1\n", "1 lines of one class or none"),
        (f"{HEADER}\n,s,1,clean,1\n", "line 2 has no digest"),
        (f"{HEADER}\nab,s,2,clean,1\n", "line 2 has label '2'; expected real, fake, 0 or 1"),
        (f"{HEADER}\nab,s,1,soft,1\n", "line 2 has tier 'soft'; expected clean, web, hard"),
        (f"{HEADER}\nab,s,1,clean,1\nab,s,1,web,1.5\n", "line 3 has p_fake '1.5'; expected a number from 0"),
        (f"{HEADER}\nab,s,1,clean,nan\n", "line 2 has p_fake 'nan'"),
        (f"{HEADER}\nab,s,1\n", "line 2 has tier ''"),
        (
            f"{HEADER},verdict\nab,s,1,clean,1,maybe\n",
            "line 2 has verdict 'maybe'; expected real, fake, unsure",
        ),
        (
            f"{HEADER}\nab,s,1,web,1\ncd,s,0,web,0\n",
            "2 of 2 images have no line of tier clean, the first is ab",
        ),
        (
            f"{HEADER}\nab,s,1,clean,1\nab,s,1,web,1\ncd,s,0,clean,0\n",
            "1 of 2 images have no line of tier web, the first is cd",
        ),
    ],
)
def test_a_bad_file_is_one_line(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        read_scores(path)
    assert str(error.value).startswith(f"{path}: ")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_no_file_and_no_text_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_scores(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no CSV"):
        read_scores(tmp_path / "binary.csv")


def test_detectors_that_are_compared_saw_the_same_pictures() -> None:
    ours, theirs = (read_scores(LEFT_OUT / name) for name in ("left-out.csv", "sahu65.csv"))
    pictures = [{(image.path, image.source, image.label) for image in read.images} for read in (ours, theirs)]
    assert pictures[0] > pictures[1]  # ours saw more of them
    assert list(ours.tiers) == list(theirs.tiers) == list(Tier)
