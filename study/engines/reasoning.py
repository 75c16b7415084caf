"""A model's thoughts and its answer, told apart. Pure functions."""

import re
from typing import Final

from study.engines.text import clean_text

_CLOSED_THOUGHT: Final = re.compile(r"<think(?:ing)?>(.*?)</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHT: Final = re.compile(r"<think(?:ing)?>(.*)\Z", re.DOTALL | re.IGNORECASE)
_ORPHAN_END: Final = re.compile(r"\A(.*)</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_UNOPENED_ANSWER: Final = re.compile(r"\A(?:(?!<answer>).)*</answer>", re.DOTALL | re.IGNORECASE)
_ANSWER: Final = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)


def has_open_tag(content: str | None) -> bool:
    """Whether a thought or an answer was begun and never ended: what stands after it may be either."""
    text = _CLOSED_THOUGHT.sub("", content or "")
    is_open_answer = "<answer>" in text.lower() and "</answer>" not in text.lower()
    return bool(_OPEN_THOUGHT.search(text)) or is_open_answer


def split_reasoning(
    content: str | None, reasoning: str | None = None, reasoning_content: str | None = None
) -> tuple[str, str]:
    """Return (answer, reasoning), both cleaned.

    The server's own reasoning field comes first, under either of its names; then the tags in the text. A
    thought that never ends leaves no answer; an end without a beginning (the chat template wrote it)
    makes everything before it a thought; text outside an answer tag is a thought, and an answer's end without
    a beginning ends the answer all the same.
    """
    thoughts = [reasoning or reasoning_content or ""]
    text = content or ""
    thoughts += _CLOSED_THOUGHT.findall(text)
    text = _CLOSED_THOUGHT.sub("", text)
    for pattern in (_ORPHAN_END, _OPEN_THOUGHT):
        match = pattern.search(text)
        if match:
            thoughts.append(match[1])
            text = text[: match.start()] + text[match.end() :]
    if _UNOPENED_ANSWER.match(text):
        text = f"<answer>{text}"
    answers = _ANSWER.findall(text)
    if answers:
        thoughts.append(_ANSWER.sub("", text))
        text = "\n".join(answers)
    return clean_text(text), "\n\n".join(filter(None, map(clean_text, thoughts)))
