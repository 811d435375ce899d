"""docs/scale.md and examples/kubernetes: the arithmetic adds up, Spark runs the ten lines, linters agree."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
KUBERNETES = ROOT / "examples" / "kubernetes"
RATE, DOLLARS_AN_HOUR = 100, 0.40  # as the page assumes

_SPARK = """
import json, sys
from pyspark.sql import SparkSession
spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
         .config("spark.driver.memory", "512m").config("spark.driver.host", "127.0.0.1")
         .config("spark.driver.bindAddress", "127.0.0.1").getOrCreate())
paths = {paths!r}
{blocks}
print(json.dumps(sorted(row.line for row in lines.collect())))
print(json.dumps(sorted(row.line for row in rows.collect() if row.id == 7)))
piped = spark.sparkContext.parallelize(paths, 1).pipe({command!r}, checkCode=True).collect()
print(json.dumps(sorted(piped)))
"""


def test_hours_and_dollars_follow_from_what_the_page_assumes() -> None:
    rows = re.findall(r"^\| ([\d,]+) \| (\d+) \| ([\d.]+) \| ([\d.,]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for pictures, machines, hours, dollars in rows:
        took = int(pictures.replace(",", "")) / (RATE * int(machines) * 3600)
        assert f"{took:.1f}" == hours
        assert float(dollars.replace(",", "")) == pytest.approx(
            took * int(machines) * DOLLARS_AN_HOUR, rel=0.01
        )


@pytest.mark.slow
@pytest.mark.long
def test_spark_gives_the_lines_of_a_scan(
    tmp_path: Path,
    save_grey: Callable[[Path, int], Path],
    fakelens: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    pytest.importorskip("pyspark", reason="needs pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    paths = [str(save_grey(tmp_path / f"{level}.png", level)) for level in (10, 128, 220)]
    paths.append(str(tmp_path / "gone.png"))
    scanned = fakelens(
        "scan", "-", "-o", "-", "--model", "cifake-quick", stdin="\n".join(paths).encode()
    ).stdout.splitlines()
    section = PAGE.partition("## Spark\n")[2].partition("\n## ")[0]
    blocks = "\n".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
    scan = f"{Path(sys.executable).parent}/fakelens scan - -o - --threads 1 --allow-errors 100"
    command = f"{scan} --model cifake-quick"
    script = tmp_path / "spark.py"
    script.write_text(_SPARK.format(paths=paths, blocks=blocks, command=command))
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    predicted, mapped, piped = map(json.loads, done.stdout.splitlines())
    assert predicted == mapped == piped == sorted(scanned)


@pytest.mark.parametrize(
    ("linter", "arguments"),
    [
        ("hadolint", [str(KUBERNETES / "Dockerfile")]),
        ("yamllint", ["-d", "{extends: default, rules: {line-length: {max: 110}}}", str(KUBERNETES)]),
        ("kubernetes-validate", [str(KUBERNETES / "scan-job.yaml")]),
    ],
)
def test_linters_find_nothing_in_the_examples(linter: str, arguments: list[str]) -> None:
    program = Path(sys.executable).with_name(linter)
    if not program.exists():
        pytest.skip(f"{linter} is not installed: pip install {linter}")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_image_builds_and_runs_read_only() -> None:
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode:
        pytest.skip("docker does not run here")
    build = ["docker", "build", "-q", "-f", str(KUBERNETES / "Dockerfile"), str(ROOT)]
    image = subprocess.run(build, capture_output=True, text=True, check=True).stdout.strip()
    run = ["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", image, "scan", "--help"]
    assert "INPUT" in subprocess.run(run, capture_output=True, text=True, check=True).stdout
