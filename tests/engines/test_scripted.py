from itertools import pairwise

import numpy as np
import pytest

from study.engines.base import GenerationRequest
from study.engines.scripted import Card, CardError, CardPoint, ScriptedEngine, compose_sections
from study.protocol.rubric import SECTIONS
from study.responses.inputs import count_words
from study.responses.parsing import parse_answer
from study.responses.services.setups import card_of
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_file

CARDS = [card_of(load_file(path)) for path in sorted(CONTENT_DIRECTORY.glob("*.yaml"))]


def _engine(ability: float) -> ScriptedEngine:
    return ScriptedEngine(card=CARDS[0], ability=ability, word_cap=250, headings=SECTIONS, model="script")


def _request(seed: int) -> GenerationRequest:
    return GenerationRequest(messages=(), sampling={}, seed=seed, correlation_id="1")


def _made(ability: float, seed: int, card: Card) -> tuple[set[str], set[str]]:
    text = "\n".join(compose_sections(card, ability, np.random.default_rng(seed), word_cap=10_000).values())
    points = {point.text for point in card.points if point.text in text}
    return points, {error.text for error in card.errors if error.text in text}


def test_the_same_seed_gives_the_same_text_and_another_seed_another() -> None:
    engine = _engine(0.5)
    texts = [engine.generate(_request(seed)).content for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_answers_say_that_they_are_simulated() -> None:
    result = _engine(0.5).generate(_request(1))
    assert (result.simulated, result.engine, result.sampling) == (True, "scripted", {"ability": 0.5})


def test_scripted_text_has_the_five_sections_of_the_form() -> None:
    content = _engine(0.2).generate(_request(3)).content
    assert all(parse_answer(content or "").values())


@pytest.mark.parametrize("seed", range(5))
def test_more_ability_names_no_key_point_less_and_makes_no_error_more(seed: int) -> None:
    for card in CARDS:
        made = [_made(ability, seed, card) for ability in (0.0, 0.3, 0.6, 0.9, 1.0)]
        for (points, errors), (more_points, fewer_errors) in pairwise(made):
            assert points <= more_points
            assert errors >= fewer_errors


def test_ability_moves_the_share_of_key_points_far() -> None:
    shares = [
        np.mean(
            [len(_made(ability, seed, card)[0]) / len(card.points) for card in CARDS for seed in range(20)]
        )
        for ability in (0.1, 0.9)
    ]
    assert shares[1] - shares[0] > 0.5


@pytest.mark.parametrize("ability", [0.0, 0.5, 1.0])
def test_answers_stay_within_the_word_cap(ability: float) -> None:
    for card in CARDS:
        for cap in (120, 250):
            sections = compose_sections(card, ability, np.random.default_rng(1), word_cap=cap)
            assert count_words(sections) <= cap


def test_an_error_pushes_out_a_key_point_of_its_section() -> None:
    card = Card(
        points=(CardPoint("Stop it now.", "avoid", critical=True),),
        errors=(CardError("Give it all.", "avoid"),),
        difficulty=1,
    )
    texts = {compose_sections(card, 0.4, np.random.default_rng(seed))["avoid"] for seed in range(40)}
    assert not any("Stop it now." in text and "Give it all." in text for text in texts)


def test_an_ability_outside_its_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        compose_sections(CARDS[0], 1.1, np.random.default_rng(0))
