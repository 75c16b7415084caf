"""A small study whose answering has closed: one text per author and vignette, in its author's name."""

import hashlib
from collections.abc import Mapping
from itertools import product

from study.participants.models import Participant, Person, Role
from study.protocol.models import Study, StudyVignette
from study.protocol.queries import robustness_of
from study.protocol.rubric import SECTIONS
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.responses.models import Response
from study.responses.services.closing import close_answering
from tests.builders import NOW, add_people, draft_study, members, person

AUTHORS = ("PGY1", "PGY2", "model-1", "model-2")
Texts = Mapping[tuple[str, int], str]


def lead() -> Person:
    return person("lead@example.org")


def curator(study: Study) -> Participant:
    return members(study, Role.CURATOR)[0]


def plain_texts(vignettes: int = 3) -> dict[tuple[str, int], str]:
    """Return (author, vignette number) -> text, different in every place."""
    return {
        (author, number): f"Hold dose {number} and give {10 * place} mg.\n- Look again"
        for number in range(1, vignettes + 1)
        for place, author in enumerate(AUTHORS, start=1)
    }


def closed_study(
    texts: Texts | None = None, *, vignettes: int = 3, raters: int = 4, **design: object
) -> Study:
    """Return a study in answering that is closed, each text in its author's name.

    Where the plan asks for variants, each model has answered them, too.
    """
    study = draft_study(vignettes=vignettes, **design)
    add_people(study, residents_per_level=vignettes, raters=raters)
    move_phase(study, Phase.ANSWERING)
    for (author, number), text in (plain_texts(vignettes) if texts is None else texts).items():
        add_response(study, author, number, text)
    for hours, variant in enumerate(robustness_of(study).variants, start=1):
        for dose, number in product((1, 2), range(1, vignettes + 1)):
            text = f"Stop dose {number} for {hours} h, then give {dose} mg."
            add_response(study, f"model-{dose}", number, text, variant=variant)
    close_answering(study_id=study.pk, person=lead(), reason="the time is over", now=NOW)
    return study


def add_response(
    study: Study, author: str, number: int, text: str, *, draw: int = 1, variant: str = "original"
) -> Response:
    """Store a response whose assessment is the text; each resident writes about one vignette."""
    vignette = StudyVignette.objects.get(study=study, position=number)
    residents = [each for each in members(study, Role.RESIDENT) if each.level == author]
    return Response.objects.create(
        study=study,
        study_vignette=vignette,
        resident=residents[number - 1] if residents else None,
        model_arm=None if residents else study.arms.get(name=author),
        variant=variant,
        draw=draw,
        sections={**dict.fromkeys(SECTIONS, ""), "assessment": text},
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        receipt="ABCDEFGH",
        submitted_at=NOW,
    )
