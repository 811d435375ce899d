import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakelens.benchmarks.labelled import Split
from fakelens.edge_runtime.errors import ConfigError
from fakelens.train.config import DistillConfig, TrainConfig
from fakelens.train.data.dataset import load_dataset
from fakelens.train.fit.clip_teacher import Known
from fakelens.train.fit.distill import ask_teachers, soften_labels
from fakelens.train.run.job import open_job
from fakelens.train.run.teachers import check_teachers
from fakelens.train.run.trainer import run_job


@pytest.fixture
def data(fixed_data: Path) -> Path:
    return fixed_data


@pytest.fixture
def teacher(finished_run: Path) -> Path:
    return finished_run


def with_teacher(config: TrainConfig, *teachers: Path, share: float = 0.5) -> TrainConfig:
    names = tuple(str(run) for run in teachers)
    return replace(config, distill=DistillConfig(teachers=names, share=share))


def test_a_student_learns_what_its_teacher_answers(
    data: Path, config: TrainConfig, teacher: Path, cache: Path
) -> None:
    config = with_teacher(config, teacher)
    dataset = load_dataset(data, config.data)
    images, labels = dataset.take(Split.TRAIN)
    known = Known(labels=labels, sources=dataset.sources[dataset.rows[Split.TRAIN]])
    before = set((cache / "soft_labels").glob("*"))
    targets = soften_labels(known, images, config)
    answers = ask_teachers(config.distill.teachers, images, known)
    np.testing.assert_allclose(targets, (answers + labels) / 2, atol=1e-6)
    assert 0 < answers.min() < answers.max() < 1
    (cached,) = set((cache / "soft_labels").glob("*")) - before
    np.save(cached, 1 - answers)  # asked once only: what is in the cache counts
    np.testing.assert_allclose(soften_labels(known, images, config), (1 - answers + labels) / 2, atol=1e-6)
    wrong = np.where(labels == 1, 0.2, 0.9)
    np.save(cached, wrong)
    corrected = replace(config, distill=replace(config.distill, corrected=True))
    np.testing.assert_allclose(soften_labels(known, images, corrected), (0.5 + labels) / 2, atol=1e-6)
    trusting = replace(corrected, distill=replace(corrected.distill, wrong_photos=0.2))
    learned = np.where(labels == 1, 0.75, 0.1)  # unsure of the fakes, less so of the photos
    np.testing.assert_allclose(soften_labels(known, images, trusting), learned, atol=1e-6)
    np.save(cached, 1 - wrong)
    np.testing.assert_allclose(soften_labels(known, images, trusting), (1 - wrong + labels) / 2, atol=1e-6)
    np.testing.assert_allclose(soften_labels(known, images, corrected), (1 - wrong + labels) / 2, atol=1e-6)


def test_a_run_with_a_teacher_ends_with_a_model(
    data: Path, config: TrainConfig, teacher: Path, tmp_path: Path
) -> None:
    result = run_job(open_job(data, tmp_path / "student", with_teacher(config, teacher)))
    assert (result.run / "model.h5").is_file()


def test_a_teacher_that_saw_the_validation_images_is_refused(
    data: Path, config: TrainConfig, teacher: Path
) -> None:
    config = with_teacher(replace(config, data=replace(config.data, split_seed=1)), teacher)
    with pytest.raises(ConfigError, match="has seen other validation images"):
        check_teachers(config, load_dataset(data, config.data).digest)


def test_a_teacher_that_sees_pictures_otherwise_is_refused(
    data: Path, config: TrainConfig, teacher: Path
) -> None:
    config = with_teacher(replace(config, data=replace(config.data, delivered=True)), teacher)
    with pytest.raises(ConfigError, match=r"add .*--set data\.delivered=false"):
        check_teachers(config, load_dataset(data, config.data).digest)


def test_a_teacher_of_other_data_is_refused(config: TrainConfig, teacher: Path) -> None:
    with pytest.raises(ConfigError, match="was trained on other data"):
        check_teachers(with_teacher(config, teacher), "other")
    release = replace(config, distill=DistillConfig(teachers=("cifake-quick",)))
    with pytest.raises(ConfigError, match="was trained on other data"):
        check_teachers(release, "other")


def test_an_unfinished_run_is_no_teacher(config: TrainConfig, teacher: Path, tmp_path: Path) -> None:
    unfinished = Path(shutil.copytree(teacher, tmp_path / "unfinished"))
    (unfinished / "run.json").unlink()
    with pytest.raises(ConfigError, match="not a finished run"):
        check_teachers(with_teacher(config, unfinished), "any")


def test_a_refused_teacher_leaves_no_run_behind(data: Path, config: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a finished run"):
        open_job(data, tmp_path / "student", with_teacher(config, data))
    assert not (tmp_path / "student").exists()
