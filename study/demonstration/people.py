"""Scripted people: they sign in, read their page, and send its forms. Nothing here reads the database."""

import hashlib
from dataclasses import dataclass

import numpy as np

from study.demonstration.browser import Browser, Page, PlayError
from study.demonstration.judgement import Judgement, judge
from study.engines.scripted import Card, compose_sections
from study.engines.scripted_reading import ShownPoint, read_response
from study.protocol.rubric import DIMENSION_CODES, SECTIONS


def generator(*words: object) -> np.random.Generator:
    """Return a generator that depends on these words only."""
    digest = hashlib.sha256("|".join(map(str, words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


@dataclass
class ScriptedPerson:
    email: str
    password: str
    browser: Browser
    seed: int

    def sign_in(self) -> None:
        """Sign in unless the session still holds."""
        page = self.browser.open("/")
        if page.url.split("?")[0].endswith("/account/login/"):
            page = self.browser.send(
                page.form_with("login", "password"), {"login": self.email, "password": self.password}
            )
        if "/account/login" in page.url:
            raise PlayError(f"{self.email} could not sign in.")

    def accept(self, link: str) -> None:
        page = self.browser.open(link)
        self.browser.send(page.form_with("password"), {"password": self.password})
        self.sign_in()

    def consent(self, slug: str) -> None:
        """Agree to the study's text, once."""
        page = self.browser.open(f"/studies/{slug}/consent/")
        if any("decision" in form.names for form in page.forms()):
            form = page.form_with("decision", "text")
            fields = {"decision": "agree"}
            self.browser.send(form, dict(fields))


@dataclass
class ScriptedResident(ScriptedPerson):
    """Knows the bank's cards by their scenario, as one who has learnt the subject; `ability` is 0 to 1."""

    ability: float
    cards: dict[str, Card]

    def answer(self, slug: str, *, at_most: int | None = None) -> int:
        """Answer the open vignettes of the own list, at most so many; return how many were sent."""
        page = self.browser.open(f"/studies/{slug}/answer/")
        open_places = page.soup.select("a[data-open]")
        for link in open_places[:at_most]:
            self._answer_one(self.browser.open(str(link["href"])))
        return len(open_places[:at_most])

    def _answer_one(self, page: Page) -> None:
        scenario = page.texts("[data-part=scenario]")[0]
        card = self.cards[scenario_key(scenario)]
        rng = generator(self.seed, self.email, scenario_key(scenario))
        ability = float(np.clip(self.ability + rng.normal(0, 0.05), 0, 1))
        form = page.form_with(*SECTIONS)
        sections = compose_sections(card, ability, rng)
        self.browser.send(form, dict(sections), button="submit")


def scenario_key(text: str) -> str:
    """Return what two printings of one scenario have in common: its letters and digits."""
    return "".join(character for character in text.lower() if character.isalnum())


@dataclass
class ScriptedRater(ScriptedPerson):
    """Scores the page's text against its key points; `severity` in points, `noise` a standard deviation."""

    severity: float
    noise: float = 0.5

    def rate(self, slug: str, *, at_most: int | None = None) -> int:
        """Work through the queue, at most so many responses; return how many were rated."""
        queue = self.browser.open(f"/studies/{slug}/rate/")
        first = queue.soup.select_one("a.button")
        if first is None:
            return 0
        page, rated = self.browser.open(str(first["href"])), 0
        while True:
            fields = set().union(*(form.names for form in page.forms()))
            if "guess" in fields:  # also the guess that an interrupted play owes
                page = self._guess(page)
            elif "harm_extent" in fields and rated != at_most:
                page, rated = self._rate_one(page), rated + 1
            else:
                return rated

    def _rate_one(self, page: Page) -> Page:
        rng = generator(self.seed, self.email, page.url)
        form = page.form_with("harm_extent", "confidence", *DIMENSION_CODES)
        return self.browser.send(form, self._fields(self._judgement(page, rng)))

    def _judgement(self, page: Page, rng: np.random.Generator) -> Judgement:
        points = [
            ShownPoint(
                item.select("[data-part=text]")[0].get_text(" ", strip=True),
                bool(item.select(".tag-critical")),
            )
            for item in page.soup.select("[data-part=key-point]")
        ]
        response = "\n".join(page.texts("section.response p, section.response li"))
        return judge(read_response(points, response), severity=self.severity, noise=self.noise, rng=rng)

    @staticmethod
    def _fields(judgement: Judgement) -> dict[str, str | list[str]]:
        fields: dict[str, str | list[str]] = {code: str(score) for code, score in judgement.scores.items()}
        fields |= {
            "harm_extent": judgement.harm_extent,
            "harm_likelihood": [judgement.harm_likelihood] if judgement.harm_likelihood else [],
            "error_tags": judgement.tags,
            "confidence": "2",
        }
        if judgement.commission:
            fields["commission"] = "on"
        if judgement.omission:
            fields["omission"] = "on"
        return fields

    def _guess(self, page: Page) -> Page:
        rng = generator(self.seed, self.email, page.url)
        guess = str(rng.choice(["resident", "model", "dont_know"], p=[0.4, 0.35, 0.25]))
        values: dict[str, str | list[str]] = {"guess": guess}
        if guess != "dont_know":
            values["certainty"] = "1"
        return self.browser.send(page.form_with("guess"), values)
