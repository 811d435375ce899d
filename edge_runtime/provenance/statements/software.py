"""Programs that do nothing but generate pictures, by the exact name in the field for the program."""

import re
from collections.abc import Iterator

from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote

# At the start of the field, which a program fills with its own name; editors with AI functions are not here.
_GENERATORS = re.compile(
    r"(imaginairy / stable diffusion|novelai|mflux|midjourney|invokeai|comfyui|fooocus|stable diffusion|"
    r"automatic1111|easy diffusion|draw things)\b",
    re.IGNORECASE,
)


def judge_software(value: str, source: Source, where: str) -> Iterator[Evidence]:
    """Judge a field that names the program which wrote the file."""
    if _GENERATORS.match(value.strip()):
        yield Evidence(
            source=source,
            strength=Strength.DECLARES_GENERATED,
            what="the field for its software names a generator",
            words=quote(value),
            where=where,
        )
