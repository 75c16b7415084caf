"""Each role signs in with a real browser on the demonstration's site and opens its main pages."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from study.demonstration.browser import Browser as ScriptedBrowser
from study.demonstration.cards import cards_of_bank
from study.demonstration.director import Director
from study.demonstration.script import CURATOR, LEAD, PASSWORD, SECOND, JudgeManner, Script
from tests.e2e.site import Site
from tests.e2e.transport import generation_is_over, transports

VIGNETTES = tuple(f"MS-{number:02}" for number in range(1, 4))
BASE = Script(
    slug="pages",
    title="Pages",
    seed=5,
    vignettes=VIGNETTES,
    residents_per_level=2,
    spacing=1,
    guess_share="1.00",
)
REPORTED = replace(BASE, slug="pages-reported", title="Pages of a finished study")
RATING = replace(
    BASE,
    slug="pages-rating",
    title="Pages in rating",
    ratings_per_rater=2,
    judges=(JudgeManner("scripted-close", 0.0, 0.5),),
    stops_in="rating",
)
ANSWERING = replace(
    BASE, slug="pages-answering", title="Pages in answering", idle_residents=1, stops_in="answering"
)

PAGES = [
    (LEAD, "home", "/"),
    (LEAD, "board", "/studies/pages-rating/"),
    (LEAD, "people", "/studies/pages-rating/people/"),
    (LEAD, "protocol", "/studies/pages-rating/protocol/"),
    (LEAD, "plan", "/studies/pages-rating/plan/"),
    (LEAD, "power", "/studies/pages-rating/power/?simulate=1"),
    (LEAD, "models", "/studies/pages-answering/models/"),
    (LEAD, "close", "/studies/pages-answering/answering/close/"),
    (LEAD, "seal", "/studies/pages-rating/seal/"),
    (LEAD, "rating-progress", "/studies/pages-rating/rating/"),
    (LEAD, "judges", "/studies/pages-rating/judges/"),
    (LEAD, "judge-setup", "/studies/pages-rating/judges/new/?profile=plain-judge"),
    (LEAD, "lock", "/studies/pages-rating/lock/"),
    (LEAD, "report", "/studies/pages-reported/report/"),
    (LEAD, "report-before-lock", "/studies/pages-rating/report/"),
    (LEAD, "new-study", "/studies/new/"),
    (LEAD, "model-setup", "/studies/pages-answering/models/scripted-m1/setup/"),
    (LEAD, "unblind", "/studies/pages-reported/unblind/"),
    (LEAD, "tokens", "/account/tokens/"),
    (LEAD, "password", "/account/password/change/"),
    (SECOND, "second-home", "/"),
    (CURATOR, "curate", "/studies/pages-rating/curate/"),
    (CURATOR, "approve", "/studies/pages-rating/protocol/approve/1/"),
    ("pgy1-01@example.org", "answer-list", "/studies/pages-answering/answer/"),
    ("pgy1-01@example.org", "answer", "/studies/pages-answering/answer/1/"),
    ("pgy1-02@example.org", "receipts", "/studies/pages-answering/answer/receipts/"),
    ("pgy1-01@example.org", "consent", "/studies/pages-answering/consent/"),
    ("rater-1@example.org", "queue", "/studies/pages-rating/rate/"),
    ("rater-1@example.org", "rate", "/studies/pages-rating/rate/4/"),
    ("rater-1@example.org", "rated", "/studies/pages-rating/rate/1/"),
]


@pytest.fixture(scope="module")
def played(furnished_site: Site) -> Site:
    """A site with three small studies in three phases."""
    browsers: dict[str, ScriptedBrowser] = {}
    with transports(furnished_site.url) as new:
        for script in (REPORTED, RATING, ANSWERING):
            Director(
                script,
                cards_of_bank(),
                lambda email: browsers.setdefault(email, ScriptedBrowser(new())),
                generation_is_over,
            ).play()
    return furnished_site


@pytest.fixture(scope="module")
def pages(played: Site, browser: Browser) -> dict[str, Page]:
    """One signed-in browser window per person."""
    opened: dict[str, Page] = {}
    for email in dict.fromkeys(email for email, _, _ in PAGES):
        page = browser.new_context(base_url=played.url, viewport={"width": 1360, "height": 900}).new_page()
        page.goto("/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Your studies")).to_be_visible()
        opened[email] = page
    return opened


@pytest.mark.parametrize(("email", "name", "path"), PAGES, ids=[name for _, name, _ in PAGES])
def test_each_role_opens_its_main_pages_without_a_browser_error(
    pages: dict[str, Page], screenshots: Path, email: str, name: str, path: str
) -> None:
    page = pages[email]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    response = page.goto(path, wait_until="networkidle")
    page.screenshot(path=screenshots / f"{name}.png", full_page=True)
    assert response is not None and response.status == 200
    assert page.locator("h1").count() == 1
    assert complaints == []


@pytest.mark.parametrize("name", ["answer", "rate", "queue", "board"])
def test_main_pages_fit_a_phone_without_sideways_scrolling(
    pages: dict[str, Page], screenshots: Path, name: str
) -> None:
    email, path = next((email, path) for email, each, path in PAGES if each == name)
    page = pages[email]
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(path)
    page.screenshot(path=screenshots / f"{name}-phone.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1360, "height": 900})
    assert wide <= 390


def test_a_resident_sees_the_word_count_and_the_draft_being_saved(pages: dict[str, Page]) -> None:
    page = pages["pgy1-01@example.org"]
    page.goto("/studies/pages-answering/answer/1/")
    page.get_by_label("Assessment").fill("Three plain words")
    expect(page.locator("#words")).to_contain_text("3")
    page.get_by_label("Monitoring").focus()
    expect(page.locator("#saved")).to_contain_text("Saved on the server", timeout=15_000)
    page.reload()
    expect(page.get_by_label("Assessment")).to_have_value("Three plain words")


def test_a_page_reloaded_while_it_saves_is_no_rival_of_itself(pages: dict[str, Page]) -> None:
    page = pages["pgy1-01@example.org"]
    page.goto("/studies/pages-answering/answer/2/")
    page.get_by_label("Assessment").fill("Typed, then reloaded at once.")
    page.reload()
    page.get_by_label("Monitoring").fill("Typed after the reload.")
    expect(page.locator("#saved")).to_contain_text("Saved on the server", timeout=8000)
    expect(page.locator("#rival")).to_be_hidden()
    expect(page.get_by_label("Assessment")).to_have_value("Typed, then reloaded at once.")


def test_a_rater_scores_by_keys_and_enter_saves_and_moves_on(
    pages: dict[str, Page], screenshots: Path
) -> None:
    page = pages["rater-1@example.org"]
    page.goto("/studies/pages-rating/rate/5/")
    page.locator("input[name=medical_correctness]").first.focus()
    for key in "4444":
        page.keyboard.press(key)
    page.locator("input[name=harm_extent][value=none]").check()
    page.locator("input[name=confidence][value='2']").check()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who wrote the response")).to_be_visible()
    page.screenshot(path=screenshots / "guess.png", full_page=True)


def test_an_invited_person_sets_up_the_account_and_signs_in(
    pages: dict[str, Page], browser: Browser, played: Site, screenshots: Path
) -> None:
    lead = pages[LEAD]
    lead.goto("/studies/pages-rating/people/")
    lead.get_by_label("People, one per line").fill("newcomer@example.org,,curator")
    lead.get_by_role("button", name="Check the list").click()
    lead.get_by_role("button", name="Invite 1 person").click()
    link = lead.locator(".notice-ok td code").inner_text()
    guest = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    guest.goto(link)
    guest.screenshot(path=screenshots / "invitation.png", full_page=True)
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Accept").click()
    guest.screenshot(path=screenshots / "sign-in.png", full_page=True)
    guest.get_by_label("Email").fill("newcomer@example.org")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Sign in").click()
    expect(guest.get_by_role("heading", name="Pages in rating")).to_be_visible()
