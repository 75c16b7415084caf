"""The invariants that only the database can hold, as trigger definitions for SQLite and PostgreSQL.

Each guard is one condition in SQL that both databases understand: when it is true for the new row, the write
is refused. A trigger's name ends with the hash of its definition: another definition is another name.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from study.protocol.erasure_rules import ERASABLE

Vendor = Literal["sqlite", "postgresql"]

APPEND_ONLY_TABLES: Final = (
    "study_allocation",
    "study_analysisplan",
    "study_analysisrun",
    "study_answeringclosure",
    "study_assignment",
    "study_auditevent",
    "study_blindeditem",
    "study_committeditems",
    "study_conflictingcopy",
    "study_consent",
    "study_consenttext",
    "study_emergencyunblinding",
    "study_erasure",
    "study_flagdecision",
    "study_frozendataset",
    "study_generationattempt",
    "study_exclusionrun",
    "study_itemcommitment",
    "study_itemexclusion",
    "study_judgementattempt",
    "study_judgementscore",
    "study_plannedresponse",
    "study_rating",
    "study_response",
    "study_rowchange",
    "study_score",
    "study_sealkey",
    "study_signature",
    "study_sourceguess",
    "study_studysecret",
    "study_vignetteapproval",
    "study_withdrawal",
    "vignettes_vignetteversion",
)

PHASE_MOVES: Final = (
    ("draft", "answering"),
    ("answering", "sealed"),
    ("sealed", "rating"),
    ("rating", "locked"),
    ("locked", "unblinded"),
    ("unblinded", "reported"),
)


@dataclass(frozen=True)
class Guard:
    """Refuse `event` on `table` with `message` when `condition` (SQL over NEW and OLD) is true."""

    name: str
    table: str
    event: str
    condition: str
    message: str


def _append_only_guards() -> list[Guard]:
    return [
        Guard(
            f"keep_{table}_{event.lower()}", table, event, _refused(table, event), f"{table} is append-only"
        )
        for table in APPEND_ONLY_TABLES
        for event in ("UPDATE", "DELETE", "TRUNCATE")
    ]


def _refused(table: str, event: str) -> str:
    allowed = ERASABLE.get(table, {}).get(event)
    # A comparison with a null is no permission.
    return f"NOT coalesce({allowed}, false)" if allowed else "1 = 1"


def _phase_condition() -> str:
    allowed = " OR ".join(f"(OLD.phase = '{old}' AND NEW.phase = '{new}')" for old, new in PHASE_MOVES)
    return f"OLD.phase <> NEW.phase AND NOT ({allowed})"


_KEY_DISAGREES = """NOT EXISTS (
  SELECT 1 FROM study_blindeditem i JOIN study_response r ON r.study_vignette_id = i.study_vignette_id
  WHERE i.id = NEW.item_id AND r.id = NEW.response_id
    AND i.study_id = NEW.study_id AND r.study_id = NEW.study_id)"""
_NOT_SIMULATED = "NOT EXISTS (SELECT 1 FROM study_study s WHERE s.id = {study} AND s.simulated)"
_STAFF = "EXISTS (SELECT 1 FROM study_person p WHERE p.id = NEW.person_id AND (p.is_staff OR p.is_superuser))"
_HAS_ROLE = """(NEW.is_staff OR NEW.is_superuser) AND EXISTS (
  SELECT 1 FROM study_participant p WHERE p.person_id = NEW.id)"""
_EXCLUDED = """EXISTS (
  SELECT 1 FROM study_itemexclusion e WHERE e.item_id = NEW.item_id AND e.rater_id = NEW.rater_id)"""
_ASSIGNED = """EXISTS (
  SELECT 1 FROM study_assignment a WHERE a.item_id = NEW.item_id AND a.rater_id = NEW.rater_id)"""
# A resident's level decides the arm: changing it after the answer would move the answer.
_ROLE_CHANGES = """OLD.study_id <> NEW.study_id OR OLD.person_id <> NEW.person_id
  OR OLD.role <> NEW.role OR OLD.level <> NEW.level"""
_ARM_CHANGES = """OLD.study_id <> NEW.study_id OR OLD.name <> NEW.name
  OR OLD.kind <> NEW.kind OR OLD.level <> NEW.level"""
_STUDY_OF_ARM = "(SELECT a.study_id FROM study_arm a WHERE a.id = NEW.arm_id)"
_STUDY_OF_GENERATION = "(SELECT g.study_id FROM study_generation g WHERE g.id = NEW.generation_id)"
_STUDY_OF_JUDGE = "(SELECT j.study_id FROM study_judge j WHERE j.id = NEW.judge_id)"
_STUDY_OF_JUDGEMENT = """(
  SELECT j.study_id FROM study_judge j JOIN study_judgement m ON m.judge_id = j.id
  WHERE m.id = NEW.judgement_id)"""
_STUDY_OF_ITEM = "(SELECT i.study_id FROM study_blindeditem i WHERE i.id = NEW.item_id)"
_NOT_JUDGING = """NOT EXISTS (
  SELECT 1 FROM study_study s WHERE s.id = {study} AND s.phase IN ('sealed', 'rating'))"""
_JUDGE_STARTED = "EXISTS (SELECT 1 FROM study_judgement m WHERE m.judge_id = OLD.id)"
_JUDGEMENT_CHANGES = "OLD.state = 'done' OR OLD.judge_id <> NEW.judge_id OR OLD.item_id <> NEW.item_id"
_NOT_IN_HAND = (
    "NOT EXISTS (SELECT 1 FROM study_judgement m WHERE m.id = NEW.judgement_id AND m.state = 'running')"
)
_JUDGING_ENDS = "judges are set up and run between sealing and the data lock"


_LATE_JUDGING = {
    "judge_insert": ("study_judge", "INSERT", "NEW.study_id"),
    "judge_update": ("study_judge", "UPDATE", "NEW.study_id"),
    "judgement_insert": ("study_judgement", "INSERT", _STUDY_OF_JUDGE),
    "judgement_attempt": ("study_judgementattempt", "INSERT", _STUDY_OF_JUDGEMENT),
}
_JUDGING_GUARDS: Final = (
    *(
        Guard(f"in_time_{name}", table, event, _NOT_JUDGING.format(study=study), _JUDGING_ENDS)
        for name, (table, event, study) in _LATE_JUDGING.items()
    ),
    *(
        Guard(
            f"scripted_judge_{event.lower()}",
            "study_judge",
            event,
            f"NEW.engine = 'scripted' AND {_NOT_SIMULATED.format(study='NEW.study_id')}",
            "a scripted judge scores in simulated studies only",
        )
        for event in ("INSERT", "UPDATE")
    ),
    *(
        Guard(f"keep_judgement_{event.lower()}", "study_judgement", event, "1 = 1", "judgements are kept")
        for event in ("DELETE", "TRUNCATE")
    ),
    Guard("judge_fixed", "study_judge", "UPDATE", _JUDGE_STARTED, "a judge that was started stays as it is"),
    Guard(
        "judgement_study",
        "study_judgement",
        "INSERT",
        f"{_STUDY_OF_ITEM} <> {_STUDY_OF_JUDGE}",
        "a judge reads the items of its own study",
    ),
    Guard(
        "judgement_fixed",
        "study_judgement",
        "UPDATE",
        _JUDGEMENT_CHANGES,
        "a judgement that is done stays as it is",
    ),
    Guard(
        "judgement_score_in_hand",
        "study_judgementscore",
        "INSERT",
        _NOT_IN_HAND,
        "scores are stored with their judgement",
    ),
    Guard(
        "simulated_judgement",
        "study_judgementattempt",
        "INSERT",
        f"NEW.simulated AND {_NOT_SIMULATED.format(study=_STUDY_OF_JUDGEMENT)}",
        "a simulated judgement belongs to a simulated study",
    ),
)

GUARDS: Final[tuple[Guard, ...]] = (
    *_append_only_guards(),
    Guard(
        "phase_order",
        "study_study",
        "UPDATE",
        _phase_condition(),
        "a study moves one phase on and never back",
    ),
    Guard(
        "simulated_fixed",
        "study_study",
        "UPDATE",
        "OLD.simulated <> NEW.simulated",
        "a study stays simulated or real for good",
    ),
    Guard("role_fixed", "study_participant", "UPDATE", _ROLE_CHANGES, "a role stays as it was given"),
    Guard("arm_fixed", "study_arm", "UPDATE", _ARM_CHANGES, "an arm stays as it was planned"),
    Guard("vignette_fixed", "study_studyvignette", "UPDATE", "1 = 1", "a study keeps its vignette versions"),
    Guard("key_agrees", "study_sealkey", "INSERT", _KEY_DISAGREES, "item and response of a key must agree"),
    Guard(
        "assignment_allowed", "study_assignment", "INSERT", _EXCLUDED, "this rater is excluded from this item"
    ),
    Guard(
        "exclusion_in_time", "study_itemexclusion", "INSERT", _ASSIGNED, "this rater already has this item"
    ),
    Guard("no_staff_in_study", "study_participant", "INSERT", _STAFF, "an administrator has no study role"),
    Guard(
        "no_study_in_staff", "study_person", "UPDATE", _HAS_ROLE, "a participant cannot be an administrator"
    ),
    *(
        Guard(
            f"scripted_engine_{event.lower()}",
            "study_modelsetup",
            event,
            f"NEW.engine = 'scripted' AND {_NOT_SIMULATED.format(study=_STUDY_OF_ARM)}",
            "a scripted engine answers in simulated studies only",
        )
        for event in ("INSERT", "UPDATE")
    ),
    Guard(
        "simulated_attempt",
        "study_generationattempt",
        "INSERT",
        f"NEW.simulated AND {_NOT_SIMULATED.format(study=_STUDY_OF_GENERATION)}",
        "a simulated answer belongs to a simulated study",
    ),
    *_JUDGING_GUARDS,
)


def guards_of(vendor: Vendor, guards: Sequence[Guard] = GUARDS) -> tuple[Guard, ...]:
    """Return the guards that the database can hold: SQLite has no TRUNCATE to guard against."""
    return tuple(guard for guard in guards if vendor == "postgresql" or guard.event != "TRUNCATE")


def trigger_name(guard: Guard) -> str:
    """Return a name of at most 63 bytes that changes with the definition."""
    digest = hashlib.sha256(repr(guard).encode()).hexdigest()[:8]
    return f"eq_{guard.name}_{digest}"


@dataclass(frozen=True)
class Trigger:
    """One trigger of a database: the SQL that makes it, and what the database shows while it is in force."""

    name: str
    table: str
    statements: tuple[str, ...]
    shown: str


_MOMENT_BITS: Final = {"BEFORE": 2, "AFTER": 0}
_EVENT_BITS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def postgresql_trigger(name: str, table: str, moment: str, events: str, body: str) -> Trigger:
    """Return a trigger with a function of its own; `events` is one event or several joined by OR."""
    each = "STATEMENT" if events == "TRUNCATE" else "ROW"
    function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$"
    trigger = f"CREATE TRIGGER {name} {moment} {events} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()"
    bits = sum(_EVENT_BITS[event] for event in events.split(" OR ")) + _MOMENT_BITS[moment] + (each == "ROW")
    return Trigger(name, table, (function, trigger), f"{table} {bits} {body}")


def guard_trigger(guard: Guard, vendor: Vendor) -> Trigger:
    """Return the trigger that holds one guard."""
    name, message = trigger_name(guard), guard.message.replace("'", "''")
    if vendor == "sqlite":
        when = f"BEFORE {guard.event} ON {guard.table} WHEN {guard.condition}"
        sql = f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        return Trigger(name, guard.table, (sql,), sql)
    result = {"DELETE": "OLD", "TRUNCATE": "NULL"}.get(guard.event, "NEW")
    refuse = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'"
    body = f"BEGIN IF {guard.condition} THEN {refuse}; END IF; RETURN {result}; END"
    return postgresql_trigger(name, guard.table, "BEFORE", guard.event, body)
