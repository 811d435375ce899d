"""A kit gets the template's source files, all of them, and nothing that building or editing it left there."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from fakelens.convert.ship.layout import LAYOUTS, Platform
from fakelens.convert.ship.templates import copy_template, find_template, list_template

ROOT = Path(__file__).resolve().parents[3]
NEEDED = {
    Platform.WEB: ("README.md", "package.json", ".gitignore"),
    Platform.ANDROID: ("README.md", "settings.gradle.kts", ".gitignore"),
    Platform.IOS: ("README.md", "Package.swift", ".gitignore"),
}
LEFTOVERS = (
    "node_modules/left-pad/index.js",
    "src/node_modules/x.js",
    "dist/index.html",
    "build/outputs/a.txt",
    "fakelens/build/a.txt",
    "public/litert/litert.wasm",
    "test-results/a.png",
    "playwright-report/index.html",
    ".gradle/caches/a",
    ".build/debug/a",
    ".swiftpm/a",
    ".vite/deps/a.js",
    ".idea/workspace.xml",
    ".env",
    ".DS_Store",
    "local.properties",
    "npm-debug.log",
    "tsconfig.tsbuildinfo",
)
SOURCES = (".gitignore", "README.md", "gradlew", "src/main.ts", "src/.gitignore", "public/icon.svg")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree that was built, tested and opened in editors."""
    root = tmp_path / "tree"
    for name in (*SOURCES, *LEFTOVERS):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "gradlew").chmod(0o755)
    (root / "linked").symlink_to(root / "src")
    return root


def test_leftovers_and_foreign_dotfiles_stay_behind(tree: Path) -> None:
    assert list_template(tree) == sorted(map(Path, SOURCES))


def test_a_copy_keeps_the_bytes_and_the_mode_and_leaves_out_what_is_asked(tree: Path, tmp_path: Path) -> None:
    (tree / "public" / "vectors").mkdir()
    (tree / "public" / "vectors" / "stale.png").touch()
    copy_template(tree, tmp_path / "copy", left_out="public/vectors")
    copied = {
        path.relative_to(tmp_path / "copy") for path in (tmp_path / "copy").rglob("*") if path.is_file()
    }
    assert copied == set(map(Path, SOURCES))
    assert (tmp_path / "copy" / "src" / "main.ts").read_text() == "src/main.ts"
    assert (tmp_path / "copy" / "gradlew").stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize("platform", list(Platform))
def test_the_template_in_the_package_has_what_a_project_needs(platform: Platform) -> None:
    listed = {name.as_posix() for name in list_template(find_template(platform))}
    assert set(NEEDED[platform]) <= listed


@pytest.mark.parametrize("platform", list(Platform))
def test_a_kit_gets_exactly_the_source_files_of_the_checkout(platform: Platform) -> None:
    """A rule of this module that swallows a source file, or lets one pass that git ignores, fails here."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs the git checkout, to tell source from what was made in it")
    folder = ROOT / "convert" / "ship" / platform
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."]
    names = subprocess.run(listing, cwd=folder, capture_output=True, text=True, check=True).stdout
    layout = LAYOUTS[platform]
    places = layout.assets, layout.vectors  # filled by `ship`
    expected = {Path(name) for name in names.split("\0") if name and (folder / name).is_file()}
    kept = {name for name in list_template(folder) if not any(name.is_relative_to(p) for p in places)}
    assert kept == {name for name in expected if not any(name.is_relative_to(p) for p in places)}
