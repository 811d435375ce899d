"""The committed release models against their own cards, on a fixed slice of the official test images."""

import hashlib
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakelens.benchmarks.labelled import Split, find_labelled
from fakelens.benchmarks.scoring.accuracy import measure_accuracy, score_images
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.library import DEFAULT_MODEL, find_model, list_models

CIFAKE = "FAKELENS_CIFAKE"
REPEATED = Path(__file__).parents[1] / "train" / "recipes" / "cifake_test_fakes_also_in_train.txt"
SLICE_PER_CLASS = 1000
MOST_BELOW_CARD = 0.01
MOST_BYTES = 5_000_000  # of all release models together
MOST_OF_ONE = {"photo": 3_000_000, "photo-small": 150_000, "cifake-100k": 100_000}


def find_archive() -> Path:
    """The archive that the environment names; skips where it names none."""
    archive = os.environ.get(CIFAKE)
    if not archive:
        pytest.skip(f"{CIFAKE} names no cifake.tar.xz, see train/recipes/README.md")
    return Path(archive)  # one that is not there is an error: somebody meant it


@dataclass(frozen=True, kw_only=True)
class Cifake:
    """What the tests need of the archive, which takes seconds to decompress."""

    tests: dict[str, bytes]  # files of the test images, by name in the archive
    fakes: dict[str, dict[str, bytes]]  # SHA-256 of the fakes' files, by split and file name


@pytest.fixture(scope="module")
def cifake() -> Cifake:
    found = Cifake(tests={}, fakes={"train": {}, "test": {}})
    with tarfile.open(find_archive()) as archive:
        for member in archive:
            *_, split, label, name = f"//{member.name}".split("/")
            wanted = split == "test" or label == "FAKE"  # half of the 120,000
            file = archive.extractfile(member) if wanted else None
            if file is None:
                continue
            content = file.read()
            if split == "test":
                found.tests[member.name] = content
            if label == "FAKE":
                found.fakes[split][name] = hashlib.sha256(content).digest()
    return found


@pytest.fixture(scope="module")
def cifake_slice(cifake: Cifake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 2,000 test images whose names hash lowest, half of each class."""
    folder = tmp_path_factory.mktemp("cifake")
    for label in ("REAL", "FAKE"):
        of_class = [name for name in cifake.tests if Path(name).parent.name == label]
        of_class.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        for name in of_class[:SLICE_PER_CLASS]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(cifake.tests[name])
    return next(folder.glob("**/test")).parent


def test_the_default_model_is_a_release_model() -> None:
    assert DEFAULT_MODEL in list_models()


def test_the_release_models_stay_small() -> None:
    sizes = {name: find_model(name).stat().st_size for name in list_models()}
    assert sum(sizes.values()) < MOST_BYTES
    assert all(sizes[name] < most for name, most in MOST_OF_ONE.items())


@pytest.mark.parametrize("name", list_models())
def test_a_release_model_carries_a_complete_card(name: str) -> None:
    contract = read_model(find_model(name)).contract
    assert contract.name == name
    assert contract.training.quantization == "int8"
    assert contract.description
    assert contract.limits
    splits = {measurement.split for measurement in contract.measured}
    assert {"validation", "test"} <= splits
    for measurement in contract.measured:
        assert measurement.low <= measurement.value <= measurement.high
        assert measurement.n > 0


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", [name for name in list_models() if name.startswith("cifake")])
def test_a_release_model_is_as_good_as_its_card(name: str, cifake_slice: Path) -> None:
    detector = Detector(name)
    card = next(
        m for m in detector.contract.measured if m.metric == "accuracy" and m.split == "test" and not m.note
    )
    scores = score_images(detector, find_labelled(cifake_slice, Split.TEST))
    assert len(scores.labels) == 2 * SLICE_PER_CLASS
    accuracy = measure_accuracy(scores, detector.contract.decision).metrics.accuracy
    assert accuracy.value >= card.value - MOST_BELOW_CARD


@pytest.mark.slow
@pytest.mark.data
def test_the_list_of_repeated_test_fakes_is_right(cifake: Cifake) -> None:
    """Each named test fake is a byte copy of a train fake, and no other is."""
    trained_on = set(cifake.fakes["train"].values())
    repeated = {name for name, digest in cifake.fakes["test"].items() if digest in trained_on}
    assert repeated == set(REPEATED.read_text(encoding="utf-8").splitlines())
    assert len(repeated) == 378
