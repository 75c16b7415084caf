"""Which tables are audited, and the SQL by which rows are hashed: in triggers and in verification alike.

A hash is the SHA-256 of a salt, 32 hexadecimal digits drawn for each change, and the row as JSON.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from study.protocol.triggers import Vendor

CHANGES: Final = "study_rowchange"
VALUES: Final = "study_rowchangevalue"
INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"
# A row as it was found when the trail began, and values that were erased.
BASELINE, ERASE = "BASELINE", "ERASE"

_LEASE: Final = (
    "state",
    "attempts",
    "interruptions",
    "lease_token",
    "lease_until",
    "queued_at",
    "due_at",
    "finished_at",
    "worker",
    "problem",
    "seed",
)
# Table -> the columns that are left out: secrets of no use to a reader, and the churn of the queues.
AUDITED_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "study_allocation": (),
    "study_analysisplan": (),
    "study_analysisrun": (),
    "study_answeringclosure": (),
    "study_apitoken": (),
    "study_arm": (),
    "study_assignment": (),
    "study_blindeditem": (),
    "study_committeditems": (),
    "study_conflictingcopy": (),
    "study_consent": (),
    "study_consenttext": (),
    "study_emergencyunblinding": (),
    "study_erasure": (),
    "study_erasurerequest": (),
    "study_exclusionrun": (),
    "study_flagdecision": (),
    "study_frozendataset": (),
    "study_generation": _LEASE,
    "study_generationattempt": (),
    "study_invitation": (),
    "study_itemcommitment": (),
    "study_itemexclusion": (),
    "study_judge": (),
    "study_judgement": _LEASE,
    "study_judgementattempt": (),
    "study_judgementscore": (),
    "study_modelsetup": (),
    "study_participant": (),
    "study_person": ("password", "last_login"),
    "study_plannedresponse": (),
    "study_rating": (),
    "study_response": (),
    "study_score": (),
    "study_sealkey": (),
    "study_signature": (),
    "study_sourceguess": (),
    "study_study": (),
    "study_studysecret": (),
    "study_studyvignette": (),
    "study_vignetteapproval": (),
    "study_withdrawal": (),
}

Columns = Sequence[str]


def audited_columns(table: str, columns: Columns) -> list[str]:
    """Return the table's columns that are hashed, in order of their names."""
    return sorted(set(columns) - set(AUDITED_TABLES[table]))


def sha256_of(vendor: Vendor, text: str) -> str:
    """Return SQL for the SHA-256 (hex) of a text expression."""
    if vendor == "sqlite":
        return f"equipoise_sha256({text})"
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


def row_text(vendor: Vendor, row: str, hashed: Columns, columns: Columns) -> str:
    """Return SQL for the canonical text of a row: the `hashed` ones of all its `columns`, as JSON."""
    if vendor == "sqlite":
        return f"equipoise_row('{','.join(hashed)}', {listed(row, hashed)})"
    return f"({row_json(row, hashed, columns)})::text"


def row_json(row: str, hashed: Columns, columns: Columns) -> str:
    """Return PostgreSQL's expression for a row as JSON without the columns that are not hashed."""
    left_out = ",".join(sorted(set(columns) - set(hashed)))
    return f"to_jsonb({row}) - '{{{left_out}}}'::text[]"


def row_sha256(vendor: Vendor, salt: str, row: str, hashed: Columns, columns: Columns) -> str:
    """Return SQL for the salted hash of a row."""
    return sha256_of(vendor, f"{salt} || {row_text(vendor, row, hashed, columns)}")


def values_sha256(vendor: Vendor, values: str) -> str:
    """Return SQL for the hash of a row of values beside a change; its texts are JSON or empty."""
    return sha256_of(vendor, f"{values}.salt || {values}.old_values || {values}.new_values")


def listed(row: str, columns: Columns) -> str:
    return ", ".join(f'{row}."{column}"' for column in columns)
