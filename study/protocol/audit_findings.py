"""What a verification of the audit trail found, in plain lines."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

NAMED: Final = 20


@dataclass
class Findings:
    """Findings by kind: of each kind the first ones are named, and all are counted."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    events: int = 0
    changes: int = 0
    rows: int = 0

    def add(self, kind: str, sentence: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= NAMED:
            self.named.append(sentence)

    @property
    def is_clean(self) -> bool:
        return not self.counts

    def lines(self) -> list[str]:
        """Return every finding as a sentence, and "ok: N events, M changes, R rows" when there is none."""
        more = [f"{kind}: and {count - NAMED} more." for kind, count in self.counts.items() if count > NAMED]
        return [*self.named, *more] or [f"ok: {self.events} events, {self.changes} changes, {self.rows} rows"]
