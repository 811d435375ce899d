"""The Android kit: its Kotlin compiles, its rules do what the Python side does, its build files agree."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakelens.convert.ship.kit import write_assets, write_kit
from fakelens.convert.ship.layout import LAYOUTS, Platform
from fakelens.convert.ship.templates import find_template, list_template
from fakelens.edge_runtime.modelfile.library import find_model

KIT = find_template(Platform.ANDROID)
RULES = "fakelens/src/main/kotlin/fakelens"
UNIT_TESTS = "fakelens/src/test/kotlin/fakelens"
KOTLIN = [path for path in list_template(KIT) if path.suffix in {".kt", ".kts"}]
RUNNER = Path(__file__).parent / "android" / "CheckVectors.kt"
VENDOR = RUNNER.parent / "vendor"
ROOT = Path(__file__).parents[3]
STATEMENTS = find_template(Platform.WEB) / LAYOUTS[Platform.WEB].statements  # which ship copies
BRIEF = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # for a JVM of seconds: half the work
JARS = [Path("/usr/share/java") / name for name in ("json-android.jar", "junit4.jar", "hamcrest.jar")]


def find_compiler() -> str | None:
    """Kotlin's compiler where it is installed, or where CI puts the npm package of it."""
    package = ROOT / "build/kotlin/node_modules/kotlin-compiler/bin/kotlinc"
    return shutil.which("kotlinc") or (str(package) if package.is_file() else None)


@pytest.fixture(scope="module")
def classpath(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The kit's rules, their unit tests and the program that runs them on vectors, for a plain JVM.

    Its scorer on LiteRT is compiled too, against what the vendor declares.
    """
    compiler = find_compiler()
    if compiler is None or shutil.which("java") is None:
        pytest.skip("needs java and kotlinc: npm install --prefix build/kotlin kotlin-compiler")
    missing = [str(jar) for jar in JARS if not jar.is_file()]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: apt-get install junit4 libandroid-json-org-java")
    target = tmp_path_factory.mktemp("kotlin") / "rules.jar"
    sources = [
        *(KIT / RULES).glob("*.kt"),
        *(KIT / RULES / "provenance").glob("*.kt"),
        *(KIT / UNIT_TESTS).glob("*.kt"),
        KIT / RULES / "android/LiteRtScorer.kt",
        *VENDOR.glob("*.java"),
        RUNNER,
    ]
    libraries = os.pathsep.join(map(str, JARS))
    options = ["-Werror", "-jvm-target", "17", "-cp", libraries, "-d", str(target)]
    runtime = Path(compiler).resolve().parents[1] / "lib/kotlin-stdlib.jar"
    run("bash", compiler, *options, *map(str, sources), JAVA_OPTS=" ".join(("-Xmx512M", *BRIEF)))
    return os.pathsep.join([str(target), str(runtime), libraries, str(STATEMENTS)])


def run(*command: str, **variables: str) -> str:
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("path", KOTLIN, ids=str)
def test_every_kotlin_file_parses(path: Path, find_syntax_error: Callable[[str, Path], str]) -> None:
    assert not find_syntax_error("tree_sitter_kotlin", KIT / path)


def test_the_rules_are_plain_kotlin() -> None:
    """They compile and run on any JVM; org.json is a part of Android with a twin outside."""
    allowed = ("java.", "kotlin.", "org.json.", "fakelens.provenance.")
    for path in [*(KIT / RULES).glob("*.kt"), *(KIT / RULES / "provenance").glob("*.kt")]:
        for imported in re.findall(r"^import (\S+)", path.read_text(), re.MULTILINE):
            assert imported.startswith(allowed), f"{path.name} imports {imported}"


def test_build_files_name_what_the_catalog_has() -> None:
    catalog = tomllib.loads((KIT / "gradle/libs.versions.toml").read_text())
    entries = {
        **catalog["libraries"],
        **{f"plugins-{name}": part for name, part in catalog["plugins"].items()},
    }
    versions = {entry["version"]["ref"] for entry in entries.values()}
    assert versions == set(catalog["versions"])  # none missing, none left over
    used = set()
    for name in ("build.gradle.kts", "fakelens/build.gradle.kts"):
        used |= set(re.findall(r"\blibs\.([a-z0-9.]+)", (KIT / name).read_text()))
    assert used == {name.replace("-", ".") for name in entries}


def test_the_kit_looks_for_assets_where_ship_puts_them(tmp_path: Path) -> None:
    assets, kit = tmp_path / "assets", tmp_path / "kit"
    assets.mkdir()
    write_assets(find_model("photo"), assets)
    write_kit(Platform.ANDROID, assets, kit)
    opened = re.findall(r'"(fakelens/[a-z.]+)"', (kit / RULES / "android/Kit.kt").read_text())
    assert len(opened) == 2
    for name in opened:
        assert (kit / "fakelens/src/main/assets" / name).is_file()
    tests = kit / "fakelens/src/androidTest"
    folder = re.search(r'FOLDER = "(.+)"', (tests / "kotlin/fakelens/android/ParityTest.kt").read_text())
    assert folder is not None
    assert (tests / "assets" / folder[1] / "vectors.json").is_file()
    assert (kit / "fakelens/src/test/resources/statements.json").is_file()


def test_the_read_me_names_files_that_exist() -> None:
    text = (KIT / "README.md").read_text()
    names = {path.name for path in list_template(KIT)}
    for name in re.findall(r"\b\w+\.kt\b", text):
        assert name in names, name
    assert "not yet run on a device" in text


@pytest.mark.slow
def test_the_unit_tests_of_the_kit_pass(classpath: str) -> None:
    names = [f"fakelens.{path.stem}" for path in (KIT / UNIT_TESTS).glob("*Test.kt")]
    assert len(names) == 6
    printed = run("java", *BRIEF, "-cp", classpath, "org.junit.runner.JUnitCore", *names)
    ran = re.search(r"OK \((\d+) tests?\)", printed)
    assert ran is not None
    assert int(ran[1]) >= 20


@pytest.mark.slow
def test_the_model_is_given_the_same_bytes_as_by_python(classpath: str, rules_case: Any) -> None:
    arguments = [str(rules_case.assets), str(rules_case.work)]
    rules_case.compare(run("java", *BRIEF, "-cp", classpath, "CheckVectorsKt", *arguments))
