"""The form of a new token."""

from django import forms


class TokenForm(forms.Form):
    label = forms.CharField(
        max_length=60,
        label="Name of the token",
        help_text="For example the program or the machine that uses it.",
    )
