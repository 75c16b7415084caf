"""Forms about the own data, and about carrying out an erasure."""

from django import forms


class PasswordForm(forms.Form):
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
        label="Your password, again",
    )


class ErasureRequestForm(PasswordForm):
    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Reason, if you want to give one",
        help_text="It is erased together with your other data.",
    )
    confirmed = forms.BooleanField(label="I have read what is erased and what is kept. Please erase my data.")
    field_order = ["reason", "confirmed", "password"]


class ErasureForm(PasswordForm):
    person = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Why it is carried out",
        help_text="Stays in the audit trail: name nobody in it.",
    )
    confirmed = forms.BooleanField(label="I have read what is erased. It cannot be taken back.")
    field_order = ["reason", "confirmed", "password"]
