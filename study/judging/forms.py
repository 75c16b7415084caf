"""The form of a judge; it parses to an input and does nothing else."""

from typing import Any

from django import forms

from study.engines.profiles.loader import Profile
from study.judging.catalogue import judge_profile, judge_profile_names
from study.judging.inputs import JudgeInput
from study.judging.models import Judge

ENGINE = Judge.Engine
SCRIPTED_FIELDS = ("severity", "noise")


class JudgeForm(forms.Form):
    """How a judge is asked; prompt, sampling and attempts come from its profile."""

    name = forms.SlugField(
        max_length=40, help_text="Lower-case letters, digits and hyphens; the report prints it."
    )
    engine = forms.ChoiceField(choices=ENGINE.choices)
    profile = forms.ChoiceField(
        required=False, help_text="Its prompt is asked, with its sampling and attempts."
    )
    model = forms.CharField(
        max_length=120, required=False, help_text="The name under which the server serves it."
    )
    family = forms.CharField(
        max_length=40,
        required=False,
        help_text="The line of models from which it was tuned, such as qwen3: the report flags a judge of "
        "one family with a model that it judges.",
    )
    revision = forms.CharField(max_length=80, required=False, help_text="Of the weights, such as a commit.")
    base_url = forms.ChoiceField(label="Server", required=False)
    severity = forms.FloatField(
        required=False, help_text="Of a scripted judge: points added to every score; negative is strict."
    )
    noise = forms.FloatField(required=False, help_text="Of a scripted judge: standard deviation in points.")

    def __init__(self, *args: Any, base_urls: list[str], simulated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profiles = [judge_profile(name) for name in judge_profile_names()]
        # A judge keeps its name: another name is another judge.
        self.fields["name"].disabled = bool(self.initial.get("name"))
        self._choose("profile", "None", [(each.name, each.title) for each in profiles])
        self._choose("base_url", "The first of the list", [(url, url) for url in base_urls])
        if not simulated:
            engines = [choice for choice in ENGINE.choices if choice[0] != ENGINE.SCRIPTED]
            self.fields["engine"].choices = engines  # type: ignore[attr-defined]
            for name in SCRIPTED_FIELDS:
                del self.fields[name]

    def _choose(self, name: str, nothing: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", nothing), *choices]  # type: ignore[attr-defined]

    def to_input(self) -> JudgeInput:
        data = self.cleaned_data
        return JudgeInput(
            name=data["name"],
            engine=data["engine"],
            profile=data["profile"],
            model=data["model"],
            family=data["family"],
            revision=data["revision"],
            base_url=data["base_url"],
            severity=data.get("severity"),
            noise=data.get("noise"),
        )


def judge_initial(judge: Judge | None) -> dict[str, Any]:
    """Return what the form of a judge starts from."""
    if judge is None:
        return {"engine": ENGINE.OPENAI}
    names = ("name", "engine", "model", "revision", "base_url")
    told = {name: judge.profile.get(name, "") for name in ("family",)}
    profile = {"profile": judge.profile["name"]} if judge.engine == ENGINE.OPENAI else {}
    manner = {name: judge.sampling.get(name) for name in SCRIPTED_FIELDS}
    return {name: getattr(judge, name) for name in names} | told | profile | manner


def profile_initial(profile: Profile) -> dict[str, Any]:
    """Return what a profile fills into the form."""
    return {
        "engine": profile.engine,
        "profile": profile.name,
        "model": profile.model,
        "family": profile.family,
    }
