"""docs/python.md does what it shows, and the public names load nothing before they are used."""

import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python.md"
PUBLIC = {"Detector", "Evidence", "Label", "Region", "Verdict", "errors", "list_models", "load_image"}


def test_the_page_runs_block_after_block(tmp_path: Path) -> None:
    Image.effect_noise((300, 200), 40).convert("RGB").save(tmp_path / "photo.jpg")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 4
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "P(fake)" in done.stdout
    assert "not an image" in done.stdout


def test_a_public_name_is_loaded_when_it_is_used() -> None:
    code = (
        "import sys, fakelens.edge_runtime as public\n"
        "assert not {'numpy', 'PIL', 'ai_edge_litert'} & set(sys.modules)\n"
        f"assert set(public.__all__) == {PUBLIC!r}\n"
        "for name in public.__all__: getattr(public, name)\n"
        "assert public.Detector.__name__ == 'Detector' and public.errors.ImageError\n"
        "assert not {'tensorflow', 'cv2'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_runs_as_the_command() -> None:
    command = [sys.executable, "-m", "fakelens.edge_runtime", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "check" in done.stdout
