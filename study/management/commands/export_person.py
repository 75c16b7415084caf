"""`manage.py export_person`: everything that is held about one person, as JSON and CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.participants.models import Person
from study.privacy.files import as_files
from study.privacy.personal_data import personal_data
from study.privacy.services import record_export


class Command(BaseCommand):
    help = "Write everything that is held about a person to a new folder that only this account may read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="DIR", help="a folder that is not there yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise CommandError("There is no account of this address.")
        folder: Path = options["out"]
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise CommandError(f"{folder} cannot be made: {error.strerror}. Nothing was written.") from error
        now = timezone.now()
        files = as_files(personal_data(person, now=now))
        for name, text in files.items():
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
        record_export(person=person, by=None, now=now)
        self.stdout.write(f"{folder}: {len(files)} files")
