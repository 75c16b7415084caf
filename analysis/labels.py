"""Names that a reader sees for sources of verdicts and variants; standard library only."""

from collections.abc import Mapping
from typing import Any


def source_label(record: Mapping[str, Any]) -> str:
    """Who gave the verdict."""
    return f"Judge {record['source']}" if record["is_judge"] else "Clinicians"


def variant_label(variant: str) -> str:
    """The variant's name as a reader knows it."""
    return variant.replace("_", " ")
