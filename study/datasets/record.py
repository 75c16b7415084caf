"""What the report says of the locks: the commitment to the allocation, early unblindings, withdrawals."""

from dataclasses import dataclass
from datetime import datetime

from study.datasets.emergency import unblindings
from study.privacy.queries import withdrawal_counts
from study.protocol.models import Study
from study.protocol.queries import Commitment, published_commitment
from study.protocol.vocabulary import Phase


@dataclass(frozen=True)
class EarlyUnblinding:
    """One response that was unblinded early; which and why are empty until the names are released."""

    at: datetime
    response: str
    reason: str


@dataclass(frozen=True)
class LockRecord:
    """`is_revealed`: the names are released, and nothing was analysed without the reveal having matched."""

    commitment: Commitment | None
    is_revealed: bool
    early: list[EarlyUnblinding]
    withdrawn: dict[str, int]


def lock_record(study: Study) -> LockRecord:
    is_revealed = study.phase in {Phase.UNBLINDED, Phase.REPORTED}
    early = [
        EarlyUnblinding(
            at=row.unblinded_at,
            response=row.item.public_id if is_revealed else "",
            reason=row.reason if is_revealed else "",
        )
        for row in unblindings(study.pk)
    ]
    return LockRecord(published_commitment(study), is_revealed, early, withdrawal_counts(study))
