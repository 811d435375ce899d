"""What a page may load: nothing but its own style and script, and answers of its own server."""

import base64
import hashlib
import re


def make_content_policy(
    page: str, *, images: str = "'self'", forms: str = "'none'", attributes: str = "'none'"
) -> str:
    """Return the Content-Security-Policy of `page`: style and script by their digests, no other source.

    `images` and `forms` are the sources of pictures and the targets of forms that are allowed, `attributes`
    what holds for style attributes.
    """
    digests = {
        tag: " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
            for part in re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        )
        for tag in ("style", "script")
    }
    return (
        f"default-src 'none'; style-src {digests['style']}; style-src-attr {attributes}; "
        f"script-src {digests['script']}; img-src {images}; manifest-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
    )
