"""The corpus of sentences that tell who wrote them, in the part to learn from and the part held out."""

import hashlib
from pathlib import Path
from typing import Final

from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_directory

FOLDER: Final = Path(__file__).resolve().parent / "corpus"


def phrases() -> list[tuple[str, str]]:
    """Return (kind, sentence) in the order of the file."""
    found, kind = [], ""
    for line in _lines("identity_phrases.txt"):
        if line.startswith("["):
            kind = line.strip("[]")
        else:
            found.append((kind, line))
    return found


def clean_texts() -> list[str]:
    """Return texts that tell nothing of their author: the bank's answers, and some in the first person."""
    texts = _lines("clean_sentences.txt")
    for content in load_directory(CONTENT_DIRECTORY):
        texts += content.reference_answer.sections.values()
        texts += [point.text for point in content.key_points]
        texts += [error.answer_text for error in content.common_errors]
    return texts


def _lines(name: str) -> list[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def is_held_out(sentence: str) -> bool:
    """Whether the sentence belongs to the third that the rules were not written from."""
    return hashlib.sha256(sentence.encode()).digest()[0] % 3 == 0
