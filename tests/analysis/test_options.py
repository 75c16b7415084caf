"""Options of the plan in a whole run: shares of alpha, separate levels, and other methods of a step."""

from dataclasses import replace

import pytest

from analysis.plan import Bootstrap
from analysis.plan_tree import TreeStep
from analysis.run import analyse


@pytest.fixture(scope="module")
def quick_plan(plan):
    """The plan without what takes time."""
    return replace(plan, bootstrap=Bootstrap(999, 1), sensitivities=())


def _run(dataset, plan):
    """Results as if this plan had been locked."""
    from analysis.plan import dump_plan, plan_sha256

    digest = plan_sha256(dump_plan(plan))
    return analyse(replace(dataset, manifest={**dataset.manifest, "plan_sha256": digest}), plan)


def test_each_model_with_a_share_has_a_tree_at_its_part_of_alpha(dataset, quick_plan):
    results = _run(dataset, replace(quick_plan, alpha_shares=(0.8, 0.2)))
    assert [(t["model"], t["alpha"]) for t in results["trees"]] == [("model-a", 0.02), ("model-b", 0.005)]
    assert results["tree"] == results["trees"][0]
    assert {claim["role"] for claim in results["claims"]} == {"headline"}
    assert "alpha 0.025 was split over the models" in results["methods"]


def test_separate_levels_give_headlines_of_one_level(dataset, quick_plan):
    last = replace(quick_plan.tree[2], levels="separate")
    results = _run(dataset, replace(quick_plan, tree=(*quick_plan.tree[:2], last)))
    own = [c for c in results["claims"] if c["model"] == "model-a" and len(c["levels"]) == 1]
    assert [tuple(c["levels"]) for c in own] == [("PGY1",), ("PGY2",)] * 3
    assert {c["role"] for c in own} == {"headline"}
    assert "each level on its own" in results["methods"]


@pytest.mark.parametrize(
    ("method", "shares", "words"),
    [
        ("fallback", {"weights": (0.5, 0.3, 0.2)}, "fallback procedure with weights 0.5, 0.3, 0.2"),
        ("hommel", {}, "Hommel's procedure"),
        ("fixed_sequence", {}, "in this fixed sequence"),
        (
            "graph",
            {"weights": (1.0, 0.0, 0.0), "transitions": ((0, 0.5, 0.5), (0, 0, 1), (0, 1, 0))},
            "a graph of weighted Bonferroni tests",
        ),
    ],
)
def test_the_method_of_a_step_is_used_and_named(dataset, quick_plan, method, shares, words):
    family = quick_plan.tree[2].dimensions
    step = TreeStep("superiority", "superior", method, family, **shares)
    results = _run(dataset, replace(quick_plan, tree=(*quick_plan.tree[:2], step)))
    assert words in results["methods"]
    adjusted = [h["p_adjusted"] for h in results["tree"]["hypotheses"][2:]]
    assert all(q >= h["p"] - 1e-12 for q, h in zip(adjusted, results["tree"]["hypotheses"][2:], strict=True))


def test_without_sensitivities_the_multiverse_is_empty_and_the_text_says_so(dataset, quick_plan):
    results = _run(dataset, quick_plan)
    assert results["sensitivities"] == results["sensitivity_list"] == []
    assert all(row["cells"] == {} for row in results["multiverse"]["contrasts"])
    assert "The plan lists no sensitivity." in results["results_text"]
