import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import LabelledImage, Split
from fakelens.benchmarks.metrics import Interval
from fakelens.train.audit.dataset_audit import AuditResult, SplitCount
from fakelens.train.audit.duplicates import Copies
from fakelens.train.audit.findings import render_json, render_text, write_page
from fakelens.train.audit.probe import Clue, ProbeResult


def probe(auc: float, *clues: Clue) -> ProbeResult:
    return ProbeResult(auc=Interval(value=auc, low=auc - 0.01, high=auc + 0.01), images=1234, clues=clues)


@pytest.fixture
def result() -> AuditResult:
    leak = Copies(
        images=(
            LabelledImage(path=Path("d/train/fake/<a>.jpg"), label=1, split=Split.TRAIN),
            LabelledImage(path=Path("d/test/fake/b.jpg"), label=1, split=Split.TEST),
        )
    )
    return AuditResult(
        data=Path("d"),
        counts=(
            SplitCount(split=Split.TRAIN, real=9000, fake=1000),
            SplitCount(split=Split.TEST, real=100, fake=100),
        ),
        file_copies=(leak,),
        opened=1235,
        broken=("d/train/real/x.jpg: the file is empty",),
        small=(3, 0),
        tile_size=64,
        picture_copies=(),
        lookalikes=(replace(leak, images=tuple(replace(i, source=i.path.stem) for i in leak.images)),),
        metadata=probe(
            0.93,
            Clue(name="file type", auc=0.9, real="JPEG", fake="PNG"),
            Clue(name="width px", auc=0.52, real="1", fake="2"),
        ),
        pixels=None,
    )


def test_the_text_tells_everything_that_matters(result: AuditResult) -> None:
    text = render_text(result, 0.65)
    for part in (
        "AUC 0.930 [0.920, 0.940], n 1,234: GIVES THE CLASS AWAY",
        "DANGER  the files alone, no picture, tell real from fake with AUC 0.930 (JPEG against PNG: 1 fact",
        "DANGER  the same file in several splits, 1 time: tested on what was trained on",
        "REMEDY  fakelens audit d --equalize d-equal && fakelens train d-equal",
        "  JPEG against PNG: 1 fact, the strongest with AUC 0.900\n"
        "    0.900  file type  reals JPEG; fakes PNG",
        "not probed: too few images",
        "imbalance: 9,000 real, 1,000 fake in train",
        "1 in SEVERAL SPLITS",
        "d/train/fake/<a>.jpg = d/test/fake/b.jpg",
        "smaller than 64 px: 3 real, 0 fake",
        "d/train/real/x.jpg: the file is empty",
        "equal pictures in files of other bytes, of those opened: none",
        "pictures that look the same (recompressed, scaled), of those opened: 1 further copies of 1",
        "1 in several sources",
    ):
        assert part in text
    assert "width px" not in text  # no better than chance
    assert "BOTH CLASSES" not in text
    assert "within 0.95" in render_text(result, 0.95)


def test_of_many_copies_a_few_are_named_one_of_each_class_first(result: AuditResult) -> None:
    many = tuple(LabelledImage(path=Path(f"d/{n}"), label=int(n == 2000), split=None) for n in range(3000))
    text = render_text(replace(result, lookalikes=(Copies(images=many),)), 0.65)
    assert "    d/0 = d/2000 = d/1 = d/2 and 2,996 more\n" in text


def test_json_is_one_line_with_every_clue_and_copy(result: AuditResult) -> None:
    line = render_json(result)
    assert "\n" not in line
    fields = json.loads(line)
    assert fields["metadata"]["auc"]["value"] == 0.93
    assert [clue["name"] for clue in fields["metadata"]["clues"]] == ["file type", "width px"]
    assert fields["pixels"] is None
    assert fields["causes"]["metadata"] == [{"title": "JPEG against PNG", "facts": ["file type"]}]
    copy = {"path": "d/test/fake/b.jpg", "label": 1, "split": "test", "source": ""}
    assert fields["file_copies"][0]["images"][1] == copy
    assert fields["counts"][0] == {"split": "train", "real": 9000, "fake": 1000}


def test_the_page_stands_alone_and_escapes_names(
    result: AuditResult, tmp_path: Path, find_faults: Callable[[Path], list[str]]
) -> None:
    write_page(tmp_path / "page.html", result, 0.65)
    page = (tmp_path / "page.html").read_text()
    assert page.index('data-state="bad"') < page.index("fakelens train d-equal") < page.index("<table>")
    assert "GIVES THE CLASS AWAY" in page
    assert "JPEG against PNG: 1 fact" in page
    assert "test: d/test/fake/b.jpg" in page  # a near duplicate beside its copy
    assert "file type" in page
    assert "&lt;a&gt;.jpg" in page
    assert "http" not in page
    assert find_faults(tmp_path / "page.html") == []
