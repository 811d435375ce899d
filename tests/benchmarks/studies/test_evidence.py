"""The tables of a photo model, on greys with figures known by arithmetic; bright is fake."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import Split
from fakelens.benchmarks.scoring.checked_images import CheckedImages, check_images
from fakelens.benchmarks.studies.evidence import (
    choose_images,
    tabulate_coverage,
    tabulate_left_out,
    tabulate_sets,
    tabulate_sources,
    tabulate_whole,
)
from fakelens.edge_runtime.errors import UsageError
from tests.conftest import RunModule


@pytest.fixture
def sources(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """Two sources of reals, one of them with a bright one; two of fakes, one with a dark one."""
    parts = {
        "camera/test/real": (20, 30, 40, 60),
        "phone/test/real": (50, 200),
        "phone/test/fake": (230, 240),
        "made/gan/test/fake": (190, 210, 45),
        "made/gan/train/fake": (255,),
        "camera/train/real": (0,),
    }
    for folder, levels in parts.items():
        for level in levels:
            save_grey(tmp_path / "data" / folder / f"{level}.png", level)
    return tmp_path / "data"


@pytest.fixture
def checked(model_file: Path, sources: Path) -> CheckedImages:
    return check_images(str(model_file), choose_images(sources, None))


def find_line(table: str, *start: str) -> list[str]:
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {' | '.join(start)} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_only_test_images_count(checked: CheckedImages) -> None:
    assert len(checked.images) == 11
    assert {image.source for image in checked.images} == {"camera", "phone", "made/gan"}


def test_another_part_can_be_chosen(sources: Path) -> None:
    images = choose_images(sources, None, Split.TRAIN)
    assert {(image.source, image.label) for image in images} == {("made/gan", 1), ("camera", 0)}


def test_each_source_and_class_has_its_line(checked: CheckedImages) -> None:
    table = tabulate_sources(checked)
    assert find_line(table, "camera", "real")[2:5] == ["4", "-", "-"]
    assert find_line(table, "camera", "real")[5].startswith("0% /")
    assert find_line(table, "phone", "real")[5].startswith("50% /")
    assert find_line(table, "phone", "fake")[3].startswith("1.000")  # brighter than all reals
    gan = find_line(table, "made/gan", "fake")
    assert gan[3].startswith("0.778")  # (5 + 6 + 3) of 18 pairs
    assert gan[5].startswith("67% /")


def test_the_whole_and_its_surest_part(checked: CheckedImages) -> None:
    whole = tabulate_whole(checked)
    assert find_line(whole, "6 real, 5 fake")[1:] == ["clean", "web", "hard"]
    assert find_line(whole, "photos called FAKE")[1].startswith("16.67%")
    assert find_line(whole, "fakes called FAKE")[1].startswith("80.00%")
    assert find_line(whole, "fakes called REAL")[1].startswith("20.00%")
    assert find_line(whole, "UNSURE of photos")[1].startswith("0.00%")
    coverage = find_line(tabulate_coverage(checked), "right")
    assert coverage[1].startswith("81.82%")  # 9 of 11
    assert len(coverage) == 7


def test_sets_are_ranked_against_sets_at_every_tier(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    """Of the made fakes one is as dark as the second darkest photo of the phone."""
    sets = {"phone/real": (10, 30, 50, 70, 90), "made/fake": (30, 200, 210, 220, 230), "few/fake": (5,)}
    for folder, levels in sets.items():
        for place, level in enumerate(levels):
            save_grey(tmp_path / folder / f"{place}.png", level)
    table = tabulate_sets(check_images(str(model_file), choose_images(tmp_path, None)))
    assert find_line(table, "1 sets of fakes, 1 of photos, of 5 or more")[1:] == ["clean", "web", "hard"]
    mean, worst = (find_line(table, f"AUC, {name}") for name in ("mean of all pairs", "worst pair"))
    assert all(cell.startswith("0.860 [") for cell in mean[1:])  # 4 of 5, and one of one and a half in 5
    assert all(cell.startswith("0.860 [") and cell.endswith("] made / phone") for cell in worst[1:])
    assert find_line(table, "fakes found at 5% false alarms")[1].startswith("66.67% [")  # 4 of 6
    assert find_line(table, "the same, mean of the sets")[1] == "80.00%"


def test_sources_left_out_are_ranked_against_the_photos_left_out(checked: CheckedImages) -> None:
    alone = tabulate_left_out(["made/gan"], checked)  # it has no real images: against those of all others
    assert find_line(alone, "made/gan")[2].startswith("0.778")
    assert "6 real, 3 fake" in alone
    both = tabulate_left_out(["made/gan", "camera"], checked)
    assert "4 real, 3 fake" in both
    assert find_line(both, "made/gan")[2].startswith("0.917")  # 11 of 12 pairs
    assert find_line(tabulate_left_out(["phone/fake"], checked), "phone")[2].startswith("1.000")


def test_a_limit_holds_for_each_source_and_class(sources: Path) -> None:
    counts: dict[tuple[str, int], int] = {}
    for image in choose_images(sources, 2):
        counts[image.source, image.label] = counts.get((image.source, image.label), 0) + 1
    assert counts == {("camera", 0): 2, ("phone", 0): 2, ("phone", 1): 2, ("made/gan", 1): 2}


def test_the_command_prints_tables_or_one_line(
    run_module: RunModule, model_file: Path, sources: Path
) -> None:
    command = ["fakelens.benchmarks.studies.evidence", model_file, "--data", sources]
    done = run_module(*command, "--without", f"made/gan={model_file}")
    assert done.stdout.count("\n| --- |") == 6
    unseen = run_module(*command, "--split", "train")
    assert "| 1 real, 1 fake |" in unseen.stdout
    failed = run_module(*command, "--without", "x=y")
    assert failed.returncode == 2
    assert failed.stderr.startswith("fakelens: --without x: no test images of that source")
    assert failed.stderr.count("\n") == 1


def test_the_page_of_a_file_of_scores_is_that_of_the_model(
    run_module: RunModule, model_file: Path, sources: Path, tmp_path: Path
) -> None:
    module, table = "fakelens.benchmarks.studies.evidence", tmp_path / "scores.csv"
    done = run_module(module, model_file, "--data", sources, "--scores", table)
    again = run_module(module, "--from-scores", table)
    assert (again.returncode, again.stderr, again.stdout) == (0, "", done.stdout)
    few = tmp_path / "few.csv"  # a manifest of some of them, as a stranger would get it
    few.write_text("\n".join(line for line in table.read_text().splitlines() if "made/gan" not in line))
    chosen = run_module(module, model_file, "--data", sources, "--manifest", few)
    assert "| 6 real, 2 fake |" in chosen.stdout
    refused = run_module(module, model_file, "--data", sources, "--manifest", few, "--split", "train")
    assert "8 of 8 scored pictures are not there" in refused.stderr
    clean = tmp_path / "clean.csv"  # another detector's, which saw the pictures as they are
    rows = [line.split(",")[:5] for line in table.read_text().splitlines()]
    clean.write_text("\n".join(",".join(row) for row in rows if row[3] in ("tier", "clean")))
    theirs = run_module(module, "--from-scores", clean)
    assert "| 6 real, 5 fake | clean |\n" in theirs.stdout
    assert "| source | class | images | AUC | FAKE / UNSURE / REAL |\n" in theirs.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give MODEL and --data DATA, or --from-scores CSV"),
        (("photo",), "give MODEL and --data DATA, or --from-scores CSV"),
        (("--from-scores", "none.csv"), "none.csv: cannot be read (No such file or directory)"),
        (("photo", "--from-scores", "none.csv"), "MODEL is of no use with --from-scores"),
        (("--split", "test", "--from-scores", "none.csv"), "--split is of no use with --from-scores"),
        (("--manifest", "a.csv", "--from-scores", "none.csv"), "--manifest is of no use with --from-scores"),
        (("photo", "--data", ".", "--manifest", "a.csv", "--limit", "3"), "--limit and --manifest exclude"),
        (("--without", "a=b", "--from-scores", "none.csv"), "--without is of no use with --from-scores"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run_module: RunModule, arguments: tuple[str, ...], reason: str
) -> None:
    failed = run_module("fakelens.benchmarks.studies.evidence", *arguments)
    assert failed.returncode == 2
    assert failed.stderr.startswith(f"fakelens: {reason}")
    assert failed.stderr.count("\n") == 1


def test_nothing_readable_is_an_error(model_file: Path, sources: Path) -> None:
    images = choose_images(sources, None)
    for image in images:
        image.path.write_text("no image")
    with pytest.raises(UsageError, match="none of 11 images can be read"):
        check_images(str(model_file), images)
