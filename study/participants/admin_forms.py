"""Forms of the administrators' pages."""

from django import forms

from study.participants.admin_services import LONGEST_REASON, Order
from study.participants.models import Person


class SearchForm(forms.Form):
    """Filters, both optional, as the query of the address."""

    search = forms.CharField(required=False, max_length=120, label="Address or name holds")
    state = forms.ChoiceField(
        required=False, label="Accounts", choices=[("", "all"), ("open", "open"), ("closed", "closed")]
    )


class ActForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}), label="Why, for the audit trail"
    )
    confirmation = forms.CharField(
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        label="The account's address, to confirm",
    )

    def to_order(self, administrator: Person, person_id: int) -> Order:
        return Order(administrator, person_id, **self.cleaned_data)
