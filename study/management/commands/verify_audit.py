"""`manage.py verify_audit`: is the audit trail whole, and are the rows as it says?"""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from study.datasets.models import FrozenDataset
from study.protocol.audit_chain import INSTALLATION, audit_head
from study.protocol.audit_verify import Anchor, verify
from study.protocol.models import Study

# No short name of a study reads like this.
INSTALLATION_NAME = "*"


class Command(BaseCommand):
    help = (
        "Verify the audit trail of one study or of the installation: every hash, every trigger, every row. "
        "Prints one line for each finding and exits with 1, or one line that begins with ok."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", nargs="?", help="short name of a study; without it, everything")
        parser.add_argument(
            "--anchors", type=Path, metavar="FILE", help="heads that --heads printed earlier, to compare with"
        )
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="HEAD", help="a head as a receipt prints it"
        )
        parser.add_argument(
            "--heads", action="store_true", help="print the heads: keep them where nobody can change them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = self._study(options["study"])
        if options["heads"]:
            self._print_heads(study)
            return
        findings = verify(study, list(self._anchors(study, options)))
        for line in findings.lines():
            self.stdout.write(line)
        if not findings.is_clean:
            raise SystemExit(1)

    def _study(self, slug: str | None) -> Study | None:
        if slug is None:
            return None
        study = Study.objects.filter(slug=slug).first()
        if study is None:
            raise CommandError(f"There is no study {slug}.")
        return study

    def _print_heads(self, study: Study | None) -> None:
        studies = [study] if study else [None, *Study.objects.order_by("slug")]
        for each in studies:
            head = audit_head(each)
            self.stdout.write(f"{each.slug if each else INSTALLATION_NAME} {head.sequence} {head.sha256}")

    def _anchors(self, study: Study | None, options: dict[str, Any]) -> Iterator[Anchor]:
        yield from _heads_in_manifests()
        if options["anchors"]:
            yield from _heads_in_file(options["anchors"])
        for text in options["anchor"]:
            if study is None:
                raise CommandError("A head of a receipt belongs to a study: name it.")
            yield _anchor(study.pk, *text.partition("-")[::2])


def _heads_in_manifests() -> Iterator[Anchor]:
    """Yield the heads that stand in the manifests of frozen datasets, which two people signed."""
    for study_id, manifest in FrozenDataset.objects.values_list("study_id", "manifest"):
        head = manifest.get("audit_head")
        if head:
            yield Anchor(study_id, head["sequence"], head["sha256"])


def _heads_in_file(path: Path) -> Iterator[Anchor]:
    chains = dict(Study.objects.values_list("slug", "pk")) | {INSTALLATION_NAME: INSTALLATION}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    for line in filter(str.strip, lines):
        name, *rest = line.split()
        if name not in chains or len(rest) != 2:
            raise CommandError(f"{path}: {line!r} is no head of a chain of this installation.")
        yield _anchor(chains[name], *rest)


def _anchor(chain: int, sequence: str, sha256: str) -> Anchor:
    if not sequence.isdecimal() or not sha256:
        raise CommandError(f"{sequence}-{sha256} is no head: it reads like 132-3fa9c2d1e0b4aa11.")
    return Anchor(chain, int(sequence), sha256)
