"""Where the claim word changes."""


def test_every_contrast_shows_every_sensitivity_beside_its_primary_word(results, plan):
    names = [entry["name"] for entry in plan.sensitivities]
    rows = results["multiverse"]["contrasts"]
    assert len(rows) == len(results["contrasts"]) == 16
    for row, contrast in zip(rows, results["contrasts"], strict=True):
        assert list(row["cells"]) == names
        assert row["primary"] == contrast["unadjusted"]


def test_counts_add_up_to_the_records(results):
    records = results["sensitivities"]
    counts = {entry["sensitivity"]: entry for entry in results["multiverse"]["counts"]}
    for name, entry in counts.items():
        own = [record for record in records if record["sensitivity"] == name]
        assert entry["cases"] == len(own)
        assert entry["changed"] == sum(record["changed"] is True for record in own)
    rows = results["multiverse"]["contrasts"]
    assert sum(row["changed"] for row in rows) == sum(entry["changed"] for entry in counts.values())


def test_a_cell_counts_its_words_and_names_the_cases_that_changed(results):
    row = next(row for row in results["multiverse"]["contrasts"] if row["changed"])
    name, cell = next((name, cell) for name, cell in row["cells"].items() if cell["changed"])
    own = [
        r
        for r in results["sensitivities"]
        if (r["sensitivity"], r["model"], r["level"], r["dimension"])
        == (name, row["model"], row["level"], row["dimension"])
    ]
    assert sum(cell["words"].values()) == cell["cases"] == len(own)
    assert cell["changed_cases"] == [r["case"] for r in own if r["changed"]]


def test_the_headline_is_followed_through_the_tree_of_the_lead_model(results, plan):
    headlines = results["multiverse"]["headlines"]
    assert {row["model"] for row in headlines} == {plan.lead_model}
    unchanged = next(row for row in headlines if row["sensitivity"] == "fast_ratings")
    assert unchanged["words"] == results["tree"]["words"]
    assert unchanged["changed"] == []
    cases = [row["case"] for row in headlines if row["sensitivity"] == "leave_one_rater_out"]
    assert cases == [f"without R0{i}" for i in (1, 2, 3, 4)]


def test_sensitivities_on_another_scale_carry_no_headline(results):
    named = {row["sensitivity"] for row in results["multiverse"]["headlines"]}
    assert not named & {"top_box", "signed_rank"}
