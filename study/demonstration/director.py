"""Plays a study from its first page to its report: every act is a page opened and a form sent.

A play can be broken off and taken up again: each act looks at the control board first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from analysis.plan import Robustness, dump_plan, parse_plan
from study.demonstration.browser import Browser, Page, PlayError
from study.demonstration.people import ScriptedPerson, ScriptedRater, ScriptedResident
from study.demonstration.script import CURATOR, DOMAIN, LEAD, PASSWORD, SECOND, Script
from study.engines.scripted import Card

SECOND_FACTOR = "/account/second-factor/"


@dataclass
class Director:
    """`browser_of` gives a person's browser; `finish_generation` is asked until nothing is due."""

    script: Script
    cards: dict[str, Card]
    browser_of: Callable[[str], Browser]
    finish_generation: Callable[[Page], bool]
    tell: Callable[[str], None] = lambda _: None
    cast: dict[str, ScriptedPerson] = field(default_factory=dict)

    @property
    def home(self) -> str:
        return f"/studies/{self.script.slug}/"

    def play(self) -> None:
        """Play until the phase in which the script stops."""
        lead = self._signed_in(LEAD)
        start = lead.browser.open("/")
        if SECOND_FACTOR in start.url:
            raise PlayError(f"{LEAD} leads a study that is not simulated: scripted people stay out of it.")
        if self.home not in " ".join(start.links()):
            self._start_study(lead)
        acts = {
            "draft": self._draft,
            "answering": self._answering,
            "sealed": self._sealed,
            "rating": self._rating,
            "locked": self._locked,
            "unblinded": self._unblinded,
        }
        while (phase := self.phase()) in acts:
            self.tell(f"{self.script.slug}: {phase}")
            acts[phase]()
            if phase == self.script.stops_in:
                return
            if self.phase() == phase:
                raise PlayError(f"{self.script.slug} did not leave the phase {phase}.")

    def phase(self) -> str:
        """Return the phase that the board shows; refuse to touch a study that is not simulated."""
        board = self._signed_in(LEAD).browser.open(self.home)
        if not board.texts(".watermark"):
            raise PlayError(f"{self.script.slug} is not a simulated study: scripted people stay out of it.")
        return board.texts(".phases [aria-current]")[0].lower()

    def _signed_in(self, email: str) -> ScriptedPerson:
        if email not in self.cast:
            self.cast[email] = self._person(email)
            self.cast[email].sign_in()
        return self.cast[email]

    def _person(self, email: str) -> ScriptedPerson:
        common = (email, PASSWORD, self.browser_of(email), self.script.seed)
        levels, severities = dict(self.script.residents), dict(self.script.raters)
        if email in levels:
            return ScriptedResident(
                *common, ability=self.script.level_abilities[levels[email]], cards=self.cards
            )
        if email in severities:
            return ScriptedRater(*common, severity=severities[email])
        return ScriptedPerson(*common)

    def _start_study(self, lead: ScriptedPerson) -> None:
        script = self.script
        page = lead.browser.open("/studies/new/")
        values: dict[str, str | list[str]] = {
            "title": script.title,
            "slug": script.slug,
            "seed": str(script.seed),
            "models": "\n".join(f"{model.name} = {model.label}" for model in script.models),
            "vignettes": ", ".join(script.vignettes),
            "raters_per_response": str(len(script.severities)),
            "vignettes_per_resident": str(script.vignettes_per_resident),
            "spacing": str(script.spacing),
            "guess_share": script.guess_share,
            "simulated": "on",
        }
        lead.browser.send(page.form_with("slug", "models"), values)

    def _draft(self) -> None:
        self._invite()
        for email, _ in self.script.residents:
            self._signed_in(email).consent(self.script.slug)
        for email, _ in self.script.raters:
            self._signed_in(email).consent(self.script.slug)
        self._set_up_models()
        self._plan_variants()
        self._press(f"{self.home}models/", "/answering/open/")

    def _invite(self) -> None:
        """Invite whoever is not in the study yet; each accepts by the own link."""
        lead = self._signed_in(LEAD)
        page = lead.browser.open(f"{self.home}people/")
        present = set(page.texts("table td:first-child"))
        lines = [f"{email},,resident,{level},General" for email, level in self.script.residents]
        lines += [f"{email},,rater,,General,pharmacist" for email, _ in self.script.raters]
        lines += [f"{CURATOR},,curator", f"{SECOND},Second investigator,investigator"]
        lines = [line for line in lines if line.partition(",")[0] not in present]
        if not lines:
            return
        form = page.form_with("people")
        checked = lead.browser.send(form, {"people": "\n".join(lines)})
        sent = lead.browser.send(checked.form_with("people"), {}, button="confirm")
        for row in sent.soup.select(".notice-ok tbody tr"):
            email, _, link = [cell.get_text(strip=True) for cell in row.find_all("td")]
            self.cast[email] = self._person(email)
            self.cast[email].accept(link)

    def _set_up_models(self) -> None:
        lead = self._signed_in(LEAD)
        for model in self.script.models:
            page = lead.browser.open(f"{self.home}models/{model.name}/setup/")
            values: dict[str, str | list[str]] = {
                "engine": "scripted",
                "model": model.name,
                "revision": "1",
                "ability": str(model.ability),
            }
            lead.browser.send(page.form_with("engine", "ability"), values)

    def _plan_variants(self) -> None:
        """Write into the plan's text which variants the models also answer."""
        if not self.script.variants:
            return
        browser = self._signed_in(LEAD).browser
        form = browser.open(f"{self.home}plan/").form_with("text", "reason")
        wanted = Robustness(variants=self.script.variants, baseline=self.script.baseline)
        plan = replace(parse_plan(dict(form.filled({}))["text"]), robustness=wanted)
        browser.send(form, {"text": dump_plan(plan), "reason": "The models' robustness is looked at, too."})

    def _answering(self) -> None:
        idle = {email for email, _ in self.script.residents[: self.script.idle_residents]}
        for email, _ in self.script.residents:
            person = self._signed_in(email)
            if isinstance(person, ScriptedResident) and email not in idle:
                person.answer(self.script.slug)
        lead = self._signed_in(LEAD)
        while not self.finish_generation(lead.browser.open(f"{self.home}models/")):
            pass
        if self.script.stops_in == "answering":
            return
        self._press(f"{self.home}answering/close/", "/answering/close/", {"confirm": "on"})
        self._press(f"{self.home}seal/", "/seal/prepare/")
        self._decide_flags()
        self._press(f"{self.home}seal/", "/seal/confirm/", {"confirm": "on"})

    def _decide_flags(self) -> None:
        """Keep every flagged span: the scripts write clinical content only, and cutting would change it."""
        browser = self._signed_in(CURATOR).browser
        for form in browser.open(f"{self.home}curate/").forms():
            if {"choice", "reason"} <= form.names:
                browser.send(form, {"choice": "keep", "reason": "Clinical content."})

    def _press(self, path: str, action: str, values: dict[str, str | list[str]] | None = None) -> Page:
        browser = self._signed_in(LEAD).browser
        return browser.send(browser.open(path).form_to(action), values)

    def _sealed(self) -> None:
        plan = self._signed_in(LEAD).browser.open(f"{self.home}plan/")
        if any(form.action.endswith("/plan/lock/") for form in plan.forms()):
            self._sign(LEAD, f"{self.home}plan/", "/plan/lock/")
        self._press(f"{self.home}rating/", "/rating/")

    def _judge(self) -> None:
        """Set up the judges that are not there yet, start them, and let them finish."""
        browser = self._signed_in(LEAD).browser
        present = browser.open(f"{self.home}judges/").texts("tbody th")
        for judge in self.script.judges:
            if judge.name not in present:
                form = browser.open(f"{self.home}judges/new/").form_with("severity", "noise")
                manner = {"severity": str(judge.severity), "noise": str(judge.noise)}
                values = {"name": judge.name, "engine": "scripted", "model": judge.name}
                browser.send(form, {**values, **manner})
        for form in browser.open(f"{self.home}judges/").forms():
            if form.action.endswith("/start/"):
                browser.send(form)
        while not self.finish_generation(browser.open(f"{self.home}judges/")):
            pass

    def _rating(self) -> None:
        if self.script.judges:
            self._judge()
        for email, _ in self.script.raters:
            person = self._signed_in(email)
            if isinstance(person, ScriptedRater):
                person.rate(self.script.slug, at_most=self.script.ratings_per_rater)
        if self.script.stops_in == "rating":
            return
        self._sign(LEAD, f"{self.home}lock/", "/lock/")
        self._sign(SECOND, f"{self.home}lock/", "/lock/")

    def _locked(self) -> None:
        self._press(f"{self.home}report/", "/report/run/")
        self._sign(LEAD, f"{self.home}unblind/", "/unblind/")
        self._sign(SECOND, f"{self.home}unblind/", "/unblind/")

    def _unblinded(self) -> None:
        self._press(f"{self.home}report/", "/report/run/")

    def _sign(self, email: str, path: str, action: str) -> None:
        browser = self._signed_in(email).browser
        form = browser.open(path).form_to(action)
        browser.send(form, {"password": PASSWORD})


def role_logins() -> list[tuple[str, str]]:
    """Return one (role, address) per role."""
    return [
        ("investigator", LEAD),
        ("second investigator", SECOND),
        ("curator", CURATOR),
        ("resident (PGY1)", f"pgy1-01@{DOMAIN}"),
        ("resident (PGY2)", f"pgy2-01@{DOMAIN}"),
        ("rater", f"rater-1@{DOMAIN}"),
    ]
