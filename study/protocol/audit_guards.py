"""What the database refuses to do to the audit trail itself, and to audited tables as a whole."""

from typing import Final

from study.protocol.row_changes import AUDITED_TABLES, VALUES
from study.protocol.triggers import APPEND_ONLY_TABLES, Guard

HEADS: Final = "study_audithead"
_IS_ERASURE: Final = """OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.salt IS NULL
  AND NEW.old_values IS NULL AND NEW.new_values IS NULL AND NEW.id = OLD.id"""
_HEAD_JUMPS: Final = "NEW.id <> OLD.id OR NEW.chain <> OLD.chain OR NEW.sequence <> OLD.sequence + 1"
# No row's trigger sees a table emptied in one statement.
_EMPTIED: Final = [*(set(AUDITED_TABLES) - set(APPEND_ONLY_TABLES)), VALUES, HEADS]

AUDIT_GUARDS: Final[tuple[Guard, ...]] = (
    *(
        Guard(f"no_emptying_of_{table}", table, "TRUNCATE", "1 = 1", f"{table} is not emptied")
        for table in sorted(_EMPTIED)
    ),
    *(
        Guard(f"no_loss_from_{table}", table, "DELETE", "1 = 1", f"{table} is append-only")
        for table in (VALUES, HEADS)
    ),
    Guard(
        "values_are_erased_or_kept",
        VALUES,
        "UPDATE",
        f"NOT ({_IS_ERASURE})",
        f"{VALUES} is append-only: values and salt go together, at an erasure, and do not come back",
    ),
    Guard("head_moves_on", HEADS, "UPDATE", _HEAD_JUMPS, "the head of a chain moves one event on"),
)
