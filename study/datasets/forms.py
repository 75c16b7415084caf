"""The forms of a signature under the data lock and under the unblinding."""

from django import forms


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
