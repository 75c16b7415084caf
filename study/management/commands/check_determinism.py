"""Ask stored draws again and say how many come back the same."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.protocol.errors import StudyError
from study.protocol.models import Study
from study.responses.services.determinism import check_determinism
from vignettes.variants import ORIGINAL


class Command(BaseCommand):
    help = "Generate stored draws again and compare them. Stores nothing but an audit event."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study's short name")
        parser.add_argument("--draws", type=int, default=10, help="how many stored draws are asked again")

    def handle(self, *_: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"study: {options['study']!r} is not known")
        if options["draws"] < 1:
            raise CommandError("--draws: at least 1")
        try:
            compared = check_determinism(study=study, draws=options["draws"], now=timezone.now())
        except StudyError as error:
            raise CommandError(error.message) from error
        for row in compared:
            verdict = "identical" if row.is_identical else row.problem or "different"
            elsewhere = "" if row.same_environment or row.problem else " (in another environment)"
            asked = row.vignette if row.variant == ORIGINAL else f"{row.vignette} {row.variant}"
            self.stdout.write(f"{asked} draw {row.draw}: {verdict}{elsewhere}")
        identical = sum(row.is_identical for row in compared)
        self.stdout.write(f"identical {identical} of {len(compared)}")
