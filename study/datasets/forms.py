"""The forms of a signature under the data lock and under the unblinding, and of an emergency."""

from django import forms

from study.protocol.lock_guards import LEAST_REASON


class SignatureForm(forms.Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        label="Your password",
        help_text="A signature needs a fresh sign-in.",
        strip=False,
    )


class DataLockForm(SignatureForm):
    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Reason for locking with open ratings",
        help_text="The report prints it.",
    )
    field_order = ["reason", "password"]


class EmergencyForm(forms.Form):
    public_id = forms.CharField(
        max_length=300,
        label="The response",
        help_text="A rater's address and the place in that rater's queue, such as rater@hospital.example 13; "
        "or the response's id of 26 characters.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        min_length=LEAST_REASON,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        label="What happened, and why it cannot wait",
        help_text="The report prints it. Name nobody in it.",
    )
    confirmed = forms.BooleanField(
        label="I understand: this is recorded for good, listed in the report, and cannot be taken back."
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        label="Your password",
        help_text="An unblinding needs a fresh sign-in.",
        strip=False,
    )

    def to_arguments(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("public_id", "reason", "password")}
