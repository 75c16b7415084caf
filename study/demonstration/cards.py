"""What scripted residents have learnt: the bank's files, found by the scenario that their page shows."""

from study.demonstration.people import scenario_key
from study.responses.engines.scripted import Card, CardError, CardPoint
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import VignetteContent, load_directory


def card_of(content: VignetteContent) -> Card:
    """Return the script's card of one vignette."""
    points = tuple(CardPoint(point.text, point.section, point.critical) for point in content.key_points)
    errors = tuple(CardError(error.answer_text, error.section) for error in content.common_errors)
    return Card(points, errors, content.difficulty)


def cards_of_bank() -> dict[str, Card]:
    """Return the cards of the shipped bank by scenario key."""
    return {scenario_key(content.scenario): card_of(content) for content in load_directory(CONTENT_DIRECTORY)}
