"""A scan answers every picture once, wherever it is cut off and by however many machines it is done."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakelens.edge_runtime.answers.sinks import JsonSink
from fakelens.edge_runtime.check.batch import check_batch
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.files import digest_file
from fakelens.edge_runtime.scan.checker import Answer, CheckerSpec
from fakelens.edge_runtime.scan.ledger import LEDGER_NAME, read_ledger
from fakelens.edge_runtime.scan.merge import merge
from fakelens.edge_runtime.scan.part_format import PartFormat
from fakelens.edge_runtime.scan.report import make_report, render_report
from fakelens.edge_runtime.scan.results import Results, read_lines
from fakelens.edge_runtime.scan.run import ScanConfig, scan, stream
from fakelens.edge_runtime.scan.shard import Shard, parse_shard

COMMAND = Path(sys.executable).parent / "fakelens"
LEVELS = (10, 40, 128, 200, 220)
PICTURES = 30


@pytest.fixture
def config(
    tmp_path: Path,
    model_file: Path,
    save_grey: Callable[[Path, int], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> ScanConfig:
    """A list of pictures, one of them gone and one none, into parts of seven lines."""
    monkeypatch.chdir(tmp_path)
    names = [f"photos/{number}.png" for number in range(PICTURES)]
    for number, name in enumerate(names):
        save_grey(Path(name), LEVELS[number % len(LEVELS)])
    Path("photos/text.png").write_text("no image")
    Path("list.txt").write_text("\n".join([*names, "photos/gone.png", "", "photos/text.png"]) + "\n")
    return ScanConfig(
        inputs=["list.txt"], output=Path("out"), checker=CheckerSpec(model=str(model_file)), part_lines=7
    )


def read_parts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part*"))}


def test_the_lines_are_those_of_check_without_the_time_it_took(config: ScanConfig, model_file: Path) -> None:
    result = scan(config)
    assert result.counts == {
        "real": 12,
        "unsure": 6,
        "fake": 12,
        "error: not found": 1,
        "error: not an image": 1,
    }
    text = io.StringIO()
    names = Path("list.txt").read_text().split()
    check_batch(Detector(model_file), names, JsonSink(text))
    expected = [json.loads(line) for line in text.getvalue().splitlines()]
    for row in expected:
        row.pop("ms", None)
    found = [json.loads(line) for line in read_lines(Path("out"))]
    kinds = [row.pop("error_kind", None) for row in found]
    assert found == expected
    assert kinds[-2:] == ["not found", "not an image"]
    assert not any(kinds[:-2])
    assert [part.lines for part in read_ledger(Path("out"))] == [7, 7, 7, 7, 4]
    assert all(part.sha256 == digest_file(Path("out", part.name)) for part in read_ledger(Path("out")))


def test_wherever_a_kill_falls_the_next_run_ends_in_the_same_bytes(config: ScanConfig) -> None:
    scan(config)
    whole = read_parts(Path("out"))
    ledger = Path("out", LEDGER_NAME).read_bytes()
    for cut in (0, 1, 100, len(whole["part-00001.jsonl"]) // 2, len(whole["part-00001.jsonl"])):
        for name in list(whole)[1:]:
            Path("out", name).unlink()
        first, second = ledger.split(b"\n")[:2]
        Path("out", LEDGER_NAME).write_bytes(first + b"\n" + second[: cut % 50])
        Path("out/part-00001.open.jsonl").write_bytes(whole["part-00001.jsonl"][:cut])
        scan(config)
        assert read_parts(Path("out")) == whole
        assert Path("out", LEDGER_NAME).read_bytes() == ledger


def test_a_part_that_was_renamed_but_not_entered_is_entered(config: ScanConfig) -> None:
    scan(config)
    ledger = Path("out", LEDGER_NAME).read_bytes()
    whole = read_parts(Path("out"))
    Path("out", LEDGER_NAME).write_bytes(b"\n".join(ledger.split(b"\n")[:4]) + b"\n")
    scan(config)
    assert (read_parts(Path("out")), Path("out", LEDGER_NAME).read_bytes()) == (whole, ledger)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("scan.json", '"lines": 32', '"lines": "32"', "scan.json: damaged"),
        ("scan.json", '"names": 32', '"names": -1', "scan.json: damaged"),
        ("scan.json", '"shard": "0/1"', '"shard": "1"', "scan.json: damaged"),
        ("scan.json", '"inputs": [', '"inputs": 5, "_": [', "scan.json: damaged"),
        ("scan.json", '"root": ""', '"root": 5', "scan.json: damaged"),
        ("scan.json", '"started_in": "', '"started_in": 5, "_": "', "scan.json: damaged"),
        ("scan.json", '"needs": {}', '"needs": {"cats": 1}', "scan.json: damaged"),
        ("parts.jsonl", '"lines": 7', '"lines": "7"', "line 1 is damaged"),
        ("parts.jsonl", '"part-00000', '"../part-00000', "line 1 is damaged"),
        ("part-00000.jsonl", '"p_fake"', '"p"', "a line of its parts is damaged"),
        ("part-00000.jsonl", '{"path"', "\xff\0", "a line of its parts is damaged"),
    ],
)
def test_a_damaged_folder_of_results_is_called_so(
    config: ScanConfig, name: str, old: str, new: str, said: str
) -> None:
    scan(config)
    path = Path("out", name)
    assert old in path.read_text()
    path.write_bytes(path.read_text().replace(old, new, 1).encode("latin-1"))
    with pytest.raises(UsageError, match=said):
        render_report(make_report(Path("out"), 5))
    if not name.startswith("part-"):
        with pytest.raises(UsageError, match=said):
            scan(config)


def test_a_damaged_plan_is_called_so_and_the_end_of_the_open_part_may_be_anything(config: ScanConfig) -> None:
    scan(config)
    ledger = Path("out", LEDGER_NAME)
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    last = Path("out/part-00004.jsonl")
    last.write_bytes(last.read_bytes() + b"\xff\xfe\0\n")
    assert make_report(Path("out"), 5).lines == PICTURES + 2
    last.unlink()
    plan = Path("out/plan.txt").read_bytes()
    for damaged in (plan[:-30] + b"\0" * 30, plan[:-30] + b'["a", 1, 2, 3]\n'):
        Path("out/plan.txt").write_bytes(damaged)
        with pytest.raises(UsageError, match="plan is damaged"):
            scan(config)
    Path("out/plan.txt").unlink()
    with pytest.raises(UsageError, match="plan is gone"):
        scan(config)


def test_kill_9_loses_and_doubles_nothing(config: ScanConfig) -> None:
    """Killed for true, at moments that grow, until a run comes to its end."""
    Path("long.txt").write_text(Path("list.txt").read_text().replace("photos", "./photos") * 40)
    command = [str(COMMAND), "scan", "long.txt", "-o", "killed", "--model", str(config.checker.model)]
    command += ["--part-lines", "100", "--threads", "2", "--allow-errors", "10"]
    lines = Path("killed/part-00000.open.jsonl")
    killed = 0
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(3):
        before = count_lines(Path("killed"))
        end = time.monotonic() + 60
        while process.poll() is None and count_lines(Path("killed")) <= before and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    assert process.wait(120) == 0
    assert killed
    assert not lines.exists()
    scan(replace(config, inputs=["long.txt"], output=Path("whole"), part_lines=100))
    assert read_parts(Path("killed")) == read_parts(Path("whole"))


def count_lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("part-*.jsonl"))


def test_shards_are_disjoint_and_merge_to_all(config: ScanConfig) -> None:
    scan(config)
    for index in range(3):
        scan(replace(config, output=Path("shards"), shard=Shard(index=index, count=3)))
    lines, counts = merge([Path("shards")], Path("merged"))
    assert lines == PICTURES + 2
    assert counts.total() == lines
    assert sorted(read_lines(Path("merged"))) == sorted(read_lines(Path("out")))
    assert scan(replace(config, output=Path("merged"))).lines == lines  # nothing is left to do


def test_a_merge_of_what_does_not_belong_together_is_refused(config: ScanConfig) -> None:
    halves = [replace(config, output=Path("half"), shard=Shard(index=index, count=2)) for index in range(2)]
    scan(halves[0])
    with pytest.raises(UsageError, match=r"no results of shard 1/2; run `fakelens scan \.\.\. --shard 1/2`"):
        merge([Path("half")], Path("merged"))
    Path("more.txt").write_text(Path("list.txt").read_text() + "photos/other.png\n")
    os.replace("more.txt", "list.txt")  # noqa: PTH105
    scan(halves[1])
    with pytest.raises(UsageError, match=r"saw 33 names .* but .* 32 .*: the inputs changed"):
        merge([Path("half")], Path("merged"))
    shutil.rmtree("half/shard-00000-of-00002")
    scan(halves[0])
    part = next(Path("half").glob("*/part-00000.jsonl"))
    part.write_bytes(part.read_bytes().replace(b"real", b"fake"))
    with pytest.raises(UsageError, match="does not match its digest"):
        merge([Path("half")], Path("merged"))
    assert not Path("merged").exists()


def test_results_of_something_else_are_refused_and_both_named(
    config: ScanConfig, pixel_model_file: Path
) -> None:
    scan(config)
    other = replace(config, checker=CheckerSpec(model=str(pixel_model_file)))
    with pytest.raises(UsageError, match=r"results of model brightness .* list\.txt, not of model pixels"):
        scan(other)
    Path("other.txt").write_text("photos/1.png\n")
    with pytest.raises(UsageError, match=r"on list\.txt, not of .* on other\.txt"):
        scan(replace(config, inputs=["other.txt"]))
    with pytest.raises(UsageError, match="holds parts in jsonl, not parquet"):
        scan(replace(config, parts=PartFormat.PARQUET))
    with pytest.raises(UsageError, match="begun with --pixels-only False, not True"):
        scan(replace(config, checker=replace(config.checker, pixels_only=True)))
    with Path("list.txt").open("a") as file:
        file.write("photos/2.png\n")
    with pytest.raises(UsageError, match=r"list\.txt has changed since out was begun"):
        scan(config)


def test_a_scan_goes_on_only_below_the_root_that_it_was_begun_with(config: ScanConfig) -> None:
    below = [replace(config, checker=replace(config.checker, root=root)) for root in (".", "./", "photos")]
    scan(below[0])
    scan(below[1])  # the same folder
    with pytest.raises(UsageError, match=r"out was begun with --root \., not photos; give another -o"):
        scan(below[2])
    with pytest.raises(UsageError, match=r"out was begun with --root \., not none"):
        scan(config)
    header = json.loads(Path("out/scan.json").read_text())
    Path("out/scan.json").write_text(json.dumps({name: header[name] for name in header if name != "root"}))
    scan(config)  # a folder of an older release says nothing of it


@pytest.mark.parametrize(
    ("names", "root", "moves"),
    [
        (["photos"], "", False),
        ([], "", False),
        ([], "photos", False),
        ([], "{here}", True),
        (["{here}/photos"], "", True),
    ],
)
def test_relative_names_are_only_looked_for_in_the_folder_where_the_scan_was_begun(
    config: ScanConfig, names: list[str], root: str, *, moves: bool
) -> None:
    here = Path.cwd()
    inputs = [name.format(here=here) for name in names] or [str(here / "list.txt")]
    checker = replace(config.checker, root=root.format(here=here))
    config = replace(config, inputs=inputs, output=here / "out", checker=checker)
    lines = scan(config).lines
    (here / "photos" / "photos").mkdir()
    os.chdir(here / "photos")
    if moves:
        assert scan(config).lines == lines
        return
    said = rf"out was begun in {here}, and names such as photos/\S+ begin there, not in {here}/photos; run"
    with pytest.raises(UsageError, match=said):
        scan(config)


def test_a_slash_at_the_end_of_a_folder_makes_no_other_scan(config: ScanConfig) -> None:
    lines = scan(replace(config, inputs=["photos"])).lines
    assert scan(replace(config, inputs=["photos/"])).lines == lines


def test_a_scan_goes_on_where_its_folder_was_renamed(config: ScanConfig, tmp_path: Path) -> None:
    old, new, link = tmp_path / "old", tmp_path / "new", tmp_path / "link"
    old.mkdir()
    for name in ("photos", "list.txt"):
        Path(name).rename(old / name)
    link.symlink_to(old)
    os.chdir(old)
    lines = scan(config).lines
    os.chdir(link)
    assert scan(config).lines == lines
    old.rename(new)
    os.chdir(new)
    assert scan(config).lines == lines
    header = json.loads(Path("out/scan.json").read_text())
    assert header.pop("started_in") == str(old)
    old.mkdir()
    with pytest.raises(UsageError, match="was begun in"):
        scan(config)
    Path("out/scan.json").write_text(json.dumps(header))
    assert scan(config).lines == lines  # a folder of an older release says nothing of it


def test_shards_may_lie_below_other_roots(config: ScanConfig) -> None:
    Path("elsewhere").symlink_to(".")
    for index, root in enumerate(("", "elsewhere")):
        checker = replace(config.checker, root=root)
        scan(replace(config, checker=checker, output=Path("shards"), shard=Shard(index=index, count=2)))
    assert merge([Path("shards")], Path("merged"))[0] == PICTURES + 2


def test_an_empty_list_is_refused_and_leaves_nothing_behind(config: ScanConfig) -> None:
    Path("list.txt").write_text("\n\n")
    with pytest.raises(UsageError, match=r"list\.txt: no pictures; there is nothing to scan"):
        scan(config)
    assert [path.name for path in Path("out").iterdir()] == [".lock"]


@pytest.mark.parametrize("text", ["3/3", "-1/3", "1", "a/b", "0/0"])
def test_a_shard_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        parse_shard(text)


def test_a_full_disk_keeps_what_is_written(tmp_path: Path) -> None:
    results = Results(tmp_path, PartFormat.JSONL)
    results.add(Answer(line='{"verdict": "real"}', outcome="real"))
    results.add(Answer(line='{"verdict": "fake"}', outcome="fake"))
    with (
        Path("/dev/full").open("ab", buffering=0) as results._open,
        pytest.raises(UsageError, match="the disk is full; free some space and run the same command again"),
    ):
        results.flush()
    results.close()
    again = Results(tmp_path, PartFormat.JSONL)
    assert (again.done, dict(again.counts)) == (1, {"real": 1})
    with pytest.raises(UsageError, match="another scan writes there"):
        Results(tmp_path, PartFormat.JSONL)
    again.close()


def test_lines_that_come_together_are_written_together_and_none_is_kept_back_at_the_end(
    tmp_path: Path,
) -> None:
    results = Results(tmp_path, PartFormat.JSONL)
    lines = [f'{{"verdict": "real", "number": {number}}}' for number in range(500)]
    for line in lines:
        results.add(Answer(line=line, outcome="real"))
    assert results.done == 500
    assert count_lines(tmp_path) < 500  # the first at once, the others some times a second
    results.close()  # as after an error or Ctrl-C
    assert list(read_lines(tmp_path)) == lines
    again = Results(tmp_path, PartFormat.JSONL)
    time.sleep(0.06)
    again.add(Answer(line=lines[0], outcome="real"))  # none before it for a moment: nothing to wait for
    assert list(read_lines(tmp_path)) == [*lines, lines[0]]
    again.close()


def test_a_disk_that_takes_a_part_of_the_lines_keeps_the_whole_ones(tmp_path: Path) -> None:
    """By a pipe that is nearly full: it takes what fits, as such a disk does."""
    source, target = os.pipe()
    os.set_blocking(target, False)
    results = Results(tmp_path, PartFormat.JSONL)
    line = json.dumps({"verdict": "real", "path": "x" * 4000})
    results._open, results._next_write = os.fdopen(target, "wb", buffering=0), float("inf")
    for _ in range(100):
        results.add(Answer(line=line, outcome="real"))
    with pytest.raises(UsageError, match=r"the disk is full; .*: the first 16 lines are kept"):
        results.flush()
    assert os.read(source, 1 << 20).count(b"\n") == 16
    results.close()
    assert os.read(source, 1) == b""  # nothing is written twice
    os.close(source)


def test_parquet_parts_hold_the_same_lines(config: ScanConfig) -> None:
    pytest.importorskip("pyarrow", reason='needs "fakelens[parquet]"')
    scan(config)
    scan(replace(config, output=Path("columns"), parts=PartFormat.PARQUET))
    assert next(part.name for part in read_ledger(Path("columns"))) == "part-00000.parquet"
    assert list(read_lines(Path("columns"))) == list(read_lines(Path("out")))


def test_lines_go_to_a_stream_as_they_come(config: ScanConfig) -> None:
    scan(config)
    text = io.StringIO()
    stream(config, text)
    assert text.getvalue().splitlines() == list(read_lines(Path("out")))
