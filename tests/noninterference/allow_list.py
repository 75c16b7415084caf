"""What may differ between two answers to the same request. Each line is a decision: add none lightly."""

import re
from typing import Final

# A form's token is drawn anew for every page (Django masks it against compression attacks).
MASKED: Final = (re.compile(rb'(name="csrfmiddlewaretoken" value=")\w+(")'),)
# The length holds the token's; the length of the masked body is compared in its place. "Expires" on the
# account pages is the second of the answer.
NOT_COMPARED: Final = frozenset({"Content-Length", "Expires"})
# Cookie values are random; their names and attributes are compared.
COOKIE_VALUE: Final = re.compile(r"=[^;]*")


def masked(body: bytes) -> bytes:
    """Return the body without what may differ."""
    for pattern in MASKED:
        body = pattern.sub(rb"\1\2", body)
    return body


def masked_cookie(header: str) -> str:
    """Return a Set-Cookie header without the cookie's value and its end in time."""
    name, _, rest = header.partition("=")
    attributes = [part.strip() for part in rest.split(";")[1:] if not part.strip().startswith("expires")]
    return "; ".join([name, *attributes])
