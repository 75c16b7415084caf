"""`manage.py create_person`: the first account of an installation; everybody else is invited."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from study.environment import read_text
from study.participants.models import Person
from study.participants.services import create_person


class Command(BaseCommand):
    help = (
        "Create a person who may start studies, or with --administrator one who runs the installation and "
        "has no role in any study. The password is asked for, or read from EQUIPOISE_PASSWORD."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--administrator", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        person = Person(email=email, name=options["name"])
        if Person.objects.filter(email=email).exists():
            raise CommandError(f"{email} has an account already. Nothing was changed.")
        password = read_text("EQUIPOISE_PASSWORD") or getpass("Password (12 characters or more): ")
        try:
            validate_email(email)
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError("Nothing was created. " + " ".join(error.messages)) from error
        administrator = options["administrator"]
        create_person(
            email=email,
            password=password,
            name=person.name,
            administrator=administrator,
            now=timezone.now(),
        )
        what = "administer this installation" if administrator else "start studies"
        self.stdout.write(f"{email} can sign in and {what}.")
