"""In a real browser: what is typed outlives its session, signing out leaves nothing, a passkey signs in."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from study.demonstration.browser import Browser as ScriptedBrowser
from study.demonstration.cards import cards_of_bank
from study.demonstration.director import Director
from study.demonstration.script import PASSWORD, Script
from tests.e2e.site import Site
from tests.e2e.transport import generation_is_over, transports

ANSWERING = Script(
    slug="sessions-answering",
    title="Sessions in answering",
    seed=6,
    vignettes=("MS-01", "MS-02"),
    residents_per_level=2,
    spacing=1,
    guess_share="1.00",
    idle_residents=1,
    stops_in="answering",
)
RATING = replace(
    ANSWERING,
    slug="sessions-rating",
    title="Sessions in rating",
    idle_residents=0,
    ratings_per_rater=1,
    stops_in="rating",
)
RESIDENT, RATER = "pgy1-01@example.org", "rater-1@example.org"
ANSWER = "/studies/sessions-answering/answer/1/"
RATE = "/studies/sessions-rating/rate/2/"
END_SESSIONS = "from django.contrib.sessions.models import Session; Session.objects.all().delete()"


@pytest.fixture(scope="module")
def played(furnished_site: Site) -> Site:
    """A site with a study in answering and one in rating."""
    browsers: dict[str, ScriptedBrowser] = {}
    with transports(furnished_site.url) as new:
        for script in (ANSWERING, RATING):
            Director(
                script,
                cards_of_bank(),
                lambda email: browsers.setdefault(email, ScriptedBrowser(new())),
                generation_is_over,
            ).play()
    return furnished_site


@pytest.fixture
def window(played: Site, browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=played.url, viewport={"width": 1360, "height": 900})
    yield opened
    opened.close()


def sign_in(page: Page, email: str, path: str = "/") -> None:
    page.goto(path)
    fill_sign_in(page, email)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def fill_sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def kept_names(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter(name => /answer|rating/.test(name))"))


def test_an_answer_that_was_typed_after_the_session_ended_is_kept_and_sent_after_the_next_sign_in(
    played: Site, window: BrowserContext
) -> None:
    page = window.new_page()
    sign_in(page, RESIDENT, ANSWER)
    played.manage("shell", "-c", END_SESSIONS)
    page.get_by_label("Assessment").fill("Typed after the session had ended.")
    link = page.get_by_role("link", name="Sign in (new tab)")
    expect(link).to_be_visible(timeout=15_000)
    with window.expect_page() as tab:
        link.click()
    fill_sign_in(tab.value, RESIDENT)
    expect(tab.value.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("Saved on the server", timeout=15_000)
    page.reload()
    expect(page.get_by_label("Assessment")).to_have_value("Typed after the session had ended.")
    assert kept_names(page) == []


def score(page: Page, value: str) -> None:
    for name in page.locator("fieldset.scale[data-scale]").all():
        name.locator(f"input[value='{value}']").check()
    page.get_by_label("Comment").fill("A remark.")


def test_a_rating_that_was_given_after_the_session_ended_comes_back_after_the_next_sign_in(
    played: Site, window: BrowserContext
) -> None:
    page = window.new_page()
    sign_in(page, RATER, RATE)
    played.manage("shell", "-c", END_SESSIONS)
    score(page, "2")
    page.get_by_role("button", name="Save and next").click()
    fill_sign_in(page, RATER)
    expect(page.locator("#save-state")).to_contain_text("Draft kept on the server", timeout=15_000)
    page.reload()
    expect(page.get_by_label("Comment")).to_have_value("A remark.")
    assert page.locator("fieldset.scale[data-scale] input:checked").count() == 5
    assert kept_names(page) == []


def test_a_rating_is_sent_when_its_person_has_signed_in_beside_it_and_not_when_another_has(
    played: Site, window: BrowserContext
) -> None:
    page = window.new_page()
    sign_in(page, RATER, RATE)
    played.manage("shell", "-c", END_SESSIONS)
    score(page, "3")
    expect(page.get_by_role("link", name="Sign in (new tab)")).to_be_visible(timeout=15_000)
    beside = window.new_page()
    sign_in(beside, "rater-2@example.org", RATE)
    expect(page.locator("#save-state")).to_contain_text("It is tried again", timeout=15_000)
    beside.reload()
    assert beside.locator("fieldset.scale[data-scale] input:checked").count() == 0
    window.clear_cookies()
    sign_in(beside, RATER)
    expect(page.locator("#save-state")).to_contain_text("Draft kept on the server", timeout=15_000)


def test_signing_out_sends_what_is_unsent_and_then_clears_the_browser(window: BrowserContext) -> None:
    page = window.new_page()
    sign_in(page, RESIDENT, ANSWER)
    page.get_by_label("Monitoring").fill("Typed, and signed out at once.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []
    sign_in(page, RESIDENT, ANSWER)
    expect(page.get_by_label("Monitoring")).to_have_value("Typed, and signed out at once.")


def test_signing_out_asks_before_it_deletes_words_that_the_server_does_not_take(
    window: BrowserContext,
) -> None:
    page = window.new_page()
    sign_in(page, RESIDENT, ANSWER)
    page.route("**/draft/", lambda route: route.abort())
    page.get_by_label("Monitoring").fill("The server does not hear this.")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign out and delete them")).to_be_visible(timeout=15_000)
    page.unroute("**/draft/")
    page.get_by_role("button", name="Stay").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=15_000)


def test_a_page_that_is_left_alone_warns_before_its_session_ends(window: BrowserContext) -> None:
    page = window.new_page()
    page.clock.install()
    sign_in(page, RESIDENT, ANSWER)
    page.clock.fast_forward("27:30")
    expect(page.get_by_role("alert")).to_contain_text("about three minutes")
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward("27:30")
    page.clock.fast_forward("03:00")
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")


def test_the_web_server_does_not_name_its_program(played: Site) -> None:
    paths = ("/account/login/", "/static/study/app.css", "/none/")
    answers = [httpx.get(f"{played.url}{path}") for path in paths]
    assert [each.headers.get("Server") for each in answers] == [None] * 3


def test_a_passkey_is_made_and_asked_for_at_the_next_sign_in(played: Site, browser: Browser) -> None:
    address = played.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to a number
    opened = browser.new_context(base_url=address)
    page = opened.new_page()
    complaints: list[str] = []
    page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    device = opened.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True, "hasResidentKey": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, "pgy1-02@example.org")
    page.get_by_role("link", name="Account").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    fill_sign_in(page, "pgy1-02@example.org")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Your studies")).to_be_visible()
    assert complaints == []
    opened.close()
