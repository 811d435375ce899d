import logging
import shutil
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.train.audit.dataset_audit import (
    AuditConfig,
    AuditResult,
    audit,
)
from fakelens.train.audit.giveaways import check_metadata, warn_of_giveaways
from tests.train.conftest import write_pictures

COUNT = 40


@pytest.fixture(scope="module")
def png_against_jpeg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("formats")
    write_pictures(data / "real", COUNT, ".jpg")
    write_pictures(data / "fake", COUNT, ".png")
    return data


@pytest.fixture(scope="module")
def found(png_against_jpeg: Path) -> AuditResult:
    return audit(AuditConfig(data=png_against_jpeg))


@pytest.fixture
def alike(tmp_path: Path) -> Path:
    """Both classes of one kind in one format."""
    for label in ("real", "fake"):
        write_pictures(tmp_path / "alike" / label, COUNT, ".jpg", quality=85)
    return tmp_path / "alike"


def test_png_against_jpeg_is_found_and_named(found: AuditResult) -> None:
    assert found.metadata is not None
    assert found.metadata.auc.value > 0.99
    assert found.metadata.auc.low <= found.metadata.auc.value <= found.metadata.auc.high
    assert found.metadata.clues[0].sentence == "file type: reals JPEG; fakes PNG"


def test_the_gate_names_the_clue_and_the_remedy(found: AuditResult) -> None:
    with pytest.raises(GateError, match=r"fakes PNG.*over --max-auc 0.65: do this") as raised:
        check_metadata(found, 0.65, "do this")
    assert "\n" not in str(raised.value)
    check_metadata(found, 1.0, "do this")


def test_files_alike_are_chance_in_both_probes(alike: Path) -> None:
    result = audit(AuditConfig(data=alike))
    assert result.metadata is not None
    assert result.pixels is not None
    assert result.metadata.auc.value == pytest.approx(0.5, abs=0.15)
    assert result.pixels.auc.value == pytest.approx(0.5, abs=0.15)
    check_metadata(result, 0.65, "")


def test_jpeg_tables_are_named_by_their_quality(tmp_path: Path) -> None:
    write_pictures(tmp_path / "real", COUNT, ".jpg", quality=75)
    write_pictures(tmp_path / "fake", COUNT, ".jpg", quality=95)
    probe = audit(AuditConfig(data=tmp_path)).metadata
    assert probe is not None
    assert probe.clues[0].sentence == "jpeg tables: reals quality 75; fakes quality 95"


def test_pixel_statistics_tell_grey_from_coloured_pictures(alike: Path) -> None:
    for path in (alike / "fake").iterdir():
        Image.open(path).convert("L").convert("RGB").save(path, quality=85)
    probe = audit(AuditConfig(data=alike)).pixels
    assert probe is not None
    assert probe.auc.value > 0.99
    assert "saturation" in {clue.name for clue in probe.clues[:4]}


def test_copies_do_not_straddle_the_folds_of_a_probe(tmp_path: Path) -> None:
    """A file's size tells it from all others: with its copy among the training files it is known."""
    for label in ("real", "fake"):
        for path in write_pictures(tmp_path / label, COUNT, ".png"):
            for number in range(6):
                shutil.copy(path, path.with_stem(f"{number}-{path.stem}"))
    probe = audit(AuditConfig(data=tmp_path)).metadata
    assert probe is not None
    assert probe.auc.value < 0.68


def test_copies_are_found_within_and_across_classes_and_splits(tmp_path: Path) -> None:
    for seed, split in enumerate(("train", "test")):
        for label in ("real", "fake"):
            write_pictures(tmp_path / split / label, 5, ".png", seed=seed)
    train = sorted((tmp_path / "train" / "real").iterdir())
    shutil.copy(train[0], tmp_path / "train" / "real" / "within.png")
    shutil.copy(train[1], tmp_path / "train" / "fake" / "liar.png")
    shutil.copy(train[2], tmp_path / "test" / "real" / "leak.png")
    Image.open(train[3]).save(tmp_path / "test" / "real" / "again.bmp")
    result = audit(AuditConfig(data=tmp_path))
    crossing = [(group.crosses_classes, group.crosses_splits) for group in result.file_copies]
    assert sorted(crossing) == [(False, False), (False, True), (True, False)]
    assert [[i.path.name for i in g.images] for g in result.picture_copies] == [[train[3].name, "again.bmp"]]
    assert result.picture_copies[0].crosses_splits


def test_broken_files_are_listed_and_the_rest_is_audited(alike: Path) -> None:
    real = alike / "real"
    victim = min(real.iterdir())
    victim.write_bytes(victim.read_bytes()[:400])
    (real / "text.jpg").write_text("no image")
    (real / "empty.jpg").touch()
    (real / "bomb.png").write_bytes(_write_bomb(60_000))
    result = audit(AuditConfig(data=alike))
    assert len(result.broken) == 4
    reasons = ("damaged or incomplete", "not an image", "is empty", "limit of 128 megapixels")
    for name, reason in zip((victim.name, "text.jpg", "empty.jpg", "bomb.png"), reasons, strict=True):
        assert [line for line in result.broken if name in line and reason in line], name
    assert result.metadata is not None
    assert result.metadata.images == 2 * COUNT - 1
    assert result.counts[0].real == COUNT + 3


def _write_bomb(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def test_the_limit_opens_so_many_of_each_class_always_the_same(alike: Path) -> None:
    config = AuditConfig(data=alike, limit=12)
    first, again = audit(config), audit(config)
    assert first == again
    assert first.opened == 24
    assert first.metadata is not None
    assert first.metadata.images == 24


def test_images_smaller_than_a_tile_are_counted_by_class(alike: Path) -> None:
    Image.fromarray(np.zeros((60, 20, 3), np.uint8)).save(alike / "fake" / "narrow.png")
    assert audit(AuditConfig(data=alike, tile_size=48)).small == (0, 1)


def test_a_tile_of_no_size_is_refused(alike: Path) -> None:
    with pytest.raises(UsageError, match="--tile-size is 0, expected 1 px or more"):
        audit(AuditConfig(data=alike, tile_size=0))


def test_too_few_images_are_not_probed_but_looked_at(tmp_path: Path) -> None:
    path = write_pictures(tmp_path / "real", 1, ".png")[0]
    (tmp_path / "fake").mkdir()
    shutil.copy(path, tmp_path / "fake")
    result = audit(AuditConfig(data=tmp_path))
    assert (result.metadata, result.pixels) == (None, None)
    assert result.file_copies[0].crosses_classes
    check_metadata(result, 0.5, "")


@pytest.mark.parametrize(("classes", "message"), [((), "no real/ and fake/"), (("real",), "no fake/ folder")])
def test_without_both_classes_it_says_so_in_one_line(
    tmp_path: Path, classes: tuple[str, ...], message: str
) -> None:
    for name in classes:
        write_pictures(tmp_path / name, 2, ".png")
    with pytest.raises(UsageError, match=message) as raised:
        audit(AuditConfig(data=tmp_path))
    assert "\n" not in str(raised.value)


def test_a_warning_before_training_names_clue_and_remedy(
    png_against_jpeg: Path, caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_giveaways(png_against_jpeg)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "file type: reals JPEG; fakes PNG" in caplog.text
    assert f"fakelens audit {png_against_jpeg} --equalize {png_against_jpeg}-equal" in caplog.text


def test_no_warning_where_files_are_alike(alike: Path, caplog: pytest.LogCaptureFixture) -> None:
    (alike / "real" / "text.jpg").write_text("no image")
    warn_of_giveaways(alike)
    assert caplog.records == []


def test_a_probe_within_chance_gives_nothing_away(found: AuditResult) -> None:
    assert found.metadata is not None
    doubtful = replace(found.metadata, auc=replace(found.metadata.auc, value=0.7, low=0.45))
    check_metadata(replace(found, metadata=doubtful), 0.65, "")
