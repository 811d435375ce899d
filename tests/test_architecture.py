"""The shape of the house: who may import whom, and what stands in one place alone."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "edge_runtime": {"edge_runtime"},
    "benchmarks": {"benchmarks", "edge_runtime"},
    "convert": {"convert", "benchmarks", "edge_runtime"},
    "train": {"train", "benchmarks", "edge_runtime"},
}
ROOMS = tuple(MAY_IMPORT)
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
    "edge_runtime/preprocess.py": "the one way to the bytes a model sees",
    "edge_runtime/stability.py": "mild degradations, to see whether a verdict holds",
    "edge_runtime/page.py": "thumbnails for the eye alone",
    "benchmarks/degradations.py": "down and up again on purpose, at the image's native size",
    "benchmarks/battery.py": "calls that degradation, to measure what verdicts withstand",
    "train/augment.py": "calls that degradation, for robust training",
    "train/circulation.py": "as pictures are rescaled on their way, before tiles are cut for training",
}
NOT_OF_IMAGES = {"np.resize"}
# Only headers are read there; pixels are decoded in one place.
MAY_OPEN = {
    "edge_runtime/preprocess.py": "the one decoder",
    "benchmarks/floor.py": "the hand-written loop that a check is compared with",
    "benchmarks/megapixels.py": "Pillow's decoding alone, to compare a check with",
    "benchmarks/peers/measure.py": "an image's size, from its header",
    "train/headers.py": "what the file format alone gives away",
    "train/tiles.py": "the encoding of the original, from its header",
}
MAY_READ_GRAPHS = {
    "edge_runtime/graph.py",
    "convert/merge.py",
    "convert/metadata.py",
    "convert/metadata_reader.py",
}
MAY_RUN_LITERT = {"edge_runtime/interpreter.py", "benchmarks/floor.py"}  # the latter: as above
# From a checkout alone, never in the wheel; the adapters run in environments of their own, each with the
# packages of the peer that it drives.
OUTSIDE_THE_WHEEL = {"benchmarks/peers"}
ADAPTERS = ROOT / "benchmarks" / "peers" / "adapters"
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


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    for path in list_modules(room):
        for imported in list_imports(path):
            if imported.startswith("fakelens"):
                other = imported.split(".")[1]
                assert other in MAY_IMPORT[room], f"{name(path)} imports {imported}"


def test_rooms_are_imported_by_their_full_name() -> None:
    """From the repository root a bare `import train` would load every module a second time."""
    for path in list_modules(*ROOMS, "tests"):
        for imported in list_imports(path):
            assert imported.split(".")[0] not in ROOMS, f"{name(path)} imports {imported}"


def test_the_device_side_never_imports_tensorflow() -> None:
    for path in list_modules("edge_runtime", "benchmarks"):
        for imported in list_imports(path):
            assert imported.split(".")[0] not in TENSORFLOW, f"{name(path)} imports {imported}"


def test_keras_is_tf_keras_everywhere() -> None:
    """TensorFlow's own attribute is Keras 3, which model optimization does not know."""
    for path in list_modules(*ROOMS, "tests"):
        for used in (*list_attributes(path), *list_imports(path)):
            assert not used.startswith(("tf.keras", "tensorflow.keras")), f"{name(path)}: {used}"
            assert used.split(".")[0] != "keras" or "import tf_keras as keras" in path.read_text(), name(path)


def test_litert_is_imported_in_one_place() -> None:
    for path in list_modules(*ROOMS):
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
        for path in list_modules(*ROOMS)
        if any("TFLiteConverter" in used for used in (*list_attributes(path), *list_imports(path)))
    }
    assert users == {"convert/tflite.py"}


def test_images_are_resized_in_one_place() -> None:
    resizing = {
        name(path)
        for path in list_modules(*ROOMS)
        for called in (*list_calls(path), *list_imports(path))
        if called.split(".")[-1] in RESIZERS and called not in NOT_OF_IMAGES
    }
    assert resizing == set(MAY_RESIZE)  # an entry without a use goes too


def test_images_are_decoded_in_one_place() -> None:
    decoders = {"Image.open", "cv2.imread", "cv2.imdecode", "plt.imread", "io.imread", "keras.utils.load_img"}
    decoding = {
        name(path)
        for path in list_modules(*ROOMS)
        for called in list_calls(path)
        if called in decoders or called.startswith(("tf.io.decode_", "tf.image.decode_"))
    }
    assert decoding == set(MAY_OPEN)


def test_no_module_is_a_dump() -> None:
    for path in list_modules(*ROOMS, "tests"):
        assert not {path.stem.removeprefix("test_"), path.parent.name} & DUMPS, name(path)


@pytest.mark.parametrize("room", ROOMS)
def test_everything_public_has_a_docstring(room: str) -> None:
    for path in list_modules(room):
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
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("__init__.py")}
    assert {path.parent for path in list_modules(*ROOMS)} == folders  # no module outside a package
    assert {name(folder) for folder in folders} >= OUTSIDE_THE_WHEEL
    shipped = {name(folder) for folder in folders} - OUTSIDE_THE_WHEEL
    existing = {f"fakelens.{folder.replace('/', '.')}": folder for folder in shipped}
    assert sorted(settings["packages"]) == sorted(existing)
    assert settings["package-dir"] == existing
    assert set(settings["package-data"]) <= set(existing)
    assert not (ROOT / "__init__.py").exists()


def test_nothing_that_ships_imports_what_is_left_out_of_the_wheel() -> None:
    for path in list_modules(*ROOMS):
        if name(path.parent) not in OUTSIDE_THE_WHEEL:
            for imported in list_imports(path):
                assert not imported.startswith("fakelens.benchmarks.peers"), f"{name(path)}: {imported}"


def test_adapters_of_peers_know_nothing_of_fakelens() -> None:
    users = {
        path.name
        for path in sorted(ADAPTERS.glob("*.py"))
        if any(imported.startswith("fakelens") for imported in list_imports(path))
    }
    assert users == {"fakelens_detector.py"}


def test_every_test_file_mirrors_a_module() -> None:
    for room in ROOMS:
        for path in (ROOT / "tests" / room).rglob("test_*.py"):
            mirrored = ROOT / path.relative_to(ROOT / "tests").with_name(path.stem.removeprefix("test_"))
            assert mirrored.with_suffix(".py").is_file() or mirrored.is_dir(), f"{name(path)} tests no module"
