"""Declare what a served model is: hashes of its files, precision, GPU and driver. Run it on the GPU host."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.engines.description import (
    FACT_NAMES,
    FactsError,
    describe_directory,
    describe_host,
    merged_facts,
)


class Command(BaseCommand):
    help = "Print the facts of a model's directory for EQUIPOISE_LLM_FACTS. Hashing 64 GB takes minutes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="the model's files, as the server loads them")
        parser.add_argument("--name", help="the served name (default: the directory's)")
        parser.add_argument("--fact", action="append", default=[], metavar="NAME=VALUE", help="one more fact")
        parser.add_argument("--into", type=Path, help="put the facts into this file instead of printing them")

    def handle(self, *_: Any, **options: Any) -> None:
        directory: Path = options["directory"]
        name = options["name"] or directory.resolve().name
        target: Path | None = options["into"]
        try:
            facts = describe_directory(directory) | describe_host() | dict(map(_fact, options["fact"]))
            facts["described_at"] = timezone.now().isoformat(timespec="seconds")
            text = merged_facts(target, name, facts)
        except FactsError as error:
            raise CommandError(str(error)) from error
        if target is None:
            self.stdout.write(text, ending="")
            return
        fresh = target.with_name(f"{target.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(target)
        self.stdout.write(f"{name}: {len(facts)} facts in {target}")


def _fact(text: str) -> tuple[str, str | int]:
    name, sign, value = text.partition("=")
    if not sign or name not in FACT_NAMES:
        raise FactsError(f"--fact: {name!r} is not known; known are {', '.join(FACT_NAMES)}")
    return name, int(value) if value.isdecimal() else value
