"""Learning the author of one sealed item in an emergency: a custodian's act, recorded, listed, never undone.

Who is blinded learns that an item was unblinded, when and by whom, and neither which item nor why: an item's
text can be read by its public id, and what is done about it afterwards would tell whose it was. Item and
reason are released with the names of the arms.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from study.blinding.key import SealKey
from study.blinding.models import BlindedItem
from study.datasets.inputs import Row, squeeze
from study.datasets.models import EmergencyUnblinding
from study.datasets.writer import csv_bytes
from study.participants.models import Participant, Role
from study.participants.policies import participant_of
from study.protocol.attempts import require_password
from study.protocol.errors import Conflict, InvalidInput, NotFound
from study.protocol.lock_guards import LEAST_REASON
from study.protocol.models import Study
from study.protocol.queries import resident_arms
from study.protocol.transactions import locked_study, record_event
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment
from study.responses.models import Response

EMERGENCY_PHASES = (Phase.SEALED, Phase.RATING, Phase.LOCKED)
EMERGENCY_FILE = "emergency_unblindings.csv"
LONGEST_PLACE = 6
COLUMNS = ("response", "unblinded_at", "custodian", "reason")


@dataclass(frozen=True)
class Unblinded:
    """One item that was unblinded, with its author as a custodian sees it."""

    row: EmergencyUnblinding
    author: str
    arm: str


def unblind_item(
    *, study_id: int, custodian: Participant, public_id: str, password: str, reason: str, now: datetime
) -> EmergencyUnblinding:
    """Record that a custodian learns the author of one item before the release; the page shows it after that.

    `public_id` is the item's, or a rater's address and a place of that rater's queue, apart by a blank: in an
    emergency somebody has met the text as a rater, and a rater's page tells no id.
    Raises InvalidInput for a wrong password, a reason of less than 20 characters or an unknown item, Conflict
    when the item was unblinded before, PhaseClosed outside sealed, rating and locked.
    """
    with locked_study(study_id, *EMERGENCY_PHASES) as study:
        member = participant_of(custodian.person, study.slug, Role.CUSTODIAN)
        require_password(custodian.person, password, outcome="Nothing was unblinded.")
        reason = reason.strip()
        if len(reason) < LEAST_REASON:
            raise InvalidInput(
                f"Say what happened, in at least {LEAST_REASON} characters. Nothing was unblinded."
            )
        item = _named_item(study, public_id)
        if EmergencyUnblinding.objects.filter(item=item).exists():
            raise Conflict("This response was unblinded before: it stands in the list. Nothing was changed.")
        row = EmergencyUnblinding.objects.create(
            study=study, item=item, custodian=member, reason=reason, unblinded_at=now
        )
        record_event(
            study=study,
            person=custodian.person,
            action="datasets.unblind_item",
            now=now,
            detail={"response": item.public_id},
            reason=reason,
        )
    return row


def _named_item(study: Study, name: str) -> BlindedItem:
    address, _, place = name.strip().rpartition(" ")
    if address and place.isascii() and place.isdecimal() and len(place) <= LONGEST_PLACE:
        met = Assignment.objects.filter(
            item__study=study, rater__person__email=address.strip().lower(), position=int(place)
        )
        item = BlindedItem.objects.filter(pk__in=met.values("item")).first()
    else:
        item = BlindedItem.objects.filter(study=study, public_id=name.strip().upper()).first()
    if item is None:
        raise InvalidInput(
            "No sealed response of this study has this id, or no such rater has it at this place. Nothing "
            "was unblinded."
        )
    return item


def unblindings(study_id: int) -> QuerySet[EmergencyUnblinding]:
    rows = EmergencyUnblinding.objects.filter(study_id=study_id).order_by("id")
    return rows.select_related("item__study_vignette", "custodian__person")


def unblinded_items(custodian: Participant) -> list[Unblinded]:
    """Return the items that were unblinded with their authors; NotFound for anybody but a custodian."""
    if custodian.role != Role.CUSTODIAN:
        raise NotFound
    rows = list(unblindings(custodian.study_id))
    keys = SealKey.objects.filter(study_id=custodian.study_id, item_id__in=[row.item_id for row in rows])
    response_of = dict(keys.values_list("item_id", "response_id"))
    responses = Response.objects.select_related("resident__person", "model_arm").in_bulk(
        list(response_of.values())
    )
    labels = {arm.level: arm.label for arm in resident_arms(custodian.study)}
    return [_unblinded(row, responses[response_of[row.item_id]], labels) for row in rows]


def _unblinded(row: EmergencyUnblinding, response: Response, labels: dict[str, str]) -> Unblinded:
    if response.model_arm is not None:
        return Unblinded(row, f"draw {response.draw} of the model", response.model_arm.label)
    resident = response.resident
    assert resident is not None  # noqa: S101  a CHECK constraint: exactly one author
    return Unblinded(row, resident.person.name or resident.person.email, labels[resident.level])


def unblinding_times(study: Study) -> list[str]:
    """Return when items were unblinded early: all that anybody may know before the release."""
    return [row.unblinded_at.isoformat() for row in unblindings(study.pk)]


def emergency_csv(study_id: int) -> bytes:
    """Return emergency_unblindings.csv, or nothing when there was none."""
    rows: list[Row] = [
        {
            "response": row.item.public_id,
            "unblinded_at": row.unblinded_at.isoformat(),
            "custodian": row.custodian.pk,
            "reason": squeeze(row.reason),
        }
        for row in unblindings(study_id)
    ]
    return csv_bytes(COLUMNS, rows) if rows else b""
