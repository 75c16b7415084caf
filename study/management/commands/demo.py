"""`manage.py demo`: play the demonstration studies through the real pages, then serve the site."""

import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.demonstration.browser import Browser, Page, PlayError
from study.demonstration.cards import cards_of_bank
from study.demonstration.director import Director, role_logins
from study.demonstration.script import COMPLETE, IN_ANSWERING, IN_RATING, LEAD, PASSWORD, Script
from study.demonstration.transport import InProcessTransport
from study.demonstration.truth import expected_scores
from study.participants.models import Person
from study.participants.services import create_person
from study.protocol.models import Study
from vignettes.bank import CONTENT_DIRECTORY, load_bank


class Command(BaseCommand):
    help = "Play three simulated studies (one to its report), print the logins, and serve the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop after the play")
        parser.add_argument(
            "--truth", action="store_true", help="print the estimates beside the scripted truth"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demonstration is for a machine of its own, not for production.")
        self._browsers = _Browsers()
        call_command("migrate", verbosity=0)
        load_bank(CONTENT_DIRECTORY, now=timezone.now())
        if not Person.objects.filter(email=LEAD).exists():
            create_person(email=LEAD, password=PASSWORD, name="Lead investigator", now=timezone.now())
        for script in (COMPLETE, IN_ANSWERING, IN_RATING):
            self._play(script)
        self._tell_where()
        if options["truth"]:
            self._tell_truth()
        if not options["no_serve"]:
            call_command("serve")

    def _play(self, script: Script) -> None:
        """Play one study unless it stands where its script stops."""
        if Study.objects.filter(slug=script.slug, phase=script.stops_in).exists() and _was_played(script):
            return
        started = time.monotonic()
        director = Director(script, cards_of_bank(), self._browsers.__getitem__, _run_worker, tell=self._line)
        try:
            director.play()
        except PlayError as error:
            raise CommandError(
                f"The demonstration stopped: {error} Run the command again to go on."
            ) from error
        _played_mark(script).touch()
        self._line(f"{script.slug}: done in {time.monotonic() - started:.0f} s")

    def _line(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _tell_where(self) -> None:
        report = settings.EXPORTS_DIR / COMPLETE.slug / "report.html"
        self._line("\nSimulated data: scripted people and models. The vignettes are not clinically approved.")
        self._line(f"Report: {report}")
        self._line(f"Finished study: {COMPLETE.slug}. Open studies: {IN_ANSWERING.slug}, {IN_RATING.slug}.")
        self._line(f"Logins, all with the password {PASSWORD}:")
        for role, email in role_logins():
            self._line(f"  {role:<20} {email}")

    def _tell_truth(self) -> None:
        """Print each primary estimate beside the difference that the scripts would show without end."""
        results = json.loads((settings.EXPORTS_DIR / COMPLETE.slug / "results.json").read_text("utf-8"))
        abilities = {model.name: model.ability for model in COMPLETE.models} | COMPLETE.level_abilities
        cards = list(cards_of_bank().values())
        truths = {name: expected_scores(cards, ability, seed=1).mean for name, ability in abilities.items()}
        self._line("\nScripted truth, estimate and 95 % interval, in points:")
        for each in results["contrasts"]:
            model, level, dimension = each["model"], each["level"], each["dimension"]
            truth = truths[model][dimension] - truths[level][dimension]
            low, high = each["interval"]["low"], each["interval"]["high"]
            name = f"{model} - {level}, {dimension}"
            self._line(f"  {name:<45} {truth:5.2f} {each['estimate']:6.2f} [{low:.2f}, {high:.2f}]")


class _Browsers(dict[str, Browser]):
    """One browser per person, kept over the studies: nobody signs in twice."""

    def __missing__(self, email: str) -> Browser:
        self[email] = Browser(InProcessTransport())
        return self[email]


def _run_worker(_: Page) -> bool:
    """Let the worker's own process answer what is due."""
    subprocess.run([sys.executable, "manage.py", "work", "--until-idle"], cwd=settings.BASE_DIR, check=True)
    return True


def _played_mark(script: Script) -> Path:
    return Path(settings.VAR_DIR) / f"played-{script.slug}"


def _was_played(script: Script) -> bool:
    return _played_mark(script).exists()
