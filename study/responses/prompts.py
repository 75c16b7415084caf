"""The prompt, versioned: it asks for the residents' form under the residents' word cap. Pure functions."""

from collections.abc import Mapping
from typing import Final

from study.protocol.rubric import SECTION_HELP, SECTIONS

_TASK: Final = (
    "You are the doctor on duty and asked about the safe use of medicines. Judge the case below and say what "
    "you would do, with the facts that are given."
)
_THINK: Final = (
    " First reason inside <think> and </think>. Then give the answer that will be read inside <answer> and "
    "</answer>."
)
# Version, then profile: models that were trained on tags may answer nothing without being asked for them.
SYSTEM_PROMPTS: Final[Mapping[str, str]] = {"1": _TASK, "1-think": _TASK + _THINK}


def build_messages(
    *, scenario: str, question: str, word_cap: int, version: str, system: str = ""
) -> list[dict[str, str]]:
    """Return the chat messages that ask one vignette; nothing in them tells which arm is asked.

    `system` is a profile's own system prompt; without one, that of the version is sent. Raises KeyError for
    a version that is not known.
    """
    form = "\n\n".join(f"## {heading}\n({SECTION_HELP[code]})" for code, heading in SECTIONS.items())
    user = (
        f"Case\n\n{scenario}\n\nQuestion\n\n{question}\n\n"
        "Answer under exactly these five headings, each on its own line, in this order. Replace each "
        f"bracketed hint by your text and leave no heading out.\n\n{form}\n\n"
        f"Use at most {word_cap} words in all, headings not counted. No introduction, no closing remark, "
        "nothing about yourself."
    )
    return [
        {"role": "system", "content": system or SYSTEM_PROMPTS[version]},
        {"role": "user", "content": user},
    ]
