"""One study that real services take from draft to report, with people in every role; and another study."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from allauth.mfa.models import Authenticator
from django.db.models import Count
from django.utils import timezone

from analysis.plan import dump_plan, parse_plan
from study.blinding.models import BlindedItem, FlagDecision, ScanFlag
from study.blinding.services import decide_flag, prepare_sealing, seal_study
from study.datasets.services import LOCK_STATEMENT, UNBLINDING_STATEMENT, sign_data_lock, sign_unblinding
from study.judging.inputs import JudgeInput
from study.judging.services.judges import configure_judge
from study.participants.inputs import InvitationInput
from study.participants.models import ApiToken, Invitation, Participant, Person, Role
from study.participants.services import create_person, invite_people, start_study
from study.participants.tokens import create_token
from study.privacy.services import request_erasure
from study.protocol.inputs import StudyInput, default_arms
from study.protocol.models import Study
from study.protocol.queries import current_plan, model_arms
from study.protocol.rubric import DIMENSION_CODES
from study.protocol.services import change_plan, lock_plan
from study.ratings.models import Assignment
from study.ratings.services import open_rating, save_rating
from study.reports.services import run_analysis
from study.responses.inputs import AnswerInput, ModelSetupInput
from study.responses.models import PlannedResponse, Response
from study.responses.services.closing import close_answering
from study.responses.services.imports import import_answers
from study.responses.services.opening import open_answering
from study.responses.services.queue import claim_next
from study.responses.services.setups import configure_model
from study.responses.services.submission import submit_answer
from study.responses.worker import run_generation
from tests.access.states import STATES
from tests.builders import PASSWORD, load_vignettes, members, participant, person
from tests.datasets import world as datasets
from tests.ratings.world import RATING

# Four vignettes of two raters each: of three raters, one has a shorter queue than the others.
VIGNETTES = 4
PEERS_PLACE = 99
PROVENANCE = {
    "engine": "elsewhere",
    "model": "elsewhere",
    "revision": "1",
    "prompt": "Answer the question.",
    "sampling": {"temperature": 0},
    "seed": 1,
    "finish_reason": "stop",
}


@dataclass
class Trial:
    """A study, what the addresses of its pages name, and its people, whose addresses begin with `prefix`."""

    slug: str
    prefix: str
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def study(self) -> Study:
        return Study.objects.get(slug=self.slug)

    @property
    def lead(self) -> Person:
        return self.person("investigator-1")

    def person(self, name: str) -> Person:
        return person(f"{self.prefix}{name}@example.org")

    def member(self, role: Role, number: int = 1) -> Participant:
        return members(self.study, role)[number - 1]

    def rater(self) -> Participant:
        """Return the rater with the shortest queue: a place after its end is one of the others' queues."""
        raters = Participant.objects.filter(study__slug=self.slug, role=Role.RATER)
        return raters.annotate(places=Count("assignments")).order_by("places", "pk")[0]

    def place_of_others(self) -> int:
        return Assignment.objects.filter(rater=self.rater()).count() + 1

    def passkey(self) -> int:
        owner = self.person("rater-3")
        kind, data = Authenticator.Type.WEBAUTHN, {"name": "Key", "credential": {}}
        return int(Authenticator.objects.get_or_create(user=owner, type=kind, defaults={"data": data})[0].pk)

    def arm(self, kind: str) -> str:
        return f"{self.prefix}{kind}"

    def flag(self) -> int:
        found = ScanFlag.objects.filter(candidate__study__slug=self.slug).order_by("pk").first()
        return found.pk if found else 0

    def item(self) -> str:
        """Return the public id of a sealed response, or a text of its form while there is none."""
        found = BlindedItem.objects.filter(study__slug=self.slug).order_by("pk").first()
        return found.public_id if found else "A" * 26

    def invitation(self) -> int:
        return Invitation.objects.get(study__slug=self.slug).pk

    def token(self, owner: str) -> int:
        return ApiToken.objects.get(person=self.person(owner)).pk


def play_to(trial: Trial, state: str) -> None:
    """Take the study from nothing to the state."""
    acts = (_draft, _open, _close, _seal, _rate, _lock, _unblind, _analyse)
    for act in acts[: STATES.index(state) + 1]:
        act(trial)
    if state == "locked":  # its figures exist on arm codes
        _analyse(trial)


def _draft(trial: Trial) -> None:
    now, codes = timezone.now(), load_vignettes(VIGNETTES)
    email = f"{trial.prefix}investigator-1@example.org"
    lead = create_person(email=email, password=PASSWORD, name="Lead", now=now)
    design = StudyInput(
        trial.slug,
        "A trial",
        arms=default_arms([(trial.arm("scripted"), "Scripted"), (trial.arm("imported"), "Imported")]),
        vignette_codes=tuple(codes),
        simulated=True,
        seed=7,
        raters_per_response=2,
        vignettes_per_resident=2,
        spacing=1,
    )
    study = start_study(person=lead, design=design, now=now)
    _invite(trial, study)
    for arm, setup in zip(
        model_arms(study),
        (
            ModelSetupInput(engine="scripted", model="scripted", ability=0.8),
            ModelSetupInput(engine="imported", model="elsewhere"),
        ),
        strict=True,
    ):
        configure_model(study_id=study.pk, person=lead, arm_id=arm.pk, setup=setup, now=now)


def _invite(trial: Trial, study: Study) -> None:
    for role in Role:
        for number in (1, 2, 3):
            if (role, number) != (Role.INVESTIGATOR, 1):
                level = f"PGY{min(number, 2)}" if role == Role.RESIDENT else ""
                participant(study, role, f"{trial.prefix}{role}-{number}@example.org", level=level)
    row = InvitationInput(f"{trial.prefix}late@example.org", "Late", "rater")
    now = timezone.now()
    sent = invite_people(study_id=study.pk, person=trial.lead, rows=(row,), now=now)
    trial.secrets["invitation"] = sent[0].token
    leaver = trial.person("curator-3")
    request_erasure(person=leaver, password=PASSWORD, reason="I leave.", now=now)
    for owner in ("investigator-1", "investigator-2"):
        made = create_token(person=trial.person(owner), label="laptop", now=now)
        trial.secrets[owner] = made.text


def _open(trial: Trial) -> None:
    """Open answering; one answer is there, and the second resident has a place that the others have not."""
    study = open_answering(study_id=trial.study.pk, person=trial.lead, now=timezone.now())
    _answer(PlannedResponse.objects.get(resident=trial.member(Role.RESIDENT), position=1))
    peer = trial.member(Role.RESIDENT, 2)
    own = PlannedResponse.objects.filter(resident=peer).values("study_vignette")
    left = study.study_vignettes.exclude(pk__in=own)[0]
    place = {"study": study, "resident": peer, "study_vignette": left, "seed": 1, "algorithm": "1"}
    PlannedResponse.objects.create(position=PEERS_PLACE, **place)


def _answer(planned: PlannedResponse) -> None:
    text = f"As a resident in {planned.resident.level} I hold dose {planned.pk} at once."
    answer = AnswerInput(sections={"assessment": text, "recommended_action": "Hold it."})
    submit_answer(planned_id=planned.pk, participant=planned.resident, answer=answer, now=timezone.now())


def imported_line(trial: Trial, code: str = "MS-01") -> str:
    """Return one answer of the imported arm, as a program sends it."""
    sections = {"assessment": f"Risk of {code}.", "recommended_action": f"Stop it in {code}."}
    line = {"arm": trial.arm("imported"), "vignette": code, "draw": 1, "sections": sections}
    return json.dumps({**line, "provenance": PROVENANCE})


def _close(trial: Trial) -> None:
    """All answer but for one place; answering closes, the texts are prepared, with flags to decide."""
    study, now = trial.study, timezone.now()
    answered = Response.objects.filter(study=study, resident=trial.member(Role.RESIDENT))
    for planned in PlannedResponse.objects.filter(study=study).exclude(position=PEERS_PLACE):
        if not (planned.resident_id == trial.member(Role.RESIDENT).pk and planned.position == 1 and answered):
            _answer(planned)
    while row := claim_next(now=timezone.now(), worker="test", lease_seconds=600):
        run_generation(row.pk, row.lease_token)
    lines = "\n".join(imported_line(trial, each.code) for each in study.study_vignettes.all())
    import_answers(study_id=study.pk, person=trial.lead, lines=lines, now=now)
    close_answering(study_id=study.pk, person=trial.lead, reason="The time is over.", now=now)
    prepare_sealing(study_id=study.pk, person=trial.lead, now=now)


def _seal(trial: Trial) -> None:
    """Decide the flags, seal, lock a short plan, and set a judge up."""
    study, lead, now = trial.study, trial.lead, timezone.now()
    curator, cut = trial.member(Role.CURATOR), FlagDecision.Choice.CUT
    for flag in ScanFlag.objects.filter(candidate__study=study):
        decide_flag(flag_id=flag.pk, curator=curator, choice=cut, reason="It tells the level.", now=now)
    seal_study(study_id=study.pk, person=lead, now=now)
    stored = current_plan(study)
    assert stored is not None
    plan = parse_plan(stored.text)
    few = tuple(each for each in plan.sensitivities if each["name"] == "leave_one_rater_out")
    text = dump_plan(replace(plan, bootstrap=replace(plan.bootstrap, draws=999), sensitivities=few))
    change_plan(study_id=study.pk, person=lead, text=text, reason="A test.", now=now)
    lock_plan(study_id=study.pk, person=lead, password=PASSWORD, now=now)
    judge = JudgeInput(trial.arm("judge"), engine="scripted", model="script", severity=0.0, noise=0.5)
    configure_judge(study_id=study.pk, person=lead, judge=judge, now=now)


def _rate(trial: Trial) -> None:
    """Open rating; the first place of one rater is rated."""
    study, now = trial.study, timezone.now()
    open_rating(study_id=study.pk, person=trial.lead, now=now)
    first = Assignment.objects.get(rater=trial.rater(), position=1)
    save_rating(assignment=first, participant=first.rater, judgement=RATING, now=now)


def _lock(trial: Trial) -> None:
    places = Assignment.objects.filter(item__study=trial.study, ratings=None)
    for number, place in enumerate(places):
        datasets.save_rating(place, dict.fromkeys(DIMENSION_CODES, 2 + number % 3))
    _sign(trial, sign_data_lock, LOCK_STATEMENT)


def _unblind(trial: Trial) -> None:
    _sign(trial, sign_unblinding, UNBLINDING_STATEMENT)


def _sign(trial: Trial, sign: Callable[..., object], statement: str) -> None:
    for name in ("investigator-1", "investigator-2"):
        signer = {"person": trial.person(name), "password": PASSWORD, "statement": statement}
        sign(study_id=trial.study.pk, now=timezone.now(), **signer)


def _analyse(trial: Trial) -> None:
    run_analysis(study_id=trial.study.pk, person=trial.lead, now=timezone.now())
