"""Two connections at once, on both databases."""

from functools import partial

from django.utils import timezone

from study.participants.models import Participant, Person
from study.participants.services import accept_invitation
from study.protocol.errors import Conflict
from tests.builders import PASSWORD, draft_study
from tests.participants.test_views import invited
from tests.responses.test_races import _together


def test_an_invitation_accepted_four_times_at_once_gives_one_role(template_db: None) -> None:
    token = invited(draft_study(vignettes=1))
    accept = partial(accept_invitation, token=token, password=PASSWORD, name="", now=timezone.now())
    results = _together(*[accept] * 4)
    assert sorted(type(result).__name__ for result in results) == ["Expired"] * 3 + ["Participant"]


def test_two_invitations_accepted_at_once_make_one_account(template_db: None) -> None:
    tokens = [invited(draft_study(slug=slug, vignettes=1)) for slug in ("one", "two")]
    accept = [
        partial(accept_invitation, token=token, password=PASSWORD, name="", now=timezone.now())
        for token in tokens
    ]
    results = _together(*accept)
    assert [result for result in results if not isinstance(result, Participant | Conflict)] == []
    assert Person.objects.filter(email="new@example.org").count() == 1
