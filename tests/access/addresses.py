"""What the table's labels stand for: the parts of an address, and what is sent there."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from study.participants.models import Role
from study.participants.queries import current_consent_text
from study.protocol.queries import current_plan
from study.protocol.rubric import SECTIONS
from tests.access.cells import Cell
from tests.access.world import PEERS_PLACE, Trial, imported_line
from tests.builders import PASSWORD
from tests.ratings.world import FORM
from vignettes.bank import CONTENT_DIRECTORY

NUMBER: Final = 999_999
YAML, LINES, WEB_FORM = "application/yaml", "application/x-ndjson", "application/x-www-form-urlencoded"
NEW_PASSWORD: Final = "an altogether other phrase"
Parts = Mapping[str, Any]


def address_of(cell: Cell, trial: Trial, other: Trial) -> str:
    """Return the address of the cell's URL with the object that its label means."""
    parts = dict(_OBJECTS[cell.kind](cell.label.partition("-")[0], trial, other)) if cell.kind != "-" else {}
    if cell.kind not in _WITHOUT_STUDY:
        parts["slug"] = {"foreign-study": other.slug, "missing-study": "ghost"}.get(cell.label, trial.slug)
    return reverse(cell.url, kwargs=parts | _MORE.get(cell.url, {}))


_WITHOUT_STUDY: Final = frozenset({"-", "token", "account", "link", "reset", "passkey"})
_MORE: Final[Mapping[str, Parts]] = {"administration-act": {"name": "end-sessions"}}


def _chosen(name: str, own: Any, *, peer: Any = None, foreign: Any = None, missing: Any = NUMBER) -> Any:
    """Return the maker of one part by label; another study's address names one's own object there."""

    def parts(label: str, trial: Trial, other: Trial) -> Parts:
        made = {"peer": peer, "missing": missing}.get(label, own)
        value = foreign(other) if label == "foreign" and foreign else made(trial) if callable(made) else made
        return {name: value}

    return parts


def _by_study(label: str, trial: Trial, other: Trial) -> Parts:
    return {}


def _reset(label: str, trial: Trial, other: Trial) -> Parts:
    owner = trial.person("rater-3")
    key = default_token_generator.make_token(owner) if label == "own" else "no-such-key"
    return {"uidb36": user_pk_to_url_str(owner), "key": key}


_OBJECTS: Final[Mapping[str, Callable[[str, Trial, Trial], Parts]]] = {
    "study": _by_study,
    "answer": _chosen("position", 2, peer=PEERS_PLACE),
    "place": _chosen("position", 2, peer=Trial.place_of_others),
    "rated": _chosen("position", 1, peer=Trial.place_of_others),
    "vignette": _chosen("position", 1),
    "flag": _chosen("flag_id", Trial.flag, foreign=Trial.flag),
    "invitation": _chosen("invitation_id", Trial.invitation, foreign=Trial.invitation),
    "arm": _chosen("name", "scripted", foreign=lambda other: other.arm("scripted"), missing="ghost"),
    "judge": _chosen("name", "judge", foreign=lambda other: other.arm("judge"), missing="ghost"),
    "file": _chosen("name", "ratings.csv", missing="nothing.csv"),
    "figure": _chosen("name", "forest.svg", missing="nothing.svg"),
    "token": _chosen(
        "token_id",
        lambda trial: trial.token("investigator-1"),
        peer=lambda trial: trial.token("investigator-2"),
        foreign=lambda other: other.token("investigator-1"),
    ),
    "account": _chosen("person_id", lambda trial: trial.person("rater-3").pk),
    "reset": _reset,
    "passkey": _chosen("pk", Trial.passkey, peer=Trial.passkey),
    "link": _chosen("token", lambda trial: trial.secrets["invitation"], missing="no-such-invitation"),
}


def body_of(url: str, trial: Trial) -> tuple[Any, str]:
    """Return what a program or a browser sends to the URL, good enough to be taken, and its media type."""
    made = _BODIES.get(url, {})
    found = made(trial) if callable(made) else made
    return found if isinstance(found, tuple) else (found, WEB_FORM)


def _plan(trial: Trial) -> Parts:
    stored = current_plan(trial.study)
    return {"text": (stored.text if stored else "") + "# read again\n", "reason": "A note."}


def _consent(trial: Trial) -> Parts:
    text = current_consent_text(trial.study, Role.RESIDENT)
    return {"text": text.pk if text else 0, "decision": "agree"}


_SIGNED: Final = {"password": PASSWORD, "reason": "It is time.", "confirm": "on"}
_AGREED: Final = {"password": PASSWORD, "reason": "I was asked.", "confirmed": "on"}
_ANSWER: Final = {
    **dict.fromkeys(SECTIONS, "Hold the dose."),
    "version": "0",
    "tab": "a",
    "active_seconds": "9",
    "submit": "1",
}
_SETUP: Final = {
    "engine": "scripted",
    "model": "scripted",
    "prompt_version": "1",
    "draws": "1",
    "max_attempts": "3",
    "ability": "0.5",
}
_JUDGE: Final = {"engine": "scripted", "model": "script", "severity": "0", "noise": "0.5"}
_STUDY: Final = {
    "title": "Another",
    "slug": "another",
    "models": "one = One",
    "vignettes": "MS-01",
    "raters_per_response": "1",
    "vignettes_per_resident": "1",
    "spacing": "1",
    "word_cap": "250",
    "margin": "0.50",
    "guess_share": "1",
    "seed": "5",
    "simulated": "on",
}
_EMERGENCY: Final = {"reason": "A patient is ill with what it says.", "confirmed": "on", "password": PASSWORD}
_CHANGE: Final = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
_BODIES: Final[Mapping[str, Any]] = {
    "account_change_password": _CHANGE,
    "account_login": {"login": "rater-3@example.org", "password": PASSWORD},
    "account_reauthenticate": {"password": PASSWORD},
    "account_reset_password": {"email": "rater-3@example.org"},
    "emergency": lambda trial: {"public_id": trial.item(), **_EMERGENCY},
    "administration-act": {"reason": "It was lost.", "confirmation": "rater-3@example.org"},
    "answer-draft": _ANSWER,
    "answer-page": _ANSWER,
    "answering-close": {"reason": "The time is over.", "confirm": "on"},
    "api-answers": lambda trial: (imported_line(trial), LINES),
    "api-vignettes": ((CONTENT_DIRECTORY / "MS-09.yaml").read_bytes(), YAML),
    "consent": _consent,
    "curate-decide": {"choice": "keep", "reason": "It is a dose."},
    "dataset-lock": _SIGNED,
    "dataset-unblind": _SIGNED,
    "erasures": lambda trial: {"person": trial.person("curator-3").pk, **_AGREED},
    "own-data": _AGREED,
    "own-erasure": _AGREED,
    "invitation": {"name": "Late", "password": NEW_PASSWORD},
    "judge-new": {"name": "second-judge", **_JUDGE},
    "judge-setup": {"name": "judge", **_JUDGE},
    "model-setup": _SETUP,
    "people": {"people": "more@example.org, More, rater", "confirm": "1", "form_key": "k"},
    "plan": _plan,
    "plan-lock": _SIGNED,
    "protocol-approve": {"statement": "I have read it."},
    "protocol-exception": _SIGNED,
    "rate-correct": {**FORM, "reason": "A slip."},
    "rate-draft": FORM,
    "rate-guess": {"guess": "model", "certainty": "2"},
    "rate-page": FORM,
    "seal-confirm": {"confirm": "on"},
    "study-new": _STUDY,
    "tokens": {"label": "a program"},
}
