"""A reader of pages: what a person sees and submits, over any HTTP transport."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from bs4.element import Tag

Fields = list[tuple[str, str]]


class PlayError(Exception):
    """A scripted person met a page that a real person could not have gone on from."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer after redirects."""

    status: int
    url: str
    text: str


class Transport(Protocol):
    """A cookie-keeping client that follows redirects: Django's test client, or a real one."""

    def get(self, path: str) -> Answer: ...

    def post(self, path: str, fields: Fields) -> Answer: ...


class Form:
    """A form as its page sends it: prefilled fields, and what a person types or ticks."""

    def __init__(self, tag: Tag, page_url: str) -> None:
        self._tag = tag
        self.action = urljoin(page_url, str(tag.get("action") or page_url))

    @property
    def names(self) -> set[str]:
        return {str(field["name"]) for field in self._tag.find_all(_FIELD_TAGS) if field.get("name")}

    def filled(self, values: dict[str, str | list[str]], button: str | None = None) -> Fields:
        """Return what a browser would send: untouched fields as they stand, `values` instead where given."""
        unknown = set(values) - self.names
        if unknown:
            raise PlayError(f"The form {self.action} has no field {sorted(unknown)}.")
        fields = [(name, value) for name, value in self._prefilled() if name not in values]
        for name, value in values.items():
            fields += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        if button is not None:
            fields.append(self._button(button))
        return fields

    def _prefilled(self) -> Iterable[tuple[str, str]]:
        for field in self._tag.find_all(_FIELD_TAGS):
            name, kind = str(field.get("name") or ""), str(field.get("type") or "text")
            if not name or field.has_attr("disabled") or field.name == "button" or kind == "submit":
                continue
            if kind in {"radio", "checkbox"} and not field.has_attr("checked"):
                continue
            yield name, _value_of(field)

    def _button(self, name: str) -> tuple[str, str]:
        button = self._tag.find("button", attrs={"name": name})
        if button is None:
            raise PlayError(f"The form {self.action} has no button {name}.")
        return name, str(button.get("value") or "")


_FIELD_TAGS = ["input", "textarea", "select", "button"]


def _value_of(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")
    if field.name == "select":
        chosen = field.find("option", selected=True) or field.find("option")
        return str(chosen.get("value") or "") if chosen else ""
    return str(field.get("value") or ("on" if field.get("type") == "checkbox" else ""))


class Page:
    """What came back, as a person would use it."""

    def __init__(self, answer: Answer) -> None:
        self.status, self.url = answer.status, answer.url
        self.soup = BeautifulSoup(answer.text, "html.parser")

    def texts(self, selector: str) -> list[str]:
        """Return the visible text of every element that the CSS selector finds."""
        return [element.get_text(" ", strip=True) for element in self.soup.select(selector)]

    def links(self) -> list[str]:
        return [urljoin(self.url, str(link["href"])) for link in self.soup.find_all("a", href=True)]

    def forms(self) -> list[Form]:
        return [Form(form, self.url) for form in self.soup.find_all("form", method="post")]

    def form_with(self, *names: str) -> Form:
        """Return the form that has all these fields."""
        for form in self.forms():
            if set(names) <= form.names:
                return form
        heading = " / ".join(self.texts("h1"))
        raise PlayError(f"{self.url} ({self.status}, {heading}) has no form with {names}.")

    def form_to(self, suffix: str) -> Form:
        """Return the form whose address ends with `suffix`."""
        for form in self.forms():
            if form.action.endswith(suffix):
                return form
        raise PlayError(f"{self.url} ({self.status}) has no form to {suffix}.")


class Browser:
    """One person's browser: a session, and the habit of stopping at an error page."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def open(self, path: str) -> Page:
        return self._checked(self._transport.get(path))

    def send(
        self, form: Form, values: dict[str, str | list[str]] | None = None, button: str | None = None
    ) -> Page:
        return self._checked(self._transport.post(form.action, form.filled(values or {}, button)))

    @staticmethod
    def _checked(answer: Answer) -> Page:
        page = Page(answer)
        if answer.status >= 400:
            told = page.texts("main .notice, main .errors, main .errorlist, main li") or page.texts("h1")
            raise PlayError(f"{answer.url} answered {answer.status}: {' '.join(told)[:600]}")
        return page
