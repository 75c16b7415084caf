"""Pseudonyms and arm codes: a permutation keyed with the study's secret, so that no order tells anything."""

import hashlib
import hmac
from collections.abc import Hashable, Iterable, Mapping
from string import ascii_uppercase
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def keyed_digest(secret: str, purpose: str, text: str) -> str:
    """Return HMAC-SHA256 (hex) of `text` under the study's secret (hex); `purpose` keeps uses apart."""
    return hmac.new(bytes.fromhex(secret), f"{purpose}\x00{text}".encode(), hashlib.sha256).hexdigest()


def shuffled(secret: str, purpose: str, names: Mapping[Key, str]) -> list[Key]:
    """Return the keys in the order of the keyed hashes of their names: the same for the same secret."""
    return sorted(names, key=lambda key: keyed_digest(secret, purpose, names[key]))


def numbered(prefix: str, keys: Iterable[Key]) -> dict[Key, str]:
    """Give each key its pseudonym: S01, S02 ... with as many digits as the last needs, at least two."""
    ordered = list(keys)
    width = max(2, len(str(len(ordered))))
    return {key: f"{prefix}{place:0{width}d}" for place, key in enumerate(ordered, start=1)}


def lettered(keys: Iterable[Key]) -> dict[Key, str]:
    """Give each key a code: A, B ... Z, then AA, AB ..."""
    return {key: _letters(place) for place, key in enumerate(keys)}


def _letters(place: int) -> str:
    first, last = divmod(place, len(ascii_uppercase))
    return (_letters(first - 1) if first else "") + ascii_uppercase[last]
