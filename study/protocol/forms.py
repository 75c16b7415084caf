"""What a reviewer of the audit trail may ask for."""

from typing import Any

from django import forms

from study.protocol.audit_blinding import BARE_ACTIONS, OPEN_ACTIONS, WITHHELD_ACTIONS
from study.protocol.audit_review import Wanted, table_label, visible_tables

ANY = ("", "any")


class AuditForm(forms.Form):
    """Filters, all optional, as the query of the address; hidden actions and tables are not on offer."""

    action = forms.ChoiceField(required=False, label="What")
    person = forms.ChoiceField(required=False, label="Who")
    first_day = forms.DateField(required=False, label="From (UTC)", widget=forms.DateInput({"type": "date"}))
    last_day = forms.DateField(required=False, label="To (UTC)", widget=forms.DateInput({"type": "date"}))
    table = forms.ChoiceField(required=False, label="Object")
    row = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, label="Its number")
    request = forms.CharField(required=False, max_length=36, label="Request")

    def __init__(self, *args: Any, people: list[tuple[str, str]], whole: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        actions = OPEN_ACTIONS | BARE_ACTIONS | (WITHHELD_ACTIONS if whole else frozenset())
        tables = [(table, table_label(table)) for table in visible_tables(whole=whole)]
        choices = {
            "action": [(action, action) for action in sorted(actions)],
            "person": [*people, ("system", "the system")],
            "table": sorted(tables, key=lambda choice: choice[1]),
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  declared above
            field.choices = [ANY, *offered]

    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)
