"""Content of C2PA manifests (Content Credentials), read by structure; no signature is verified here.

A store holds manifests; the last is the picture's own. It tells actions, each with a source type, and names
ingredients: the parent, which the picture was made from, and components, which were put into it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from fakelens.edge_runtime.provenance.credentials.cbor import Cbor, CborError, decode_cbor
from fakelens.edge_runtime.provenance.credentials.jumbf import Content, find_end, walk_jumbf
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote
from fakelens.edge_runtime.provenance.statements.source_types import read_source_type

_MOST_ASSERTION_BYTES = 128 << 10
_MOST_DECODED_BYTES = 512 << 10  # of one store; those with thumbnails hold 50 KB that are decoded
_NOTATIONS = (b"cbor", b"json")
_READ = ("c2pa.claim", "c2pa.actions", "c2pa.ingredient", "stds.iptc")  # labels that are read begin so
_BEGINNINGS = ("c2pa.created", "c2pa.opened")
_STORE = "c2pa"


@dataclass(frozen=True, kw_only=True)
class _Action:
    name: str
    source_type: str
    software: str


@dataclass(kw_only=True)
class _Manifest:
    generator: str = ""
    signed: bool = False
    is_damaged: bool = False  # a part of it is missing, or cannot be read
    assertions: list[Content] = field(default_factory=list)  # as they stand there
    actions: list[_Action] = field(default_factory=list)
    ingredients: list[tuple[str, str]] = field(default_factory=list)  # relationship, label of its manifest


def read_c2pa(data: bytes, where: str) -> list[Evidence]:
    """Return what the JUMBF boxes `data` say: a note that they are there, and each statement in them."""
    manifests = _read_manifests(data)
    if not manifests:
        return []
    own, components = _trace(manifests, _find_active(data, manifests))
    found = list(_judge(own, where))
    if any(item.strength is Strength.DECLARES_GENERATED for item in found):
        found = [item for item in found if item.strength is not Strength.DECLARES_EDITED]
    else:
        found += _judge_components(components, where)
    named = next((manifest.generator for manifest in reversed(own) if manifest.generator), "")
    signed = any(manifest.signed for manifest in own)
    what = "holds Content Credentials" if signed else "holds unsigned Content Credentials"
    if not own:
        what = "holds Content Credentials without those of the picture itself: cut, or not readable"
    note = Evidence(source=Source.C2PA, strength=Strength.NOTE, what=what, words=quote(named), where=where)
    return [*_drop_repeated(found), note]


def _judge(own: list[_Manifest], where: str) -> Iterator[Evidence]:
    for manifest in own:
        begun = manifest.is_damaged or any(action.name in _BEGINNINGS for action in manifest.actions)
        for action in manifest.actions:
            read = read_source_type(action.source_type)
            if read is None or read[0] is Strength.NOTE:
                continue
            strength, meaning, name = read
            if strength is Strength.DECLARES_GENERATED and begun and action.name != "c2pa.created":
                strength, meaning = Strength.DECLARES_EDITED, "edited with generative AI"
            if strength is Strength.SPEAKS_FOR_A_CAMERA and action.name != "c2pa.created":
                continue
            yield Evidence(
                source=Source.C2PA,
                strength=strength,
                what=f"its Content Credentials say: {meaning}",
                words=quote(", ".join(filter(None, (action.software or manifest.generator, name)))),
                where=where,
            )


def _judge_components(components: list[_Manifest], where: str) -> Iterator[Evidence]:
    for item in _judge(components, where):
        if item.strength in (Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED):
            yield Evidence(
                source=Source.C2PA,
                strength=Strength.DECLARES_EDITED,
                what="its Content Credentials name a part that was made or edited by generative AI",
                words=item.words,
                where=where,
            )


def _drop_repeated(found: list[Evidence]) -> list[Evidence]:
    return list(dict.fromkeys(found))


def _find_active(data: bytes, manifests: dict[str, _Manifest]) -> str | None:
    """Return the label of the picture's own manifest, the last of the store; None where that is not there.

    What stands before it in a store that was cut is of pictures that went into this one.
    """
    end = find_end(data, _STORE)
    if end is None:
        return next(reversed(manifests))
    if end.last not in manifests:
        return None
    manifests[end.last].is_damaged |= end.is_cut
    return end.last


def _trace(manifests: dict[str, _Manifest], active: str | None) -> tuple[list[_Manifest], list[_Manifest]]:
    """Return the `active` manifest with those of its parents, the oldest last, and all components."""
    if active is None:
        return [], list(manifests.values())
    own, seen = _follow(manifests, [active], set(), parents_alone=True)
    put_in = [label for manifest in own for _, label in manifest.ingredients if label in manifests]
    components, _ = _follow(manifests, put_in, seen, parents_alone=False)
    return own, components


def _follow(
    manifests: dict[str, _Manifest], waiting: list[str], seen: set[str], *, parents_alone: bool
) -> tuple[list[_Manifest], set[str]]:
    """Return the manifests that `waiting` leads to, past those `seen`, and all that are seen then."""
    found: list[_Manifest] = []
    while waiting:
        label = waiting.pop()
        if label in seen:
            continue
        seen.add(label)
        manifest = manifests[label]
        found.append(manifest)
        # Of 2024, OpenAI's tell no action, and call the one picture that they hold a component.
        is_wrapper = not manifest.actions and not manifest.is_damaged and len(manifest.ingredients) == 1
        waiting += [
            ingredient
            for relationship, ingredient in manifest.ingredients
            if ingredient in manifests and (not parents_alone or is_wrapper or relationship == "parentOf")
        ]
    return found, seen


def _read_manifests(data: bytes) -> dict[str, _Manifest]:
    """Return the manifests by label, in their order; what stands in no store as one of no name."""
    manifests = _find_manifests(data)
    bytes_left = _MOST_DECODED_BYTES
    for manifest in reversed(manifests.values()):  # the picture's own is the last, its parents before it
        for content in manifest.assertions:
            if len(content.data) <= min(bytes_left, _MOST_ASSERTION_BYTES):
                bytes_left -= len(content.data)
                _read_assertion(content, manifest)
            else:
                manifest.is_damaged = True
    return manifests


def _find_manifests(data: bytes) -> dict[str, _Manifest]:
    manifests: dict[str, _Manifest] = {}
    for content in walk_jumbf(data):
        if not any("c2pa" in label for label in content.labels):
            continue
        in_store = len(content.labels) > 2 and content.labels[0] == _STORE
        manifest = manifests.setdefault(content.labels[1] if in_store else "", _Manifest())
        if content.labels[-1] == "c2pa.signature":
            manifest.signed = True
        elif content.labels[-1].startswith(_READ) and content.kind in _NOTATIONS:
            manifest.assertions.append(content)
    return manifests


def _read_assertion(content: Content, manifest: _Manifest) -> None:
    label = content.labels[-1].partition("__")[0]
    body = _decode(content)
    if not isinstance(body, dict):
        manifest.is_damaged = True
    elif label.startswith("c2pa.claim"):
        manifest.generator = _name(body.get("claim_generator_info")) or _name(body.get("claim_generator"))
    elif label.startswith("c2pa.actions"):
        actions = body.get("actions")
        for action in actions if isinstance(actions, list) else []:
            if isinstance(action, dict):
                manifest.actions.append(
                    _Action(
                        name=_text(action.get("action")),
                        source_type=_text(action.get("digitalSourceType")),
                        software=_name(action.get("softwareAgent")),
                    )
                )
    elif label.startswith("c2pa.ingredient"):
        named = body.get("activeManifest") or body.get("c2pa_manifest")
        address = _text(named.get("url")) if isinstance(named, dict) else ""
        ingredient = address.partition("/c2pa/")[2].partition("/")[0]
        manifest.ingredients.append((_text(body.get("relationship")), ingredient))
    elif label == "stds.iptc":  # before 2023, beside actions without a source type
        source_type = _text(body.get("Iptc4xmpExt:DigitalSourceType"))
        manifest.actions.append(_Action(name="c2pa.created", source_type=source_type, software=""))


def _decode(content: Content) -> Cbor:
    data = bytes(content.data)
    text = data.decode("utf-8-sig", "replace") if content.kind == b"json" else ""
    try:
        return decode_cbor(data) if content.kind == b"cbor" else json.loads(text)
    except (CborError, ValueError, RecursionError):
        return None


def _name(value: Cbor) -> str:
    """Return the name of a program, which stands as text, as a map, or as a list of maps."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return _text(value)


def _text(value: Cbor) -> str:
    return value if isinstance(value, str) else ""
