"""The texts that generators write into their files: parameters, prompts, workflows.

Rules of our own: sd-parsers (MIT) reads the same keys, but opens the file a second time, decodes it, and
takes whole texts apart, where a yes or no from a bounded text is wanted.
"""

import re
from collections.abc import Iterator

from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote
from fakelens.edge_runtime.provenance.statements.labels import judge_aigc_label, judge_embedded_labels
from fakelens.edge_runtime.provenance.statements.software import judge_software

_A1111 = (  # each begins with letters, which are searched for fast
    re.compile(r"Steps: ?\d"),
    re.compile(r"Sampler: ?\S"),
    re.compile(r"CFG scale: ?[\d.]"),
    re.compile(r"Seed: ?-?\d"),
)
_A1111_ENOUGH = 3
_FOOOCUS = ("guidance_scale", "scheduler", "seed", "sharpness", "steps")
_FOOOCUS_ENOUGH = 4
_CLASS_TYPE = re.compile(r'"class_type"\s*:\s*"([^"]{1,100})"')
_NODE_TYPE = re.compile(r'"type"\s*:\s*"([^"]{1,100})"')
_NODES = re.compile(r'"nodes"\s*:\s*\[')
_DREAM = re.compile(r'"[^"]{1,4000}"\s[^"]{0,400}?-S ?\d')
_JOB = re.compile(r"Job ID: ?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_MIDJOURNEY_OPTION = re.compile(r"\s--(?:v|ar|niji|style|stylize|s|seed|chaos|q|profile|raw)\b")
_INVOKE_KEYS = ("invokeai_metadata", "invokeai_graph", "invokeai_workflow", "sd-metadata")
_MFLUX = re.compile(r'^\s*\{\s*"mflux_version"\s*:')
_IMAGINAIRY = re.compile(r'"software"\s*:\s*"imaginairy"')


def judge_text(key: str, text: str, source: Source, where: str) -> list[Evidence]:
    """Return what the text under `key` of a PNG chunk, or of a field of EXIF, says."""
    found: list[Evidence] = []
    if generator := _name_generator(key, text):
        found.append(_declare(f"holds the settings of {generator}", text, source, where))
    elif key in ("prompt", "workflow"):
        found += judge_workflow(text, source, where)
    elif key == "AIGC":
        found += judge_aigc_label(text, source, where)
    elif key == "Software":
        found += judge_software(text, source, where)
    elif key in ("Description", "Comment"):
        found += judge_description(text, source, where)
    return found + list(judge_embedded_labels(text, source, where))


def _name_generator(key: str, text: str) -> str:
    """Return the generator whose settings `text` holds; empty where it holds none."""
    if sum(1 for pattern in _A1111 if pattern.search(text)) >= _A1111_ENOUGH:
        return "a Stable Diffusion program (AUTOMATIC1111, Forge, SD.Next or the like)"
    is_object = text.lstrip()[:1] == "{"
    if is_object and sum(f'"{name}"' in text for name in _FOOOCUS) >= _FOOOCUS_ENOUGH:
        return "Fooocus"
    if is_object and key == "Comment" and '"uc"' in text and '"prompt"' in text:
        return "NovelAI"
    if (is_object and key in _INVOKE_KEYS) or (key == "Dream" and _DREAM.match(text)):
        return "InvokeAI"
    if _MFLUX.search(text):
        return "mflux"
    if is_object and _IMAGINAIRY.search(text):
        return "imaginAIry"
    return "DALL·E" if text.startswith("OpenAI--ImageGeneration--") else ""


def judge_workflow(text: str, source: Source, where: str) -> Iterator[Evidence]:
    """Judge a graph of ComfyUI: with a sampler, or without a picture that it loads, it generates."""
    kinds = _CLASS_TYPE.findall(text)
    if not kinds and _NODES.search(text):
        kinds = _NODE_TYPE.findall(text)
    if not kinds:
        return
    samples = any("sampler" in kind.casefold() for kind in kinds)
    loads = any(kind.startswith("LoadImage") for kind in kinds)
    words = ", ".join(dict.fromkeys(kinds))
    if samples or not loads:
        yield _declare("holds a workflow of ComfyUI", words, source, where)
    else:
        yield Evidence(
            source=source,
            strength=Strength.DECLARES_EDITED,
            what="holds a workflow of ComfyUI that loads a picture and runs no sampler",
            words=quote(words),
            where=where,
        )


def judge_description(text: str, source: Source, where: str) -> Iterator[Evidence]:
    """Judge a description for the job number that Midjourney writes behind the prompt.

    Alone it is a note: with one of Midjourney's options in the prompt it is its own.
    """
    if not (found := _JOB.search(text)):
        return
    if _MIDJOURNEY_OPTION.search(text):
        yield _declare("holds a prompt and job number of Midjourney", text, source, where)
    else:
        what = "holds a job number as Midjourney writes it"
        yield Evidence(source=source, strength=Strength.NOTE, what=what, words=quote(found[0]), where=where)


def _declare(what: str, words: str, source: Source, where: str) -> Evidence:
    return Evidence(
        source=source, strength=Strength.DECLARES_GENERATED, what=what, words=quote(words), where=where
    )
