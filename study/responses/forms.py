"""Forms of answering; each parses to an input and does nothing else."""

from typing import Any

from django import forms

from study.engines.profiles.loader import Profile, profile_names, shipped_profile
from study.engines.sampling import SAMPLING
from study.protocol.rubric import SECTION_HELP, SECTIONS
from study.responses.inputs import (
    MAX_ACTIVE_SECONDS,
    MAX_RESOURCES_CHARS,
    MAX_SECTION_CHARS,
    AnswerInput,
    ModelSetupInput,
)
from study.responses.models import Draft, ModelSetup
from study.responses.prompts import SYSTEM_PROMPTS


class AnswerForm(forms.Form):
    """The five sections, and what the page knows about its draft."""

    resources = forms.CharField(
        required=False,
        max_length=MAX_RESOURCES_CHARS,
        label="Resources used (optional)",
        help_text="For example: hospital formulary, a colleague, none.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    tab = forms.RegexField(r"\A[0-9a-f]{0,32}\Z", required=False, widget=forms.HiddenInput)
    rival_seen = forms.BooleanField(required=False, widget=forms.HiddenInput)
    active_seconds = forms.FloatField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, heading in SECTIONS.items():
            self.fields[code] = forms.CharField(
                required=False,
                strip=False,
                max_length=MAX_SECTION_CHARS,
                label=heading,
                help_text=SECTION_HELP[code],
                # No spelling help: it would differ from browser to browser and from model to resident.
                widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
            )

    @property
    def sections(self) -> list[forms.BoundField]:
        return [self[code] for code in SECTIONS]

    def clean_active_seconds(self) -> float | None:
        """Return seconds within a day; what a script could not measure is no reason to refuse an answer."""
        seconds: float | None = self.cleaned_data["active_seconds"]
        return None if seconds is None else min(max(seconds, 0.0), MAX_ACTIVE_SECONDS)

    def to_input(self) -> AnswerInput:
        data = self.cleaned_data
        return AnswerInput(
            sections={code: data[code] for code in SECTIONS},
            active_seconds=data["active_seconds"],
            resources=data["resources"],
            version=data["version"] or 0,
            tab=data["tab"],
            rival_seen=data["rival_seen"],
        )


def draft_initial(draft: Draft | None, tab: str) -> dict[str, Any]:
    """Return what the form of a new page starts from; version 0 says that there was no draft."""
    if draft is None:
        return {"version": 0, "tab": tab, "active_seconds": 0}
    return {
        **draft.sections,
        "resources": draft.resources,
        "version": draft.version,
        "tab": tab,
        "rival_seen": draft.rival is not None,
        "active_seconds": round(draft.active_seconds, 1),
    }


class CloseForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=2000,
        label="Reason",
        help_text="Needed while anything is open; the report prints it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    confirm = forms.BooleanField(
        label="I know that no answer is accepted afterwards, and that this cannot be undone."
    )


class ModelSetupForm(forms.Form):
    """How one model arm is asked; an empty sampling field means: this parameter is not sent."""

    engine = forms.ChoiceField(choices=ModelSetup.Engine.choices)
    model = forms.CharField(max_length=120, help_text="The name under which the server serves it.")
    revision = forms.CharField(max_length=80, required=False, help_text="Of the weights, such as a commit.")
    base_url = forms.ChoiceField(label="Server", required=False)
    profile = forms.ChoiceField(
        required=False, help_text="Its system prompt is asked, and the engine is given its options."
    )
    prompt_version = forms.ChoiceField(label="Prompt")
    draws = forms.IntegerField(initial=1, help_text="Draws per vignette; the first is the primary one.")
    max_attempts = forms.IntegerField(
        initial=3,
        label="Attempts",
        help_text="An empty, cut-off or incomplete answer is asked again so often.",
    )
    ability = forms.FloatField(required=False, help_text="Of the scripted engine only: 0 to 1.")

    def __init__(self, *args: Any, base_urls: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base_url"] = forms.ChoiceField(
            label="Server",
            required=False,
            choices=[("", "The first of the list"), *((url, url) for url in base_urls)],
        )
        profiles = [shipped_profile(name) for name in profile_names()]
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            *((profile.name, f"{profile.name}, version {profile.version}") for profile in profiles),
        ]
        prompts = dict.fromkeys([*SYSTEM_PROMPTS, *(profile.prompt_version for profile in profiles)])
        self.fields["prompt_version"].choices = [(prompt, prompt) for prompt in prompts]  # type: ignore[attr-defined]
        for name, spec in SAMPLING.items():
            kind = forms.IntegerField if spec.kind is int else forms.FloatField
            self.fields[f"sampling_{name}"] = kind(
                required=False, label=name, initial=spec.kind(spec.default)
            )

    def to_input(self) -> ModelSetupInput:
        data = self.cleaned_data
        return ModelSetupInput(
            engine=data["engine"],
            model=data["model"],
            revision=data["revision"],
            base_url=data["base_url"],
            profile=data["profile"],
            prompt_version=data["prompt_version"],
            sampling={name: data[f"sampling_{name}"] for name in SAMPLING},
            draws=data["draws"],
            max_attempts=data["max_attempts"],
            ability=data["ability"],
        )


def setup_initial(setup: ModelSetup | None) -> dict[str, Any]:
    """Return what the form of a model arm starts from."""
    if setup is None:
        return {"engine": ModelSetup.Engine.OPENAI}
    names = ("engine", "model", "revision", "base_url", "prompt_version", "draws", "max_attempts", "ability")
    sampling = {f"sampling_{name}": value for name, value in setup.sampling.items()}
    profile = {"profile": setup.profile.get("name", "")}
    return {name: getattr(setup, name) for name in names} | profile | sampling


def profile_initial(profile: Profile) -> dict[str, Any]:
    """Return what a profile fills into the form of a model arm."""
    sampling = {f"sampling_{name}": value for name, value in profile.sampling.items()}
    return {
        "profile": profile.name,
        "engine": profile.engine,
        "model": profile.model,
        "prompt_version": profile.prompt_version,
        "max_attempts": profile.max_attempts,
        **sampling,
    }
