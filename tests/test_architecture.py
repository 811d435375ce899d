"""The shape of the house: who may import whom, and what stands in one place alone."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from fakelens.edge_runtime import run_layout

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "edge_runtime": {"edge_runtime"},
    "benchmarks": {"benchmarks", "edge_runtime"},
    "convert": {"convert", "benchmarks", "edge_runtime"},
    "train": {"train", "benchmarks", "edge_runtime"},
}
PACKAGES = tuple(MAY_IMPORT)
TENSORFLOW = {"tensorflow", "tf_keras", "keras", "tensorflow_model_optimization"}

# A resampler is a forensic signal: what a model sees is resized in one place.
RESIZERS = {
    "resize",
    "thumbnail",
    "draft",
    "rescale",
    "zoom",
    "pyrDown",
    "pyrUp",
    "Resizing",
    "resize_with_pad",
}
MAY_RESIZE = {
    "edge_runtime/pictures/preprocess.py": "the one way to the bytes a model sees",
    "edge_runtime/pictures/regions/image.py": "the same pixels, a few rows at a time",
    "edge_runtime/pictures/decode_memory.py": "JPEGs that do not fit into memory, with a note",
    "edge_runtime/answers/pages/picture.py": "thumbnails for the eye alone",
    "edge_runtime/pictures/degradations.py": "on purpose: down and up again, or smaller",
    "edge_runtime/live/sources/scenes.py": "calls that degradation, for made copies to rehearse with",
    "benchmarks/scoring/battery.py": "calls that degradation, to measure what verdicts withstand",
    "benchmarks/studies/hard_reals.py": "photos of a usual size, before they are touched up",
    "benchmarks/scoring/delivery.py": "as the web scales pictures, to measure on what it leaves",
    "benchmarks/clip.py": "as CLIP sees pictures",
    "train/data/augment.py": "calls that degradation, for robust training",
    "train/audit/lookalikes.py": "to the few pixels that a perceptual hash looks at",
    "train/data/recompression.py": "as pictures are rescaled on their way, before tiles are cut for training",
    "benchmarks/scoring/retouch.py": "as photos are enlarged and reduced by those who touch them up",
    "train/data/tilebank.py": "huge pictures, before a random way that scales them anyhow",
    "train/fit/clip_encoder.py": "to the size that another network was made for",
    "train/fakes/cuts.py": "photos of several scales, both members of a pair alike",
}
NOT_OF_IMAGES = {"np.resize"}
# Only headers are read there; pixels are decoded in one place.
MAY_OPEN = {
    "edge_runtime/pictures/opener.py": "the one decoder",
    "edge_runtime/pictures/regions/heif.py": "a few rows of tiles of a very large picture",
    "edge_runtime/pictures/regions/png.py": "a few rows of a very large picture",
    "edge_runtime/pictures/regions/tiff.py": "likewise",
    "benchmarks/studies/bare_loop.py": "the hand-written loop that a check is compared with",
    "benchmarks/studies/megapixels.py": "Pillow's decoding alone, to compare a check with",
    "benchmarks/peers/measure.py": "an image's size, from its header",
    "train/audit/headers.py": "its own JPEG, to know the tables of libjpeg",
}
MAY_READ_GRAPHS = {
    "edge_runtime/modelfile/graph.py",
    "edge_runtime/modelfile/graph_check.py",
    "convert/logits.py",
    "convert/merge.py",
    "convert/own/splice.py",
    "convert/roots.py",
    "convert/rounding.py",
    "convert/tflite_metadata/schema.py",
    "convert/tflite_metadata/read.py",
    "convert/tflite_metadata/write.py",
}
MAY_USE_KERAS_3 = {  # to read what others trained with it
    "convert/own/keras_models.py",
    "tests/convert/own/conftest.py",
    "tests/convert/own/test_pipeline.py",
}
MAY_RUN_LITERT = {
    "edge_runtime/modelfile/interpreter.py",
    "benchmarks/studies/bare_loop.py",
}  # the latter: as above
# From a checkout alone, never in the wheel; the adapters run in environments of their own, each with the
# packages of the peer that it drives.
OUTSIDE_THE_WHEEL = {"benchmarks/peers", "benchmarks/emulation"}
ADAPTERS = ROOT / "benchmarks" / "peers" / "adapters"
OF_A_PART = {  # of a module whose tests would fill two files, or of several modules together
    "tests/convert/ship/test_statements.py",
    "tests/edge_runtime/detection/test_detector_views.py",
    "tests/edge_runtime/provenance/containers/test_damage.py",
    "tests/edge_runtime/scan/test_stores.py",
}
# Modules that no test imports: what their tests go through.
TESTED_THROUGH_OTHERS = {
    "edge_runtime/cli.py": "`fakelens --help`",
    "edge_runtime/umbrella.py": "`fakelens --help`",
    "edge_runtime/doctor/cli.py": "`doctor`",
    "edge_runtime/info/cli.py": "`info`",
    "edge_runtime/check/command.py": "`check`",
    "edge_runtime/check/failing.py": "`check --fail-on`",
    "edge_runtime/check/options.py": "`check`",
    "edge_runtime/check/run.py": "`check`",
    "edge_runtime/detection/fitted.py": "the detector, which makes and judges it",
    "edge_runtime/detection/scorer.py": "the detector, which is one",
    "edge_runtime/live/outputs/homeassistant.py": "the MQTT sink and a real broker",
    "edge_runtime/live/preview/metrics.py": "`/metrics` of a preview",
    "edge_runtime/live/preview/state.py": "the status, chart and pictures of a preview",
    "edge_runtime/live/preview/stream.py": "the live picture of a preview",
    "edge_runtime/live/sources/picamera.py": "needs a Raspberry Pi",
    "edge_runtime/live/options.py": "`watch`",
    "edge_runtime/live/status_row.py": "the lines, messages and answers that it makes",
    "edge_runtime/options.py": "`check`, `scan` and `serve`",
    "edge_runtime/signals.py": "interrupted training and live checking",
    "edge_runtime/pictures/encode.py": "the pages, streams and pictures that it encodes",
    "edge_runtime/pictures/picture.py": "the pictures of scans",
    "edge_runtime/pictures/regions/opening.py": "very large pictures of every kind",
    "edge_runtime/pictures/regions/png.py": "a PNG by region and as a whole",
    "edge_runtime/pictures/regions/rows.py": "the readers of PNG and TIFF, which are two",
    "edge_runtime/pictures/regions/tiff.py": "a TIFF by region and as a whole",
    "edge_runtime/provenance/containers/bmff.py": "HEIF and AVIF files with statements",
    "edge_runtime/provenance/statements/exif.py": "statements in EXIF",
    "edge_runtime/provenance/containers/gif.py": "a GIF with comments",
    "edge_runtime/provenance/statements/iptc.py": "IPTC datasets",
    "edge_runtime/provenance/containers/jpeg.py": "JPEG files with statements, whole and cut off",
    "edge_runtime/provenance/credentials/jumbf.py": "C2PA manifests",
    "edge_runtime/provenance/statements/damaged_xml.py": "XMP that no parser reads on",
    "edge_runtime/provenance/statements/labels.py": "the labels that laws ask for",
    "edge_runtime/provenance/containers/png.py": "PNG files with statements, whole and cut off",
    "edge_runtime/provenance/statements/software.py": "names of programs, right and almost right",
    "edge_runtime/provenance/statements/source_types.py": "each type in XMP and in C2PA",
    "edge_runtime/provenance/marks/stealth.py": "texts in the lowest bits",
    "edge_runtime/provenance/statements/texts.py": "what generators write",
    "edge_runtime/provenance/containers/tiff.py": "EXIF and TIFF files, whole and cut off",
    "edge_runtime/provenance/marks/watermark.py": "pictures with watermarks",
    "edge_runtime/provenance/containers/webp.py": "WebP files with statements",
    "edge_runtime/provenance/statements/xmp.py": "statements in XMP",
    "edge_runtime/scan/folder.py": "folders with links, hidden files and pipes",
    "edge_runtime/scan/header.py": "scans into folders of other settings",
    "edge_runtime/scan/manifest.py": "scans of lists of each kind",
    "edge_runtime/scan/pace.py": "the lines that a scan logs",
    "edge_runtime/scan/outcome.py": "the counts that a scan and its report print",
    "edge_runtime/scan/parquet.py": "`scan --format parquet`, where pyarrow is there",
    "edge_runtime/scan/plan.py": "scans that are killed and go on",
    "edge_runtime/scan/tars.py": "scans of tars",
    "edge_runtime/serve/budget.py": "uploads that wait for one another",
    "edge_runtime/serve/card.py": "the cards of uploaded pictures",
    "edge_runtime/serve/checkers.py": "answers under load, and refusals",
    "edge_runtime/serve/counters.py": "`/metrics` of a server",
    "edge_runtime/serve/openapi.py": "`/openapi.json`, and what schemathesis makes of it",
    "edge_runtime/serve/upload.py": "bodies of every form, within and beyond the limits",
    "edge_runtime/service/notify.py": "the watchdog against a socket as systemd opens one",
    "edge_runtime/web/access.py": "tokens, hosts and sites at both servers",
    "edge_runtime/web/exposition.py": "`/metrics` of both servers",
    "edge_runtime/web/policy.py": "the headers of every page",
    "benchmarks/bench/model_card.py": "`bench --card`",
    "benchmarks/emulation/arm64.py": "needs qemu and Debian's packages",
    "benchmarks/scoring/decoding.py": "scores of labelled images, `bench` and `convert --fuse`",
    "benchmarks/html.py": "the pages of bench, training and audit",
    "benchmarks/options.py": "`bench`",
    "benchmarks/tables.py": "the reports that it lays out",
    "convert/options.py": "`convert`",
    "convert/report.py": "`convert`",
    "convert/validation.py": "`convert --fuse`",
    "convert/own/classifier.py": "models of Keras and foreign graphs, which are such",
    "convert/own/pictures.py": "the folders that `convert` is given for foreign models",
    "convert/own/splice.py": "foreign graphs, wrapped",
    "convert/tflite_metadata/schema.py": "metadata written and read back",
    "train/audit/cli.py": "`audit`",
    "train/audit/options.py": "`audit`",
    "train/audit/copies_shown.py": "the page of `audit`",
    "train/fakes/cli.py": "`synthesize`",
    "train/fakes/options.py": "`synthesize`",
    "train/fakes/progress.py": "`synthesize`, where nothing is shown",
    "train/fakes/quality.py": "the report of `synthesize`",
    "train/fakes/reader_writer.py": "the folders and splits of fakes",
    "train/fit/synchronize.py": "two processes that train together",
    "train/networks/classic.py": "every network, by its name",
    "train/networks/compact.py": "every network, by its name",
    "train/networks/mobilenetv2.py": "every network, by its name",
    "train/networks/residual.py": "every network, by its name",
    "train/options.py": "`train`",
    "train/studies/options.py": "the studies of small data sets",
    "train/startup.py": "`train` and `synthesize`",
    "train/run/record.py": "a run's end",
    "train/run/report.py": "a run's end",
}
DUMPS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "stuff", "lib"}


def list_modules(*folders: str) -> list[Path]:
    found = [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.parent != ADAPTERS
    ]
    assert len(found) >= len(folders)
    return found


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def list_imports(path: Path) -> Iterator[str]:
    """Every imported name in full, those inside functions too: `from a import b` gives `a.b`."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def list_attributes(path: Path) -> Iterator[str]:
    """Every dotted use of a name, and its beginnings: `tf.lite.Optimize`, `tf.lite`."""
    yield from (ast.unparse(node) for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute))


def list_calls(path: Path) -> Iterator[str]:
    yield from (ast.unparse(node.func) for node in ast.walk(parse(path)) if isinstance(node, ast.Call))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_the_packages_below_it(package: str) -> None:
    for path in list_modules(package):
        for imported in list_imports(path):
            if imported.startswith("fakelens"):
                other = imported.split(".")[1]
                assert other in MAY_IMPORT[package], f"{name(path)} imports {imported}"


def list_packages() -> list[Path]:
    return [path.parent for package in PACKAGES for path in sorted((ROOT / package).rglob("__init__.py"))]


def find_module(imported: str) -> Path | None:
    """The file, or the folder of a package, that an imported name is or comes from; None where not ours."""
    if not imported.startswith("fakelens."):
        return None
    parts = imported.split(".")[1:]
    for end in range(len(parts), max(0, len(parts) - 2), -1):  # a module, or a name in one
        path = ROOT.joinpath(*parts[:end])
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
        if (path / "__init__.py").is_file():
            return path
    raise AssertionError(f"{imported} is no module")


def link_members(package: Path) -> dict[str, set[str]]:
    """Return which members of `package`, modules and packages within it taken whole, import which others."""

    def find_member(path: Path) -> str | None:
        inside = path.is_relative_to(package) and path != package
        return path.relative_to(package).parts[0] if inside else None

    links: dict[str, set[str]] = {}
    for path in list_modules(name(package)):
        member = find_member(path)
        if member is None or path == package / "__init__.py":
            continue
        found = [find_module(imported) for imported in list_imports(path)]
        others = {find_member(other) for other in found if other is not None}
        links.setdefault(member, set()).update(other for other in others if other not in (None, member))
    return links


@pytest.mark.parametrize("package", list_packages(), ids=name)
def test_no_imports_go_in_a_circle(package: Path) -> None:
    """Neither between the files of a package nor between the packages within it."""
    try:
        TopologicalSorter(link_members(package)).prepare()
    except CycleError as error:
        pytest.fail(f"{name(package)}: {' <- '.join(error.args[1])}")


def test_packages_are_imported_by_their_full_name() -> None:
    """From the repository root a bare `import train` would load every module a second time."""
    for path in list_modules(*PACKAGES, "tests"):
        for imported in list_imports(path):
            assert imported.split(".")[0] not in PACKAGES, f"{name(path)} imports {imported}"


def test_the_device_side_never_imports_tensorflow() -> None:
    for path in list_modules("edge_runtime", "benchmarks"):
        for imported in list_imports(path):
            assert imported.split(".")[0] not in TENSORFLOW, f"{name(path)} imports {imported}"


def test_keras_is_tf_keras_everywhere() -> None:
    """TensorFlow's own attribute is Keras 3, which model optimization does not know."""
    for path in list_modules(*PACKAGES, "tests"):
        for used in (*list_attributes(path), *list_imports(path)):
            assert not used.startswith(("tf.keras", "tensorflow.keras")), f"{name(path)}: {used}"
            allowed = name(path) in MAY_USE_KERAS_3 or "import tf_keras as keras" in path.read_text()
            assert used.split(".")[0] != "keras" or allowed, name(path)


def test_litert_is_imported_in_one_place() -> None:
    for path in list_modules(*PACKAGES):
        for imported in list_imports(path):
            if not imported.startswith(("ai_edge_litert", "tflite_runtime")):
                continue
            if imported == "ai_edge_litert.schema_py_generated":  # the file format, not the runtime
                allowed = name(path) in MAY_READ_GRAPHS
            else:
                allowed = name(path) in MAY_RUN_LITERT
            assert allowed, f"{name(path)} imports {imported}"
        for used in list_attributes(path):
            assert not used.startswith("tf.lite.Interpreter"), f"{name(path)}: {used}"


def test_the_converter_is_called_in_one_place() -> None:
    users = {
        name(path)
        for path in list_modules(*PACKAGES)
        if any("TFLiteConverter" in used for used in (*list_attributes(path), *list_imports(path)))
    }
    assert users == {"convert/tflite.py"}


def test_images_are_resized_in_one_place() -> None:
    resizing = {
        name(path)
        for path in list_modules(*PACKAGES)
        for called in (*list_calls(path), *list_imports(path))
        if called.split(".")[-1] in RESIZERS and called not in NOT_OF_IMAGES
    }
    assert resizing == set(MAY_RESIZE)  # an entry without a use goes too


def test_images_are_decoded_in_one_place() -> None:
    decoders = {"Image.open", "cv2.imread", "cv2.imdecode", "plt.imread", "io.imread", "keras.utils.load_img"}
    decoding = {
        name(path)
        for path in list_modules(*PACKAGES)
        for called in list_calls(path)
        if called in decoders or called.startswith(("tf.io.decode_", "tf.image.decode_"))
    }
    assert decoding == set(MAY_OPEN)


def test_the_run_directory_is_spelled_out_in_one_place() -> None:
    names = {value for key, value in vars(run_layout).items() if key.isupper() and isinstance(value, str)}
    names = {each for each in names if "." in each} - {run_layout.REPORT}  # its template has the same name
    assert len(names) >= 6
    for path in list_modules(*PACKAGES):
        written = {node.value for node in ast.walk(parse(path)) if isinstance(node, ast.Constant)}
        assert not written & names or name(path) == "edge_runtime/run_layout.py", name(path)


def test_no_module_is_a_dump() -> None:
    for path in list_modules(*PACKAGES, "tests"):
        assert not {path.stem.removeprefix("test_"), path.parent.name} & DUMPS, name(path)


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_public_has_a_docstring(package: str) -> None:
    for path in list_modules(package):
        assert ast.get_docstring(parse(path)), f"{name(path)} has none"
        for owner, node in list_definitions(parse(path).body):
            assert ast.get_docstring(node), f"{name(path)}: {owner}{node.name} has none"


def list_definitions(
    body: list[ast.stmt], owner: str = ""
) -> Iterator[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Public classes and functions, and the public methods of the former."""
    for node in body:
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield owner, node
            if isinstance(node, ast.ClassDef):
                yield from list_definitions(node.body, f"{node.name}.")


def test_every_package_is_listed_for_the_wheel() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")}
    assert {path.parent for path in list_modules(*PACKAGES)} == folders  # no module outside a package
    assert {name(folder) for folder in folders} >= OUTSIDE_THE_WHEEL
    shipped = {name(folder) for folder in folders} - OUTSIDE_THE_WHEEL
    existing = {f"fakelens.{folder.replace('/', '.')}": folder for folder in shipped}
    assert sorted(settings["packages"]) == sorted(existing)
    assert settings["package-dir"] == existing
    assert set(settings["package-data"]) <= set(existing)
    assert not (ROOT / "__init__.py").exists()


def test_nothing_that_ships_imports_what_is_left_out_of_the_wheel() -> None:
    for path in list_modules(*PACKAGES):
        if name(path.parent) not in OUTSIDE_THE_WHEEL:
            for imported in list_imports(path):
                for folder in OUTSIDE_THE_WHEEL:
                    outside = f"fakelens.{folder.replace('/', '.')}"
                    assert not imported.startswith(outside), f"{name(path)}: {imported}"


def test_adapters_of_peers_know_nothing_of_fakelens() -> None:
    users = {
        path.name
        for path in sorted(ADAPTERS.glob("*.py"))
        if any(imported.startswith("fakelens") for imported in list_imports(path))
    }
    assert users == {"fakelens_detector.py"}


def test_every_test_file_mirrors_a_module() -> None:
    for package in PACKAGES:
        for path in (ROOT / "tests" / package).rglob("test_*.py"):
            mirrored = ROOT / path.relative_to(ROOT / "tests").with_name(path.stem.removeprefix("test_"))
            known = mirrored.with_suffix(".py").is_file() or mirrored.is_dir()
            assert known or name(path) in OF_A_PART, f"{name(path)} tests no module"


def test_every_module_has_tests() -> None:
    """In a file of its own or in that of another module, which imports it."""
    tests = list_modules("tests")
    imported = {find_module(each) for path in tests for each in list_imports(path)}
    without = {
        name(path)
        for path in list_modules(*PACKAGES)
        if path.name not in ("__init__.py", "__main__.py")
        and not (ROOT / "tests" / path.relative_to(ROOT).with_name(f"test_{path.name}")).is_file()
        and path not in imported
    }
    missing, needless = without - set(TESTED_THROUGH_OTHERS), set(TESTED_THROUGH_OTHERS) - without
    assert not missing, f"neither a test nor a reason: {sorted(missing)}"
    assert not needless, f"what has tests needs no reason: {sorted(needless)}"
