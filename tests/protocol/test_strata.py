from study.protocol.strata import strata_of
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_directory

BANK = {content.id: content for content in load_directory(CONTENT_DIRECTORY)}


def test_the_bank_has_the_three_strata_of_medication_safety() -> None:
    sizes = {name: len(codes) for name, codes in strata_of(BANK).items()}
    assert list(sizes) == ["high-risk medicines", "polypharmacy", "transitions of care"]
    assert all(5 <= size <= 25 for size in sizes.values())


def test_a_stratum_that_holds_every_vignette_or_none_is_left_out() -> None:
    one = {code: content for code, content in BANK.items() if content.strata.apinch}
    assert "high-risk medicines" not in strata_of(one)
    assert strata_of({}) == {}
