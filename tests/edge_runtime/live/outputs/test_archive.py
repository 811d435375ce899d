"""The folder of recordings: named by time, the oldest go, nothing else is touched."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakelens.edge_runtime.live.outputs.archive import Archive

NOON = datetime(2026, 1, 2, 12, 0, 0, 345_678, tzinfo=UTC)


def record(archive: Archive, minutes: int, size: int = 1000) -> Path:
    folder = archive.add(NOON + timedelta(minutes=minutes))
    (folder / "clip.avi").write_bytes(bytes(size))
    archive.settle(folder)
    return folder


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_recording_is_named_by_its_utc_time(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "new" / "folder", 10_000)
    assert archive.add(NOON).name == "20260102T120000.345Z-fake"
    assert archive.add(NOON).name == "20260102T120000.345Z-fake-2"


def test_the_oldest_go_once_there_is_too_much(tmp_path: Path) -> None:
    archive = Archive(tmp_path, 3500)
    folders = [record(archive, minutes) for minutes in range(5)]
    assert [folder.exists() for folder in folders] == [False, False, True, True, True]


def test_those_of_earlier_runs_count_too(tmp_path: Path) -> None:
    earlier = [record(Archive(tmp_path, 3500), minutes) for minutes in range(3)]
    record(Archive(tmp_path, 2500), 3)
    assert [folder.exists() for folder in earlier] == [False, False, True]


def test_the_newest_stays_however_large(tmp_path: Path) -> None:
    archive = Archive(tmp_path, 1500)
    first, second = record(archive, 0), record(archive, 1, size=9000)
    assert not first.exists()
    assert second.exists()


def test_what_is_not_ours_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(bytes(9000))
    (tmp_path / "20260102T120000.345Z-fake.txt").write_text("a note")
    archive = Archive(tmp_path, 1500)
    for minutes in range(3):
        record(archive, minutes)
    assert list_names(tmp_path) == ["20260102T120000.345Z-fake.txt", "20260102T120200.345Z-fake", "holiday"]
