"""Text and JSON as they are stored: whatever a form or a server sent, a database takes it."""

import json
import math
from collections.abc import Mapping
from typing import Any


def clean_text(text: str) -> str:
    """Return text as it is stored: LF line ends, no outer blanks, nothing that a database refuses.

    HTML forms send CRLF; PostgreSQL refuses NUL; a lone surrogate has no UTF-8 form.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def clean_json(value: Any) -> Any:
    """Return a JSON value that a database accepts; inner and outer blanks stay.

    NaN and infinity, which JSON does not have but some servers send, become texts.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {clean_json(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, characters as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
