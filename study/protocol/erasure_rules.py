"""The one exception of append-only tables, as SQL that both databases understand: erasure before the lock.

An erasure empties what a person wrote, once, and touches nothing else; what judged it may then be deleted.
"""

from collections.abc import Mapping
from typing import Final

_FIRST_TIME: Final = "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL"
_PHASE: Final = "(SELECT s.phase FROM study_study s WHERE s.id = {study})"
_IN_TIME: Final = f"{_PHASE} IN ('draft', 'answering', 'sealed', 'rating')"
_STUDY_OF_COPY: Final = "(SELECT r.study_id FROM study_response r WHERE r.id = OLD.response_id)"
_STUDY_OF_RATING: Final = """(SELECT i.study_id FROM study_assignment a
  JOIN study_blindeditem i ON i.id = a.item_id WHERE a.id = OLD.assignment_id)"""


def _same(*columns: str) -> str:
    return " AND ".join(f"NEW.{column} = OLD.{column}" for column in columns)


# Table -> event -> when it is allowed.
ERASABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "study_response": {
        "UPDATE": f"""{_FIRST_TIME} AND {_IN_TIME.format(study="OLD.study_id")}
  AND {_same("id", "study_id", "study_vignette_id", "resident_id", "variant", "draw", "status", "receipt")}
  AND {_same("submitted_at")} AND NEW.model_arm_id IS NULL AND NEW.attempt_id IS NULL
  AND CAST(NEW.sections AS text) = '{{}}' AND NEW.resources = '' AND NEW.text_sha256 = ''
  AND NEW.active_seconds IS NULL"""
    },
    "study_conflictingcopy": {
        "UPDATE": f"""{_FIRST_TIME} AND {_IN_TIME.format(study=_STUDY_OF_COPY)}
  AND {_same("id", "response_id", "received_at")}
  AND CAST(NEW.sections AS text) = '{{}}' AND NEW.text_sha256 = ''"""
    },
    "study_rating": {
        "UPDATE": f"""{_FIRST_TIME} AND {_IN_TIME.format(study=_STUDY_OF_RATING)}
  AND {_same("id", "assignment_id", "revision", "saved_at")} AND NEW.cannot_judge
  AND NEW.cannot_judge_reason = 'withdrawn' AND NEW.harm_extent = '' AND NEW.harm_likelihood = ''
  AND NOT NEW.commission AND NOT NEW.omission AND CAST(NEW.error_tags AS text) = '[]'
  AND NEW.comment = '' AND NEW.confidence IS NULL AND NEW.active_seconds IS NULL
  AND NEW.reason IN ('', 'withdrawn')"""
    },
    "study_score": {
        "DELETE": """EXISTS (
  SELECT 1 FROM study_rating r WHERE r.id = OLD.rating_id AND r.erased_at IS NOT NULL)"""
    },
    "study_sourceguess": {
        "DELETE": """EXISTS (
  SELECT 1 FROM study_rating r WHERE r.assignment_id = OLD.assignment_id AND r.erased_at IS NOT NULL)"""
    },
}
