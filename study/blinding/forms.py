"""Forms of sealing; each parses and does nothing else."""

from django import forms

from study.blinding.models import FlagDecision


class DecisionForm(forms.Form):
    choice = forms.ChoiceField(
        choices=FlagDecision.Choice.choices, widget=forms.RadioSelect, label="Decision"
    )
    reason = forms.CharField(max_length=500, label="Reason")


class SealForm(forms.Form):
    confirm = forms.BooleanField(
        label="I have read the list above. Sealing cannot be undone.",
        error_messages={"required": "Tick the box to say that you want to seal. Nothing was changed."},
    )
