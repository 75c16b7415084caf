"""`manage.py erase_person`: withdraw what is not frozen, and erase who the person is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.participants.models import Person
from study.privacy.inputs import ErasureStatement
from study.privacy.queries import erasure_statement
from study.privacy.services import erase_person
from study.protocol.errors import StudyError


class Command(BaseCommand):
    help = "Say what goes, what stays and why; ask for the address again; then erase the person's data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="kept in the audit trail: name nobody in it")
        parser.add_argument("--confirm", metavar="EMAIL", help="the address again, in place of the question")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise CommandError("There is no account of this address.")
        self._tell(erasure_statement(person))
        again = options["confirm"] or input("It cannot be taken back. Type the address again: ")
        if again.strip().lower() != person.email:
            raise CommandError("That is another address. Nothing was erased.")
        try:
            erase_person(person_id=person.pk, by=None, reason=options["reason"], now=timezone.now())
        except StudyError as error:
            raise CommandError(" ".join([error.message, *error.details])) from error
        self.stdout.write(f"Erased. The account is number {person.pk} from now on, and nobody's.")

    def _tell(self, statement: ErasureStatement) -> None:
        lines = [f"erased: {each}" for each in statement.erased]
        lines += [f"kept: {each.what} ({each.why})" for each in statement.kept]
        lines += [f"{each.study}: {self._fate(each)}" for each in statement.studies]
        self.stdout.write("\n".join(lines))

    def _fate(self, each: Any) -> str:
        if not each.is_withdrawn:
            return "the data are frozen and stay, under a pseudonym"
        return f"{each.answers} answers and {each.ratings} ratings are withdrawn"
