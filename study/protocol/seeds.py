"""Seeds of everything that is drawn: worked out from the study's seed, the same on every machine. Pure."""

import hashlib


def derive_seed(study_seed: int, *names: str | int) -> int:
    """Return a seed in [0, 2**31) that depends on the study's seed and the names alone.

    31 bits fit every engine's seed field; equal names give equal seeds on every machine.
    """
    text = "\x1f".join(str(name) for name in (study_seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:4], "big") >> 1
