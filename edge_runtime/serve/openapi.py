"""The description of the server for programs: OpenAPI 3.1."""

from importlib.metadata import version
from typing import Any

from fakelens.edge_runtime.detection.verdict import Label
from fakelens.edge_runtime.serve.limits import Limits

_ROW = {
    "type": "object",
    "description": "What `fakelens check --json` prints for one picture; fields are only ever added.",
    "required": ["path", "verdict"],
    "properties": {
        "path": {"type": "string", "description": "The name that came with the picture; - without one."},
        "verdict": {"type": ["string", "null"], "enum": [*(str(label) for label in Label), None]},
        "p_fake": {"type": "number", "minimum": 0, "maximum": 1, "description": "P(fake) of the pixels."},
        "model": {"type": "string"},
        "ms": {"type": "number", "description": "Decoding, preprocessing and inference."},
        "error": {"type": "string", "description": "Why there is no verdict."},
        "note": {"type": "string", "description": "What to know of how the picture was read."},
        "reason": {"type": "string", "description": "Why there is nothing left to see."},
        "pixels": {"type": ["string", "null"], "description": "The pixels' answer, where the file decided."},
        "evidence": {
            "type": "array",
            "description": "What the file says of itself.",
            "items": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "views": {"type": "object", "additionalProperties": {"type": "number"}},
        "moments": {"type": "array", "items": {"type": "object"}, "description": "P(fake) over time."},
        "grid": {"type": "array", "items": {"type": "object"}},
        "heatmap": {"type": "string", "description": "With ?heatmap=png: a data: URL of a PNG."},
    },
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "string", "description": "One line, with the remedy."}},
}
_REFUSALS = {
    400: "A parameter that does not exist, a form without a file, or one that ended early.",
    408: "The picture came too slowly.",
    413: "Over a limit of size or number.",
    415: "A Content-Type that holds no pictures.",
    429: "Too many pictures wait already; Retry-After says how long to wait.",
    503: "No answer in time.",
}


def describe_api(limits: Limits, *, has_token: bool, has_heatmap: bool) -> dict[str, Any]:
    """Return the description as JSON data."""
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "fakelens",
            "version": version("fakelens"),
            "description": "Tells fake pictures from real ones. A verdict is evidence, no proof.",
        },
        "paths": {
            "/check": {"post": _describe_check(limits, has_heatmap)},
            "/healthz": {"get": _describe_text("Whether the server works; needs no token.", "text/plain")},
            "/metrics": {"get": _describe_text("What was counted, for Prometheus.", "text/plain")},
            "/openapi.json": {"get": _describe_text("This description.", "application/json", "object")},
        },
        "components": {"schemas": {"Row": _ROW, "Error": _ERROR}},
    }
    if has_token:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"token": []}]
        described["paths"]["/healthz"]["get"]["security"] = []
        for path, methods in described["paths"].items():
            if path != "/healthz":
                for operation in methods.values():
                    operation["responses"]["401"] = _refuse("The token is missing.")
    return described


_TEXT = {"type": "string"}


def _describe_check(limits: Limits, has_heatmap: bool) -> dict[str, Any]:
    row = {"$ref": "#/components/schemas/Row"}
    bytes_alone = {"schema": {"type": "string", "format": "binary"}}
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "array", "items": _binary(), "minItems": 1}},
    }
    parameters = [
        _describe_query("name", "A name for a picture that is sent without a form.", {"maxLength": 255})
    ]
    if has_heatmap:
        parameters.append(_describe_query("heatmap", "Also where the model sees traces.", {"enum": ["png"]}))
    responses: dict[str, Any] = {
        "200": {
            "description": "One picture: its row. Several: a row a line, in their order. "
            "As HTML: an answer card each.",
            "content": {
                "application/json": {"schema": row},
                "application/x-ndjson": {"schema": _TEXT},
                "image/png": {"schema": _binary()},
                "text/html": {"schema": _TEXT},
            },
        },
        "403": _refuse("Sent by a page of another site, or under a foreign host name."),
        "422": _answer("The one picture cannot be read; `error` says why.", "application/json", row),
    }
    for status, text in _REFUSALS.items():
        responses[str(status)] = _refuse(text)
    responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
    return {
        "operationId": "check",
        "summary": "Check one picture or several",
        "description": f"At most {limits.max_mb} MB a request, {limits.max_megapixels} megapixels a picture, "
        f"{limits.queue} pictures at once.",
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "image/*": bytes_alone,
                "application/octet-stream": bytes_alone,
            },
        },
        "responses": responses,
    }


def _binary() -> dict[str, str]:
    return {"type": "string", "format": "binary"}


def _describe_query(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string", **schema}}


def _describe_text(summary: str, media_type: str, kind: str = "string") -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": _answer(summary, media_type, {"type": kind})}}


def _answer(text: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {media_type: {"schema": schema}}}


def _refuse(text: str) -> dict[str, Any]:
    return _answer(text, "application/json", {"$ref": "#/components/schemas/Error"})
