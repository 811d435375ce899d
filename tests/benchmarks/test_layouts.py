from collections import Counter
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import find_labelled, list_splits
from fakelens.benchmarks.layouts import Layout, read_name
from fakelens.benchmarks.splits import Split
from fakelens.benchmarks.unclear_layouts import LayoutError
from fakelens.edge_runtime import run_layout
from fakelens.edge_runtime.errors import UsageError


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        ("0_real", "1_fake"),
        ("nature", "ai"),
        ("training_real", "training_fake"),
        ("Real Images", "AI Images"),
        ("reals", "FAKES"),
        ("RealArt", "AiArtData"),
        ("real", "AIGenerated"),
        ("human", "artificial"),
        ("Celeb-real", "Celeb-synthesis"),
        ("YouTube-real", "Celeb-synthesis"),
        ("original_sequences/youtube/c23/000", "manipulated_sequences/Deepfakes/c23/000_003"),
        ("real_vs_fake/real-vs-fake/real", "real_vs_fake/real-vs-fake/fake"),
    ],
)
def test_layouts_of_known_data_sets_are_found(tmp_path: Path, real: str, fake: str) -> None:
    found = find_labelled(_touch(tmp_path, f"{real}/a.png", f"{fake}/b.png", "notes/c.png"))
    assert [(image.path.name, image.label, image.split) for image in found] == [
        ("a.png", 0, None),
        ("b.png", 1, None),
    ]


@pytest.mark.parametrize("name", ["real_vs_fake", "reality", "data", "0", "train", "gpt_image", "人物"])
def test_other_names_say_no_class(name: str) -> None:
    assert read_name(name)[0] is None


def test_sources_below_splits_and_splits_below_sources(tmp_path: Path) -> None:
    _touch(
        tmp_path,
        *(
            f"{s}/{c}/{k}/a.png"
            for s in ("train", "val")
            for c in ("cat", "car")
            for k in ("0_real", "1_fake")
        ),
    )
    assert Counter((image.source, image.split) for image in find_labelled(tmp_path)) == {
        (source, split): 2 for source in ("cat", "car") for split in (Split.TRAIN, Split.VAL)
    }
    below = _touch(
        tmp_path / "b", *(f"sd/imagenet_ai/{s}/{k}/a.png" for s in ("train", "val") for k in ("ai", "nature"))
    )
    assert {(image.source, image.split) for image in find_labelled(below)} == {
        ("sd/imagenet_ai", Split.TRAIN),
        ("sd/imagenet_ai", Split.VAL),
    }


def test_splits_in_the_names_of_classes_and_below_them(tmp_path: Path) -> None:
    names = _touch(
        tmp_path / "a", *(f"{s}_{k}/a.png" for s in ("training", "test") for k in ("real", "fake"))
    )
    assert list_splits(names) == [Split.TRAIN, Split.TEST]
    below = _touch(tmp_path / "b", *(f"{k}/{s}/a.png" for s in ("train", "test") for k in ("real", "fake")))
    assert list_splits(below) == [Split.TRAIN, Split.TEST]


def test_a_source_called_like_a_class_is_a_source(tmp_path: Path) -> None:
    found = find_labelled(
        _touch(tmp_path, *(f"{s}/{k}/a.png" for s in ("generated_faces", "photos") for k in ("real", "fake")))
    )
    assert Counter((image.source, image.label) for image in found) == {
        (source, label): 1 for source in ("generated_faces", "photos") for label in (0, 1)
    }


def test_flags_name_folders_at_any_depth_or_by_path(tmp_path: Path) -> None:
    data = _touch(tmp_path, "camera/a.png", "old/scans/b.png", "mj/c.png", "x/sd/train/d.png", "x/y/e.png")
    layout = Layout(real=("Camera", "old/scans"), fake=("mj", "sd"))
    assert [(image.path.name, image.label) for image in find_labelled(data, layout=layout)] == [
        ("a.png", 0),
        ("b.png", 0),
        ("c.png", 1),
        ("d.png", 1),
    ]
    with pytest.raises(
        UsageError, match=r"--fake flux: no such folder in .* \(found camera/, mj/, old/, x/\)"
    ):
        find_labelled(data, layout=Layout(real=("camera",), fake=("flux",)))
    with pytest.raises(UsageError, match="both name mj: a folder has one class"):
        find_labelled(data, layout=Layout(real=("mj",), fake=("mj/",)))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["camera/a.png", "mj 6/b.png"],
            r"unclear .* \(found camera/, mj 6/\); add --real camera --fake 'mj 6', or the other",
        ),
        (["photos/a.png", "mj/b.png"], r"add --real photos --fake mj, or the other way round"),
        (["real/a.png", "mj/b.png"], r"\(found mj/, real/\); add --real real --fake mj$"),
        (["real/a.png", "sd/b.png", "mj/c.png"], r"add --real real --fake mj --fake sd$"),
        (
            ["train/0/a.png", "train/1/b.png", "test/1/c.png"],
            r"\(found 0/, 1/\); add --real 0 --fake 1, or",
        ),
        (["train/a/1.png", "train/b/1.png", "test/a/1.png"], r"\(found a/, b/\); add --real a --fake b, or"),
        (["train/real/a.png", "train/mj/b.png", "test/real/c.png"], r"add --real real --fake mj$"),
        (["photos/a.png", "ai/b.png"], r"\(found ai/, photos/\); add --real photos --fake ai$"),
        (["list.csv", "images/a.png"], r"no real/ and fake/ in it, but list.csv; add --list .*list.csv"),
        (["cats/a.png"], r"no real/ and fake/ in it \(found cats/ alone\); make a folder for each class"),
        (["Celeb-real/a.mp4", "Celeb-synthesis/b.mp4"], r"Celeb-real: no images but 1 videos; cut frames"),
    ],
)
def test_what_is_unclear_is_said_with_the_options_to_add(
    tmp_path: Path, names: list[str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        find_labelled(_touch(tmp_path, *names))


def test_the_error_keeps_the_options_apart_for_whoever_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(LayoutError) as caught:
        find_labelled(_touch(tmp_path, "camera/a.png", "mj/b.png"))
    assert (caught.value.flags, caught.value.doubt) == ("--real camera --fake mj", True)


def test_a_run_directory_is_no_source_and_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pictures = [f"{source}/{name}/a.png" for source in ("a", "b") for name in ("real", "fake")]
    kept = [f"run/calibration/{name}/a.png" for name in ("real", "fake")]
    _touch(tmp_path, *pictures, *kept, f"run/{run_layout.CONFIG}", f"run/{run_layout.SOURCE}")
    with caplog.at_level("INFO", "fakelens"):
        assert {image.source for image in find_labelled(tmp_path)} == {"a", "b"}
        find_labelled(tmp_path)
    assert caplog.messages == [f"{tmp_path}: 1 run directory of fakelens train skipped"]


def test_an_address_is_not_fetched_from() -> None:
    with pytest.raises(UsageError, match="https://a/b: nothing is fetched from the net; download it"):
        find_labelled(Path("https://a/b"))
