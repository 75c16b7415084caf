"""What scripted residents have learnt: the bank's files, found by the scenario that their page shows."""

from study.demonstration.people import scenario_key
from study.engines.scripted import Card
from study.responses.services.setups import card_of
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_directory


def cards_of_bank() -> dict[str, Card]:
    """Return the cards of the shipped bank by scenario key."""
    return {scenario_key(content.scenario): card_of(content) for content in load_directory(CONTENT_DIRECTORY)}
