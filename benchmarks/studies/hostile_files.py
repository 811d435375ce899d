"""Thousands of damaged files: does asking them what they say ever fail, hang or fill the memory?

Run as `python -m fakelens.benchmarks.studies.hostile_files [PATH...]`: files made here, and those under
PATH, are cut, changed and lengthened at random, always the same way for a seed, and asked with their
signatures (where the extra `c2pa` is there). Exit code 1 where one raised, took over `--max-seconds` of the
processor, or where the process grew by over `--max-mb`.
"""

import io
import json
import random
import struct
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fakelens.benchmarks.command import run_command
from fakelens.edge_runtime.errors import GateError, UsageError
from fakelens.edge_runtime.pictures.sources import walk_images
from fakelens.edge_runtime.provenance.inspection import Inspection

_MOST_SEEDS, _MOST_SEED_BYTES = 200, 3_000_000
_SIZE = (16, 16)
_PNG_HEAD = 33  # bytes: signature and header chunk
_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_SETTINGS = "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 8x8"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:e="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    f'e:DigitalSourceType="{_SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta>'
).encode()
_MAKE, _MODEL, _SOFTWARE = 0x010F, 0x0110, 0x0131


@dataclass(frozen=True, kw_only=True)
class HostileResult:
    """What became of all the files."""

    files: int
    speaking: int  # of them, said something all the same
    slowest_s: float  # of the processor's time
    grown_bytes: int  # of the process's peak memory


def hostile(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders to damage, too.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many damaged files.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the damage.")] = 24,
    max_seconds: Annotated[float, typer.Option(min=0, help="Of the processor, for a file.")] = 2.0,
    max_mb: Annotated[float, typer.Option(min=0, help="That the process may grow by.")] = 500.0,
) -> None:
    """Ask damaged files what they say, and print how the worst of them went."""
    result = ask_damaged([*make_seeds(), *read_seeds(paths or [])], count, seed)
    typer.echo(
        f"{result.files:,} damaged files: none raised, {result.speaking:,} say something all the same; the "
        f"slowest took {result.slowest_s * 1e3:.0f} ms of the processor; the process grew by "
        f"{result.grown_bytes / 1e6:.0f} MB"
    )
    if result.slowest_s > max_seconds:
        raise GateError(f"the slowest took {result.slowest_s:.2f} s, over {max_seconds:g}")
    if result.grown_bytes > max_mb * 1e6:
        raise GateError(f"the process grew by {result.grown_bytes / 1e6:.0f} MB, over {max_mb:g}")


def ask_damaged(seeds: Sequence[bytes], count: int, seed: int) -> HostileResult:
    """Ask `count` damaged copies of `seeds`; `GateError` with the number of the first that raises."""
    chance = random.Random(seed)
    before = _peak_bytes()
    speaking, slowest_s = 0, 0.0
    for number in range(count):
        file = damage(seeds[number % len(seeds)], chance)
        start = time.process_time()
        try:
            speaking += bool(Inspection(file).conclude())
        except Exception as error:
            raise GateError(f"file {number} of seed {seed}: {type(error).__name__}: {error}") from error
        slowest_s = max(slowest_s, time.process_time() - start)
    grown = _peak_bytes() - before
    return HostileResult(files=count, speaking=speaking, slowest_s=slowest_s, grown_bytes=grown)


def damage(file: bytes, chance: random.Random) -> bytes:
    """Change some bytes of `file`, cut, repeat or swap pieces, or put an extreme length somewhere."""
    data = bytearray(file)
    for _ in range(chance.randint(1, 8)):
        at, length = chance.randrange(len(data)), chance.randint(1, 40)
        match chance.randrange(6):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at : at + length] = chance.randbytes(length)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length] * chance.randint(1, 30)
            case 4:
                data[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1"))
            case _:
                del data[max(1, at) :]
        data = data or bytearray(b"\0")
    return bytes(data)


def make_seeds() -> list[bytes]:
    """Return files of each container that say something."""
    exif = Image.Exif()
    exif[_MAKE], exif[_MODEL], exif[_SOFTWARE] = "Canon", "Canon EOS R5", "NovelAI"
    texts = PngInfo()
    texts.add_text("parameters", _SETTINGS, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    png = _save("PNG", pnginfo=texts, exif=exif)
    chunk = b"caBX" + _make_store()
    credentials = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return [
        png,
        png[:_PNG_HEAD] + credentials + png[_PNG_HEAD:],
        _save("JPEG", exif=exif, comment=_SETTINGS),
        _save("WEBP", exif=exif, xmp=_XMP),
        _save("GIF", comment=_SETTINGS),
        _save("TIFF", exif=exif),
    ]


def read_seeds(paths: Sequence[Path]) -> list[bytes]:
    """Return the files among and under `paths`, the small ones; `UsageError` where one is not there."""
    found: list[bytes] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: no such file or folder")
        for file in walk_images(path) if path.is_dir() else [path]:
            if file.stat().st_size <= _MOST_SEED_BYTES and len(found) < _MOST_SEEDS:
                found.append(file.read_bytes() or b"\0")
    return found


def _save(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", _SIZE, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def _make_store() -> bytes:
    """Content Credentials that nobody signed: boxes in boxes, one of them with actions."""
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": _SOURCE_TYPE}]}
    content = _make_box(b"json", json.dumps(actions).encode())
    for label in ("c2pa.actions", "c2pa.assertions", "urn:c2pa:1", "c2pa"):
        description = _make_box(b"jumd", bytes(16) + b"\3" + label.encode() + b"\0")
        content = _make_box(b"jumb", description + content)
    return content


def _make_box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def _peak_bytes() -> int:
    """Return the most memory that this process has taken so far; 0 where the system does not say."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    run_command(hostile)
