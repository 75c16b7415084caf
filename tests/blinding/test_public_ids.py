"""Public ids and waves: functions of the secret, the vignette and the text."""

from collections import Counter

from study.blinding.public_ids import public_id, public_ids, secret_of_simulation, text_sha256, waves

SECRET, OTHER = secret_of_simulation("one", 1), secret_of_simulation("two", 1)
TEXT = {"assessment": "A", "avoid": "B"}


def test_a_public_id_has_twenty_six_base32_characters() -> None:
    found = public_id(SECRET, "MS-01", TEXT, 1)
    assert len(found) == 26
    assert set(found) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_secret_vignette_text_and_count_each_change_the_id() -> None:
    ids = {
        public_id(SECRET, "MS-01", TEXT, 1),
        public_id(OTHER, "MS-01", TEXT, 1),
        public_id(SECRET, "MS-02", TEXT, 1),
        public_id(SECRET, "MS-01", {**TEXT, "avoid": "C"}, 1),
        public_id(SECRET, "MS-01", TEXT, 2),
    }
    assert len(ids) == 5


def test_the_order_of_the_sections_does_not_matter() -> None:
    assert text_sha256(TEXT) == text_sha256(dict(reversed(TEXT.items())))


def test_equal_texts_are_counted_within_a_vignette() -> None:
    ids = public_ids(SECRET, [("MS-01", TEXT), ("MS-02", TEXT), ("MS-01", TEXT)])
    assert ids == [
        public_id(SECRET, code, TEXT, count) for code, count in (("MS-01", 1), ("MS-02", 1), ("MS-01", 2))
    ]


def test_waves_are_a_permutation_that_favours_no_draw() -> None:
    draws = [("original", draw) for draw in (1, 2, 3)]
    first = Counter(waves(SECRET, f"V{number}", draws)["original", 1] for number in range(600))
    assert all(sorted(waves(SECRET, f"V{number}", draws).values()) == [1, 2, 3] for number in range(20))
    assert all(150 < first[wave] < 250 for wave in (1, 2, 3))


def test_one_draw_is_one_wave() -> None:
    assert waves(SECRET, "MS-01", [("original", 1)]) == {("original", 1): 1}
