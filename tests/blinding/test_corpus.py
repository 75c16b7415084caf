"""The scanner against a corpus of sentences that tell who wrote them, and against clean ones."""

import pytest

from study.blinding.normalise import normalise_sections
from study.blinding.scan import scan_sections
from study.protocol.rubric import SECTIONS
from tests.blinding.corpus import clean_texts, is_held_out, phrases

LEAST_RECALL = 0.99
# Of the clean texts, one is an expected error that is a refusal.
LEAST_CLEAN = 0.99


def is_flagged(sentence: str) -> bool:
    return bool(scan_sections(normalise_sections({**dict.fromkeys(SECTIONS, ""), "assessment": sentence})))


def test_the_corpus_has_two_hundred_sentences_and_a_third_is_held_out() -> None:
    sentences = [sentence for _, sentence in phrases()]
    assert len(set(sentences)) == len(sentences) >= 200
    assert 0.3 <= sum(map(is_held_out, sentences)) / len(sentences) <= 0.37


def test_nearly_every_sentence_that_tells_its_author_is_flagged() -> None:
    missed = [sentence for _, sentence in phrases() if not is_flagged(sentence)]
    assert 1 - len(missed) / len(phrases()) >= LEAST_RECALL, missed


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in phrases()}))
def test_each_kind_is_found_in_the_part_that_was_learned_from(kind: str) -> None:
    learned = [sentence for each, sentence in phrases() if each == kind and not is_held_out(sentence)]
    assert [sentence for sentence in learned if not is_flagged(sentence)] == []


def test_clean_answers_are_left_alone_also_in_the_first_person() -> None:
    texts = clean_texts()
    flagged = [text for text in texts if is_flagged(text)]
    assert len(texts) >= 500
    assert 1 - len(flagged) / len(texts) >= LEAST_CLEAN, flagged
