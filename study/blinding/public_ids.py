"""Ids and waves that tell nothing: keyed with the study's secret, independent of author, order and time.
Pure.
"""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

UNRATED: Final = 0  # the wave of what judges alone read
PUBLIC_ID_LENGTH: Final = 26  # 130 of the 256 bits: no collision, and no way back


def text_sha256(sections: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) of a response's canonical text, whatever the order of its sections."""
    # PostgreSQL hands a stored object back with its names in another order.
    text = json.dumps(dict(sections), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def public_id(secret: str, vignette_code: str, sections: Mapping[str, str], count: int) -> str:
    """Return the public id of the `count`-th equal text of a vignette: base32 of HMAC-SHA256, cut to 26
    characters.

    `secret` is the study's secret as 64 hexadecimal digits. Equal worlds give equal ids whoever wrote the
    text.
    """
    message = f"{vignette_code}\n{text_sha256(sections)}\n{count}".encode()
    digest = hmac.new(bytes.fromhex(secret), message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:PUBLIC_ID_LENGTH]


def public_ids(secret: str, texts: Iterable[tuple[str, Mapping[str, str]]]) -> list[str]:
    """Return one id per (vignette code, sections), counting equal texts of one vignette from 1."""
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for code, sections in texts:
        same = (code, text_sha256(sections))
        seen[same] += 1
        ids.append(public_id(secret, code, sections, seen[same]))
    return ids


def secret_of_simulation(slug: str, seed: int) -> str:
    """Return a simulated study's secret (64 hexadecimal digits), so that a rerun gives the same ids."""
    return hashlib.sha256(f"simulated study\n{slug}\n{seed}".encode()).hexdigest()


def waves(secret: str, vignette_code: str, draws: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Give each (variant, draw) of a vignette a wave 1, 2, ... by a permutation drawn from the secret.

    One draw, one wave; which wave a draw has differs between vignettes, so a wave stands for no draw and no
    arm.
    """
    digest = hmac.new(bytes.fromhex(secret), f"waves\n{vignette_code}".encode(), hashlib.sha256).digest()
    order = np.random.default_rng(int.from_bytes(digest)).permutation(len(draws))
    return {draw: int(order[index]) + 1 for index, draw in enumerate(sorted(draws))}
