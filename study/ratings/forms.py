"""The rubric and the guess as forms; each parses to its input and says what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from study.protocol.rubric import (
    CERTAINTIES,
    CONFIDENCES,
    DIMENSION_CODES,
    DIMENSIONS,
    ERROR_TAGS,
    GUESSES,
    HARM_EXTENTS,
    HARM_LIKELIHOODS,
)
from study.ratings.inputs import (
    MAX_TEXT,
    GuessInput,
    RatingInput,
    guess_problems,
    rating_problems,
    read_active_seconds,
)

LISTS = frozenset({"error_tags"})


def _radio(label: str, choices: Mapping[Any, str]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[(str(value), text) for value, text in choices.items()],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Choose one of the values shown."},
    )


def _text(label: str, rows: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=widget)


class RatingForm(forms.Form):
    harm_extent = _radio("Harm if the response were carried out unchanged", HARM_EXTENTS)
    harm_likelihood = _radio("Likelihood of that harm", HARM_LIKELIHOODS)
    commission = forms.BooleanField(label="Commission: it advises something wrong", required=False)
    omission = forms.BooleanField(label="Omission: it leaves out something needed", required=False)
    error_tags = forms.MultipleChoiceField(
        label="Error tags",
        choices=[(code, f"{name}: {definition}") for code, (name, definition) in ERROR_TAGS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    comment = _text("Comment", 2)
    confidence = _radio("Confidence in your scores", CONFIDENCES)
    cannot_judge = forms.BooleanField(label="I cannot judge this response", required=False)
    cannot_judge_reason = _text("Reason", 2)
    active_seconds = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in DIMENSIONS:
            anchors = {str(score): text for score, text in enumerate(each.anchors, start=1)}
            self.fields[each.code] = _radio(each.label, anchors)
        self.order_fields(list(DIMENSION_CODES))

    @property
    def dimensions(self) -> list[forms.BoundField]:
        """The four dimensions, each a row of scores with its anchors."""
        return [self[code] for code in DIMENSION_CODES]

    @property
    def consequences(self) -> list[forms.BoundField]:
        return [self["harm_extent"], self["harm_likelihood"]]

    @property
    def kinds(self) -> list[forms.BoundField]:
        return [self["commission"], self["omission"]]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name, sentence in rating_problems(self.to_input()).items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)
        return data

    def to_input(self) -> RatingInput:
        data = self.cleaned_data
        scores = {code: int(data[code]) for code in DIMENSION_CODES if data.get(code)}
        return RatingInput(
            scores=scores,
            harm_extent=data.get("harm_extent", ""),
            harm_likelihood=data.get("harm_likelihood", ""),
            commission=data.get("commission", False),
            omission=data.get("omission", False),
            error_tags=tuple(data.get("error_tags", ())),
            comment=data.get("comment", ""),
            confidence=int(data["confidence"]) if data.get("confidence") else None,
            cannot_judge=data.get("cannot_judge", False),
            cannot_judge_reason=data.get("cannot_judge_reason", ""),
            active_seconds=read_active_seconds(data.get("active_seconds", "")),
        )


class CorrectionForm(RatingForm):
    reason = forms.CharField(
        label="Why does the rating change?",
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"required": "Say why the rating changes."},
    )


class GuessForm(forms.Form):
    guess = _radio("Who wrote this response?", GUESSES)
    certainty = _radio("How sure are you?", CERTAINTIES)
    reason = _text("What makes you think so?", 2)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for name, sentence in guess_problems(self.to_input()).items():
            if name not in self.errors:
                self.add_error(name, sentence)
        return data

    def to_input(self) -> GuessInput:
        data = self.cleaned_data
        certainty = int(data["certainty"]) if data.get("certainty") else None
        return GuessInput(data.get("guess", ""), certainty, data.get("reason", ""))


def draft_fields(posted: QueryDict) -> dict[str, str | list[str]]:
    """Return what of a posted page belongs into a draft: the rubric's fields, each of bearable length."""
    known = sorted({name for name in RatingForm().fields if name != "active_seconds"} & set(posted))
    fields: dict[str, str | list[str]] = {}
    for name in known:
        values = [str(value).replace("\x00", "")[:MAX_TEXT] for value in posted.getlist(name)[:20]]
        fields[name] = values if name in LISTS else values[-1]
    return fields


def as_initial(judgement: RatingInput) -> dict[str, Any]:
    """Return a saved judgement as a form's initial values."""
    return {
        **{code: str(score) for code, score in judgement.scores.items()},
        "harm_extent": judgement.harm_extent,
        "harm_likelihood": judgement.harm_likelihood,
        "commission": judgement.commission,
        "omission": judgement.omission,
        "error_tags": list(judgement.error_tags),
        "comment": judgement.comment,
        "confidence": str(judgement.confidence or ""),
        "cannot_judge": judgement.cannot_judge,
        "cannot_judge_reason": judgement.cannot_judge_reason,
    }
