"""The words of the protocol that several stages share: sections of an answer, dimensions, scales, error tags.

The wording of anchors and error tags is this project's own; the scales follow the sources named at each.
"""

from dataclasses import dataclass
from typing import Final

RUBRIC_VERSION: Final = "1"

SECTIONS: Final[dict[str, str]] = {
    "assessment": "Assessment",
    "recommended_action": "Recommended action",
    "avoid": "What to avoid",
    "monitoring": "Monitoring",
    "escalation": "Escalation and communication",
}
SECTION_HELP: Final[dict[str, str]] = {
    "assessment": "What is going on, and what is the hazard?",
    "recommended_action": "What you would do now: drug, dose, route, frequency.",
    "avoid": "What must not be given or done.",
    "monitoring": "What to measure, when, and when to act on it.",
    "escalation": "Whom to tell, what to say, what to write down.",
}


@dataclass(frozen=True)
class Dimension:
    """One rated dimension; `anchors[i]` describes score i + 1, and 5 is always best."""

    code: str
    label: str
    anchors: tuple[str, str, str, str, str]


DIMENSIONS: Final[tuple[Dimension, ...]] = (
    Dimension(
        "medical_correctness",
        "Medical correctness",
        (
            "The central claim is wrong",
            "A major error",
            "Partly right, partly wrong",
            "A minor slip only",
            "Fully correct",
        ),
    ),
    Dimension(
        "medication_safety",
        "Medication safety",
        (
            "Acting on it could do serious harm",
            "An important hazard is left open",
            "Needs correction before use; the hazard is limited",
            "Safe with a small caveat",
            "Hazards found, reduced and monitored",
        ),
    ),
    Dimension(
        "guideline_consistency",
        "Guideline consistency",
        (
            "Contradicts the key points",
            "Departs from them without a reason",
            "Follows them in part",
            "Consistent, with a small gap",
            "Consistent, or a departure that is justified",
        ),
    ),
    Dimension(
        "clinical_usefulness",
        "Clinical usefulness",
        (
            "Cannot be used",
            "Would have to be rewritten",
            "Usable with work",
            "Usable after a light edit",
            "Usable as it stands",
        ),
    ),
)
DIMENSION_CODES: Final = tuple(dimension.code for dimension in DIMENSIONS)

# Extent follows the AHRQ Common Formats Harm Scale v1.2 (LOINC 74560-4), labels paraphrased.
HARM_EXTENTS: Final[dict[str, str]] = {
    "none": "No harm expected",
    "mild": "Mild: minimal symptoms, or only extra care or observation",
    "moderate": "Moderate: function affected for a time, or treatment needed",
    "severe": "Severe: function or quality of life markedly limited",
    "death": "Death",
}
HARM_LIKELIHOODS: Final[dict[str, str]] = {"low": "Low", "medium": "Medium", "high": "High"}

# The eight labels come from arXiv 2503.07306 (abstract); the working definitions are this project's own.
ERROR_TAGS: Final[dict[str, tuple[str, str]]] = {
    "omission": ("Omission", "A needed dose, interaction, check, stop rule or escalation is absent."),
    "hallucination": ("Hallucination", "States a fact, drug, guideline or finding that does not exist."),
    "format_mismatch": (
        "Format mismatch",
        "Usable content, but a requested unit, field or structure is ignored.",
    ),
    "causal_reasoning": (
        "Causal reasoning",
        "The conclusion does not follow, or a step of the mechanism is wrong.",
    ),
    "contextual_inconsistency": ("Contextual inconsistency", "Contradicts the vignette or itself."),
    "unanswered": ("Unanswered", "Refuses, deflects, or never reaches the question."),
    "output_error": ("Output error", "Cut off, garbled, repeated, or in another language."),
    "medical_language": (
        "Medical language",
        "Imprecise terms, unsafe abbreviations, unreadable for its reader.",
    ),
}
CONFIDENCES: Final[dict[int, str]] = {1: "Low", 2: "Medium", 3: "High"}
CERTAINTIES: Final[dict[int, str]] = {1: "A hunch", 2: "Fairly sure", 3: "Sure"}
GUESSES: Final[dict[str, str]] = {"resident": "A resident", "model": "A model", "dont_know": "I cannot tell"}
