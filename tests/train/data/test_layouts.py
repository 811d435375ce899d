from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.benchmarks.labelled import LabelledImage, Split
from fakelens.benchmarks.layouts import Layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.train.config import DataConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.data.layouts import describe_layout, name_video, naming_command, place_data
from fakelens.train.settings import config_from_dict, config_to_dict, load_config


def _fill(folder: Path, count: int, seed: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng([seed, number]).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:03}.png")


def test_two_folders_anywhere_stand_for_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(tmp_path / "mine" / "camera", 1, 0)
    _fill(tmp_path / "other" / "mj", 1, 1)
    monkeypatch.chdir(tmp_path)
    data, layout = place_data(None, Layout(real=("mine/camera",), fake=("other/mj/",)))
    assert (data, layout) == (tmp_path, Layout(real=("mine/camera",), fake=("other/mj",)))
    assert describe_layout(data, layout) == f"{tmp_path}: camera/ is real, mj/ is fake (2 sources)"
    _, layout = place_data(Path("mine"), Layout(real=("mine/camera",), fake=("mj",)))
    assert layout.real == ("camera",)
    for names, message in (
        (Layout(), "DATA is missing"),
        (Layout(real=("mine/camera",)), "--fake is missing"),
        (Layout(real=("nowhere",), fake=("other/mj",)), "nowhere: no such folder"),
        (Layout(real=("mine",), fake=("mine/camera",)), "mine: holds another folder"),
        (Layout(list_file="no.csv"), "no.csv: no such list"),
        (Layout(path_column="a"), "add --list FILE"),
    ):
        with pytest.raises(UsageError, match=message):
            place_data(None, names)


def test_the_whole_command_is_named(tmp_path: Path) -> None:
    data = tmp_path / "my set"
    for name in ("camera", "mj"):
        _fill(data / name, 1, 0)
    wanted = r"write `fakelens train '.*my set' --real camera --fake mj`, or the other way round"
    with pytest.raises(UsageError, match=wanted), naming_command("train", data):
        describe_layout(data, Layout())


def test_folders_beside_the_classes_are_not_left_out_silently(tmp_path: Path) -> None:
    for name in ("real", "fake", "mask", "flux/deep", "notes"):
        _fill(tmp_path / name, 1, 0)
    (tmp_path / "notes" / next((tmp_path / "notes").iterdir()).name).unlink()
    assert describe_layout(tmp_path, Layout()) == (
        f"{tmp_path}: real/ is real, fake/ is fake (not used: flux/; --real or --fake with its name adds one)"
    )
    assert describe_layout(tmp_path, Layout(real=("real",), fake=("fake",))) == ""


def test_of_one_class_alone_the_other_is_not_described(tmp_path: Path) -> None:
    for name in ("train/fake", "test/fake"):
        _fill(tmp_path / name, 1, 0)
    assert describe_layout(tmp_path, Layout()) == f"{tmp_path}: fake/ is fake (split into train, test)"


def test_splits_inside_classes_are_no_names_of_classes(tmp_path: Path) -> None:
    for name in ("nature/train", "nature/test", "ai/train", "ai/test"):
        _fill(tmp_path / "a" / name, 1, 0)
    assert describe_layout(tmp_path / "a", Layout()) == (
        f"{tmp_path / 'a'}: nature/ is real, ai/ is fake (split into train, test)"
    )
    for name in ("real/train", "real/test", "fake/train", "fake/test"):
        _fill(tmp_path / "b" / name, 1, 0)
    assert describe_layout(tmp_path / "b", Layout()) == (
        f"{tmp_path / 'b'}: real/ is real, fake/ is fake (split into train, test)"
    )
    for name in ("REAL", "FAKE"):
        _fill(tmp_path / "c" / name, 1, 0)
    assert describe_layout(tmp_path / "c", Layout()) == ""


def test_a_layout_is_a_part_of_the_configuration_and_survives_it() -> None:
    config = load_config(None, {"data.layout.real": ("a",), "data.layout.fake": ("b", "c")})
    assert config.data.layout == Layout(real=("a",), fake=("b", "c"))
    assert config_from_dict(config_to_dict(config)) == config


def test_training_data_by_flags_are_read_and_split(tmp_path: Path) -> None:
    _fill(tmp_path / "camera", 20, 0)
    _fill(tmp_path / "mj", 20, 1)
    config = replace(DataConfig(), layout=Layout(real=("camera",), fake=("mj",)), leave_out=())
    dataset = load_dataset(tmp_path, config)
    assert [dataset.count(split, 1) for split in Split] == [16, 2, 2]


def test_frames_of_one_video_stay_in_one_split(tmp_path: Path) -> None:
    for video in range(12):
        _fill(tmp_path / "original_sequences" / "youtube" / f"{video:03}", 3, video)
        _fill(
            tmp_path / "manipulated_sequences" / "Deepfakes" / f"{video:03}_{video + 40:03}", 3, 100 + video
        )
    dataset = load_dataset(tmp_path, DataConfig())
    videos = {
        split: {path.parent.name[:3] for path in map(dataset.paths.__getitem__, rows)}
        for split, rows in dataset.rows.items()
    }
    assert [len(videos[split]) for split in Split] == [10, 1, 1]
    assert not videos[Split.TRAIN] & (videos[Split.VAL] | videos[Split.TEST])


def test_persons_of_celeb_df_are_kept_together(tmp_path: Path) -> None:
    paths = ("Celeb-real/id0_0001/5.png", "Celeb-synthesis/id0_id3_0001.png", "photos/id0_1.png")
    names = [name_video(LabelledImage(path=tmp_path / path, label=0), tmp_path) for path in paths]
    assert names == ["video id0", "video id0", ""]
