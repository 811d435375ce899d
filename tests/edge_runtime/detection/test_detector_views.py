"""A model of two views: each scores, the contract fuses, the condition decides whether to answer."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakelens.edge_runtime.detection.condition import Reason
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.detection.verdict import Label, Stance, ViewScore
from fakelens.edge_runtime.errors import ImageError, UsageError
from fakelens.edge_runtime.live.checking import FrameChecker
from fakelens.edge_runtime.modelfile.container import pack_model, read_model
from fakelens.edge_runtime.modelfile.contract import ConditionLimits, Decision, OperatingPoint, Pool
from fakelens.edge_runtime.pictures.preprocess import fit_views
from tests.conftest import Fakelens

PackModel = Callable[..., Path]

CURVE = (
    OperatingPoint(threshold=0.55, false_alarms=0.09, found=0.8),
    OperatingPoint(threshold=0.7, false_alarms=0.03, found=0.6),
    OperatingPoint(threshold=0.9, false_alarms=0.008, found=0.3),
    OperatingPoint(threshold=0.99, false_alarms=0.0, found=0.1),
)
WITH_CURVE = Decision(unsure_low=0.3, unsure_high=0.7, operating_points=CURVE)


def sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def make_picture(red: int = 150, blue: int = 110, size: tuple[int, int] = (16, 16)) -> Image.Image:
    """One colour whose mean grey level is 130."""
    return Image.new("RGB", size, (red, 3 * 130 - red - blue, blue))


def test_views_are_scored_and_fused_as_the_contract_says(pack_two_view_model: PackModel) -> None:
    verdict = Detector(pack_two_view_model()).check(make_picture())
    tiles, whole = (130 - 128) / 16, (150 - 110) / 16
    assert [view.name for view in verdict.views] == ["tiles", "whole"]
    assert [view.p_fake for view in verdict.views] == pytest.approx(
        [sigmoid(tiles), sigmoid(whole)], abs=1e-5
    )
    assert verdict.p_fake == pytest.approx(sigmoid(0.25 + tiles + 0.5 * whole), abs=1e-5)
    assert len(verdict.regions) == 4
    assert verdict.regions[0].p_fake == pytest.approx(sigmoid(tiles), abs=1e-5)


def test_a_file_of_one_view_tells_of_none(pack_tile_model: PackModel) -> None:
    verdict = Detector(pack_tile_model(4)).check(make_picture())
    assert verdict.views == ()
    assert verdict.p_fake == pytest.approx(sigmoid((130 - 128) / 16), abs=1e-5)


def test_what_scores_fitted_images_gives_the_same(pack_two_view_model: PackModel) -> None:
    detector = Detector(pack_two_view_model())
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 33, 3), np.uint8))
    views = fit_views(picture, detector.contract.input)
    assert [view.shape for view in views] == [(4, 8, 8, 3), (1, 12, 12, 3)]
    assert detector.score_image(views) == detector.check(picture).p_fake
    others = detector.score_others(picture)
    assert detector.check(picture).views[1] == ViewScore(name="whole", p_fake=others[0])


def test_tiles_are_weighed_by_their_texture(pack_two_view_model: PackModel) -> None:
    """A flat bright tile beside a dark one of checks: weights 1 and 8."""
    pixels = np.full((8, 16, 3), 200, np.uint8)
    pixels[:, 8:] = np.indices((8, 8)).sum(axis=0)[..., None] % 2 * 160
    logits = np.array([(200 - 128) / 16, (80 - 128) / 16])
    found = {}
    for pool in (Pool.MEAN, Pool.TEXTURE):
        verdict = Detector(pack_two_view_model(pool=pool)).check(Image.fromarray(pixels))
        found[pool] = verdict.views[0].p_fake
    assert found[Pool.MEAN] == pytest.approx(sigmoid(logits.mean()), abs=1e-5)
    assert found[Pool.TEXTURE] == pytest.approx(sigmoid((logits[0] + 8 * logits[1]) / 9), abs=1e-5)


def test_a_photo_is_not_said_to_be_scaled_down(fakelens: Fakelens, pack_two_view_model: PackModel) -> None:
    """One view sees it scaled, the other as it is."""
    path = pack_two_view_model()
    photo = path.with_name("photo.png")
    make_picture(size=(300, 200)).save(photo)
    assert Detector(path).check(photo).reduction == 1.0
    assert fakelens("check", photo, "--model", path).stderr == ""


def test_nothing_left_to_see_is_unsure_with_the_reason(
    fakelens: Fakelens, pack_two_view_model: PackModel, tmp_path: Path
) -> None:
    path = pack_two_view_model(decision=Decision(condition=ConditionLimits(least_side=16, least_texture=0.5)))
    small, flat, fine = tmp_path / "small.png", tmp_path / "flat.png", tmp_path / "fine.png"
    make_picture(255, 0, (15, 40)).save(small)
    make_picture(255, 0, (40, 40)).save(flat)
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    noise[..., 2] = 0
    Image.fromarray(noise).save(fine)
    for threads in (1, 2):  # with two it is looked for beside the inference
        detector = Detector(path, threads)
        assert detector.check(small).label is Label.UNSURE
        assert detector.check(small).p_fake > 0.5
        found = [detector.check(each).reason for each in (small, flat, fine)]
        assert found == [Reason.SMALL, Reason.FLAT, None]
        assert detector.check(fine).label is Label.FAKE
    page = tmp_path / "page.html"
    done = fakelens("check", small, fine, "--model", path, "--json", "--html", page)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["verdict"], row.get("reason")) for row in rows] == [("unsure", "small"), ("fake", None)]
    assert set(rows[0]["views"]) == {"tiles", "whole"}
    assert "too small to judge" in page.read_text()
    assert done.stderr.endswith(f"page: {page} (open it in a browser)\n")
    text = fakelens("check", small, "--model", path).stdout
    assert text.startswith("UNSURE")
    assert "small.png  (too small to judge)\n" in text
    csv = fakelens("check", small, "--model", path, "--csv").stdout.splitlines()
    assert "reason" in csv[0].split(",")
    assert "small" in csv[1].split(",")


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_while_the_condition_is_looked_for_is_raised(
    pack_two_view_model: PackModel, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    """Such as a large picture whose next region is damaged."""
    decision = Decision(condition=ConditionLimits(least_side=16))
    detector = Detector(pack_two_view_model(decision=decision), threads)
    asked: list[str] = []

    def fail(_: Image.Image) -> Reason | None:
        asked.append(threading.current_thread().name)
        raise ImageError("damaged")

    monkeypatch.setattr(detector, "find_reason", fail)
    with pytest.raises(ImageError, match="damaged"):
        detector.check(make_picture())
    assert (asked != [threading.current_thread().name]) is (threads > 1)


def test_a_frame_scores_as_its_picture_within_any_budget(pack_two_view_model: PackModel) -> None:
    limits = ConditionLimits(least_side=16)
    detector = Detector(pack_two_view_model(decision=Decision(condition=limits)))
    generator = np.random.default_rng(0)
    for size in ((33, 27), (15, 40)):
        picture = Image.fromarray(generator.integers(0, 256, (*size[::-1], 3), np.uint8))
        verdict = detector.check(picture)
        for checker, frames in ((FrameChecker(detector), 1), (FrameChecker(detector, 1e-6), 4)):
            for _ in range(frames):
                checked = checker.check(picture)
            assert checked.p_fake == pytest.approx(verdict.p_fake, abs=1e-12)
            assert checked.regions == verdict.regions
            assert checked.reason is verdict.reason


def test_threads_give_the_same_answers(pack_two_view_model: PackModel, tmp_path: Path) -> None:
    paths = []
    for number in range(12):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (30, 30, 3), np.uint8)).save(path)
        paths.append(path)
    detector = Detector(pack_two_view_model())
    one, three = ([each.verdict for each in detector.check_files(paths, count)] for count in (1, 3))
    assert [each and each.p_fake for each in one] == [each and each.p_fake for each in three]


@pytest.mark.parametrize(
    ("stance", "border"), [(None, 0.7), (Stance.CAUTIOUS, 0.9), (Stance.SENSITIVE, 0.55)]
)
def test_a_stance_moves_the_border_of_fake(
    pack_two_view_model: PackModel, stance: Stance | None, border: float
) -> None:
    detector = Detector(pack_two_view_model(decision=WITH_CURVE), stance=stance)
    assert (detector.decision.unsure_low, detector.decision.unsure_high) == (0.3, border)
    for red in range(90, 250, 5):
        verdict = detector.check(make_picture(red, 240 - red if red < 240 else 0))
        wanted = Label.FAKE if verdict.p_fake > border else Label.UNSURE
        assert verdict.label is (wanted if verdict.p_fake >= 0.3 else Label.REAL)


def test_a_stance_never_says_fake_below_even_odds(pack_two_view_model: PackModel) -> None:
    low = (OperatingPoint(threshold=0.2, false_alarms=0.05, found=0.9),)
    decision = Decision(unsure_low=0.4, unsure_high=0.6, operating_points=low)
    found = Detector(pack_two_view_model(decision=decision), stance=Stance.SENSITIVE).decision
    assert (found.threshold, found.unsure_low, found.unsure_high) == (0.5, 0.4, 0.5)


def test_the_command_says_what_a_stance_costs(
    fakelens: Fakelens, pack_two_view_model: PackModel, model_file: Path, tmp_path: Path
) -> None:
    path = pack_two_view_model(decision=WITH_CURVE)
    make_picture().save(tmp_path / "a.png")
    done = fakelens("check", tmp_path / "a.png", "--model", path, "--cautious")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert (
        "FAKE above P(fake) 0.900; so are 0.8% of the real validation images and 30% of the fakes"
        in done.stderr
    )
    assert "without it 3.0% and 60%" in done.stderr
    assert done.stdout.startswith("UNSURE")
    eager = fakelens("check", tmp_path / "a.png", "--model", path, "--sensitive")
    assert eager.stdout.startswith("FAKE")
    for arguments, reason in (
        (("--cautious", "--sensitive"), "exclude each other"),
        (("--cautious", "--model", model_file), "--cautious: brightness has no measured curve"),
    ):
        refused = fakelens("check", tmp_path / "a.png", *arguments)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
        assert reason in refused.stderr


def test_without_a_curve_there_is_no_stance(model_file: Path) -> None:
    with pytest.raises(UsageError, match="no measured curve"):
        Detector(model_file, stance=Stance.CAUTIOUS)


def test_the_heat_map_of_what_is_not_fake_is_calm(
    fakelens: Fakelens, pack_two_view_model: PackModel, tmp_path: Path
) -> None:
    pixels = np.full((64, 64, 3), 90, np.uint8)
    pixels[:24, :24] = 250  # one corner looks odd
    Image.fromarray(pixels).save(tmp_path / "a.png")
    strongest = {}
    for label, decision in (("fake", Decision(threshold=0.0)), ("real", Decision(threshold=1.0))):
        path = pack_two_view_model(decision=decision)
        folder = tmp_path / label
        done = fakelens("check", tmp_path / "a.png", "--model", path, "--heatmap", folder)
        assert done.stdout.lower().startswith(label), done.stderr
        painted = np.asarray(Image.open(folder / "a.png"), int)[:64]
        strongest[label] = int(np.abs(painted - pixels).max())
    assert strongest["fake"] > 80
    assert strongest["real"] < 30


def test_a_file_is_described_with_its_views(fakelens: Fakelens, pack_two_view_model: PackModel) -> None:
    path = pack_two_view_model(decision=WITH_CURVE)
    shown = fakelens("info", path).stdout
    for part in ("view tiles", "view whole", "logit of P(fake) = 0.250 + 1.000 x tiles + 0.500 x whole"):
        assert part in " ".join(shown.split())
    found = json.loads(fakelens("info", path, "--json").stdout)
    assert [graph["input"]["shape"][1] for graph in (found["graph"], *found["further_graphs"])] == [8, 12]
    app = json.loads(fakelens("info", path, "--app", "--json").stdout)
    assert [view["signature"] for view in app["views"]] == ["serving_default", "whole"]
    assert app["fusion"] == {"weights": [1.0, 0.5], "bias": 0.25}


def test_a_view_of_another_size_than_the_contract_says_is_refused(pack_two_view_model: PackModel) -> None:
    path = pack_two_view_model()
    model = read_model(path)
    spec = model.contract.input
    data = (spec.views[0], type(spec.views[1])(name="whole", signature="whole", size=13))
    contract = type(model.contract)(name="odd", input=type(spec)(**vars(spec) | {"views": data}))
    path.write_bytes(pack_model(model.graph, contract))
    with pytest.raises(UsageError, match="the contract says 13 px"):
        Detector(path)
