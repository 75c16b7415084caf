"""Forms about people and studies; each parses to an input and does nothing else."""

from typing import Any

from django import forms

from study.protocol.inputs import StudyInput, default_arms


class AcceptForm(forms.Form):
    name = forms.CharField(max_length=120, required=False, label="Your name")
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        label="Password",
        help_text="At least 12 characters. If you have an account already, type its password.",
    )


class ConsentForm(forms.Form):
    text = forms.IntegerField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[("agree", "I agree"), ("decline", "I decline")])
    interests = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Interests to declare",
        help_text="For example: I know residents of this hospital; I have worked on a model.",
    )

    def to_arguments(self) -> dict[str, Any]:
        data = self.cleaned_data
        agreed = data["decision"] == "agree"
        return {"agreed": agreed, "text_id": data["text"], "interests": data["interests"]}


class InviteForm(forms.Form):
    people = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        label="People, one per line",
        help_text=(
            "e-mail, name, role, level, site, profession. Roles: resident, rater, curator, investigator, "
            "custodian (reads who wrote what and may not rate, curate or analyse), auditor (reads the whole "
            "audit trail). Level (PGY1 or PGY2) is for residents."
        ),
    )


class StudyForm(forms.Form):
    title = forms.CharField(max_length=200, label="Title")
    slug = forms.SlugField(
        max_length=60, label="Short name", help_text="Letters, digits, hyphens; part of addresses."
    )
    models = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        label="Models, one per line, the lead model first",
        help_text="short-name = Label, for example: safemed-r1 = SafeMed-R1",
        initial="safemed-r1 = SafeMed-R1\nqwen3-32b = Qwen3-32B",
    )
    vignettes = forms.CharField(
        required=False,
        label="Vignettes",
        help_text="Codes with commas, for example MS-01, MS-02. Empty: the whole bank.",
    )
    raters_per_response = forms.IntegerField(min_value=1, max_value=40, initial=4)
    vignettes_per_resident = forms.IntegerField(min_value=1, max_value=30, initial=2)
    spacing = forms.IntegerField(
        min_value=0, max_value=60, initial=5, label="Places between two responses to the same vignette"
    )
    word_cap = forms.IntegerField(min_value=50, max_value=2000, initial=250, label="Word cap of an answer")
    margin = forms.DecimalField(
        min_value=0.01, max_value=4, max_digits=4, decimal_places=2, initial="0.50", label="Margin, in points"
    )
    guess_share = forms.DecimalField(
        min_value=0,
        max_value=1,
        max_digits=3,
        decimal_places=2,
        initial="1.00",
        label="Share of responses guessed",
    )
    seed = forms.IntegerField(min_value=1, max_value=2**53, label="Seed of every random draw")
    simulated = forms.BooleanField(
        required=False, label="Simulated study", help_text="For trying things out. This can never be changed."
    )

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if slug == "new":
            raise forms.ValidationError("'new' is the address of this page. Choose another short name.")
        return slug

    def clean_models(self) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for line in str(self.cleaned_data["models"]).splitlines():
            name, _, label = (part.strip() for part in line.partition("="))
            if not name:
                continue
            try:
                forms.SlugField(max_length=40).clean(name)
                forms.CharField(max_length=80, required=False).clean(label)
            except forms.ValidationError as error:
                raise forms.ValidationError(
                    f"'{name}' is not a short name (letters, digits, hyphens, at most 40), or its label has "
                    "more than 80 characters."
                ) from error
            pairs.append((name, label or name))
        if not pairs:
            raise forms.ValidationError("Name at least one model.")
        return pairs

    def to_input(self) -> StudyInput:
        data: dict[str, Any] = dict(self.cleaned_data)
        codes = tuple(code.strip() for code in data.pop("vignettes").split(",") if code.strip())
        return StudyInput(arms=default_arms(data.pop("models")), vignette_codes=codes, **data)


class ApprovalForm(forms.Form):
    statement = forms.CharField(required=False, max_length=2000)


class PlanForm(forms.Form):
    text = forms.CharField(
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "class": "code"}),
        label="Plan (YAML)",
    )
    reason = forms.CharField(required=False, max_length=1000, label="Why it changes")


class SignForm(forms.Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        label="Your password, again",
    )
    reason = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}), label="Reason")
