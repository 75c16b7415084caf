"""`manage.py reset_second_factor EMAIL --reason WHY`: for somebody who has lost the device and the codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.participants.models import Person
from study.participants.second_factor import reset_second_factor
from study.protocol.errors import StudyError


class Command(BaseCommand):
    help = (
        "Take a person's second factors away and end the person's sessions; the audit trail keeps the reason."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="why, and how you know who asked for it")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise CommandError("No account has this address. Nothing was changed.")
        try:
            count = reset_second_factor(person=person, by=None, reason=options["reason"], now=timezone.now())
        except StudyError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"{count} second factors are gone and all sessions ended. {person.email} sets one up anew."
        )
