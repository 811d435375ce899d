"""The iOS kit: its Swift compiles, its rules do what the Python side does, its two manifests agree."""

import re
import shutil
import subprocess
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from fakelens.convert.ship.kit import write_assets, write_kit
from fakelens.convert.ship.layout import LAYOUTS, Platform
from fakelens.convert.ship.templates import find_template, list_template
from fakelens.edge_runtime.modelfile.library import find_model

KIT = find_template(Platform.IOS)
RULES = Path("Sources/Fakelens")
PROVENANCE = Path("Provenance")
SWIFT = [path for path in list_template(KIT) if path.suffix == ".swift"]
RUNNER = Path(__file__).parent / "ios" / "main.swift"
VENDOR = Path(__file__).parent / "ios" / "TensorFlowLite.swift"
needs_swift = pytest.mark.skipif(shutil.which("swiftc") is None, reason="needs swiftc, such as of .ci/swift")


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The kit's rules with the program that runs them on vectors, compiled."""
    target = tmp_path_factory.mktemp("swift") / "check"
    rules = [
        path
        for folder in (KIT / RULES, KIT / RULES / PROVENANCE)
        for path in folder.glob("*.swift")
        if path.name != "Kit.swift"  # its bundle is not there
    ]
    run("swiftc", "-warnings-as-errors", "-O", "-o", str(target), *map(str, rules), str(RUNNER))
    return str(target)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """The kit as `fakelens ship` writes it."""
    assets, kit = tmp_path / "assets", tmp_path / "kit"
    assets.mkdir()
    write_assets(find_model("photo"), assets)
    write_kit(Platform.IOS, assets, kit)
    return kit


@pytest.mark.parametrize("path", SWIFT, ids=str)
def test_every_swift_file_parses(path: Path, find_syntax_error: Callable[[str, Path], str]) -> None:
    assert not find_syntax_error("tree_sitter_swift", KIT / path)


def test_the_rules_are_plain_swift() -> None:
    """Foundation is everywhere that Swift is; the rest stands behind a condition in a folder of its own."""
    for path in list_template(KIT / RULES):
        text = (KIT / RULES / path).read_text()
        if path.parent in (Path(), PROVENANCE):
            imported = set(re.findall(r"^import (\S+)", text, re.MULTILINE))
            assert imported <= {"Foundation"}, path
            behind_a_condition = set(re.findall(r"^\s+import (\S+)", text, re.MULTILINE))
            assert behind_a_condition <= {"Compression"}, path
        else:
            assert text.startswith("#if "), path
            assert text.rstrip().endswith("#endif"), path


def test_the_pod_has_the_files_of_the_package(kit: Path) -> None:
    text = (KIT / "Fakelens.podspec").read_text()
    patterns = re.findall(r"'((?:Sources|Tests)/[^']+)'", text)
    files = [path.relative_to(kit).as_posix() for path in kit.rglob("*") if path.is_file()]
    delivered = [name for name in files if name.startswith(("Sources/", "Tests/"))]
    for name in delivered:
        matching = [p for p in patterns if fnmatch(name, p) and name.count("/") == p.count("/")]
        assert len(matching) == 1, f"{name} is matched by {matching}"
    for pattern in patterns:
        assert any(fnmatch(name, pattern) for name in files), f"nothing is matched by {pattern}"


def test_the_package_copies_what_ship_writes(kit: Path) -> None:
    copied = set(re.findall(r'\.copy\("(.+?)"\)', (KIT / "Package.swift").read_text()))
    layout = LAYOUTS[Platform.IOS]
    written = {f"Resources/{path.name}" for path in (kit / layout.assets).iterdir()}
    assert copied == written | {"Resources/vectors"}
    assert (kit / "Tests/FakelensTests/Resources/vectors/vectors.json").is_file()
    assert (kit / "Tests/FakelensTests/Resources/vectors/statements.json").is_file()
    opened = re.findall(r'find\("(\w+)", "(\w+)"\)', (KIT / RULES / "Kit.swift").read_text())
    assert {"Resources/" + ".".join(name) for name in opened} <= copied
    assert len(opened) == 2


def test_the_read_me_names_what_exists() -> None:
    text = (KIT / "README.md").read_text()
    for name in re.findall(r"`((?:Sources|Tests)/[\w/]+/)", text):
        assert (KIT / name).is_dir() or name.endswith("Resources/"), name
    for subspec in re.findall(r"pod 'Fakelens/(\w+)'", text):
        assert f"s.subspec '{subspec}'" in (KIT / "Fakelens.podspec").read_text()
    assert "not yet run on a device" in text


@needs_swift
@pytest.mark.slow
def test_the_model_is_given_the_same_bytes_as_by_python(checker: str, rules_case: Any) -> None:
    rules_case.compare(run(checker, str(rules_case.assets), str(rules_case.work)))


@needs_swift
@pytest.mark.slow
def test_the_scorer_on_litert_fits_what_the_vendor_declares(tmp_path: Path) -> None:
    module = str(tmp_path / "TensorFlowLite.swiftmodule")
    run("swiftc", "-module-name", "TensorFlowLite", "-emit-module-path", module, "-emit-module", str(VENDOR))
    files = [str(KIT / path) for path in SWIFT if path.is_relative_to(RULES)]
    run("swiftc", "-typecheck", "-warnings-as-errors", "-I", str(tmp_path), *files)


@needs_swift
@pytest.mark.slow
def test_the_written_package_builds_and_its_tests_pass(kit: Path) -> None:
    printed = run("swift", "test", "--package-path", str(kit))
    counts = re.findall(r"Executed (\d+) tests?, with 0 failures", printed)
    assert max(map(int, counts)) >= 15, printed  # of one suite, then of all
