"""Which module answers the keys of which area of reference cases.

A module of this package has ``answers(case)``, a thunk per key that it knows, and ``REASONS``, why a key
pattern is not implemented.
"""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

from tests.reference.cases import Case

NOT_KNOWN = "no method of this name"
Answers = Mapping[str, Callable[[], Any]]

MODULES = {
    "01_paired_location": "paired_location",
    "02_effect_sizes": "effect_sizes",
    "03_cochran_q": "cochran_q",
    "03_friedman": "friedman",
    "03_mcnemar": "mcnemar",
    "04_equivalence": "equivalence",
    "05_gatekeeping": "gatekeeping",
    "05_multiplicity": "multiplicity",
    "06_agreement_categorical": "agreement",
    "06_agreement_study": "agreement",
    "06_agreement_two_raters": "agreement",
    "06_bland_altman": "bland_altman",
    "06_icc": "agreement",
    "07_mixed_models": "mixed_models",
    "08_blinding": "blinding",
    "09_bootstrap": "bootstrap",
    "10_golden_study": "golden_study",
}


def answers(case: Case) -> Answers:
    """Thunks by key for a case; empty for an area that no module knows."""
    module = MODULES.get(case.area)
    if module is None:
        return {}
    found: Answers = import_module(f"tests.reference.adapters.{module}").answers(case)
    return found


def reason(case: Case, key: str) -> str:
    """Why a key of a case is not implemented."""
    module = MODULES.get(case.area)
    patterns = {} if module is None else import_module(f"tests.reference.adapters.{module}").REASONS
    return next((why for pattern, why in patterns.items() if fnmatchcase(key, pattern)), NOT_KNOWN)
