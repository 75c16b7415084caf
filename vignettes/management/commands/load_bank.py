"""``manage.py load_bank [DIRECTORY]``: load the vignette files; safe to repeat."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from vignettes.bank import CONTENT_DIRECTORY, load_bank
from vignettes.schema import BankError


class Command(BaseCommand):
    """Load the bank."""

    help = "Load the vignette files: a changed text becomes a new version, an unchanged one changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The directory, the shipped bank by default."""
        parser.add_argument("directory", nargs="?", type=Path, default=CONTENT_DIRECTORY)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load and say what was done; every problem and exit status 1 when refused."""
        try:
            report = load_bank(options["directory"], now=timezone.now())
        except BankError as error:
            raise CommandError(f"{error}\nNothing was loaded.") from error
        counts = (
            f"{len(report.created)} created, {len(report.revised)} revised, {len(report.unchanged)} unchanged"
        )
        self.stdout.write(f"Bank: {counts} (not clinically approved)")
        if report.absent:
            self.stdout.write(f"In the database but not in the files: {', '.join(report.absent)}")
