"""What a page may show of the trail before the names of the arms are released.

Who reviews the trail then may know who is in the study and what was decided about it, and must not learn who
wrote which response, nor anything from which that follows. So every action is one of three by decision, and
one that nobody has decided about is withheld:

* open: shown whole. The acts of running a study, all of them known to its investigators anyway.
* bare: that it happened, when and by whom; no detail, reason or object. Curation, sealing and rating, whose
  objects are items: next to an author's objects they would be half of the key. And an auditor's or a
  custodian's look at the whole trail, whose query names what is hidden here.
* withheld: not listed, not counted, found by no filter. Answers by residents and by models: their order and
  number tell of retries and outcomes, which a blinded dataset shows on arm codes.

Rows are named for the tables of `OPEN_TABLES` only, and their values are those of the study and its people.
"""

from typing import Final

from study.protocol.models import Study
from study.protocol.vocabulary import Phase

OPEN_ACTIONS: Final = frozenset(
    {
        "datasets.sign_data_lock",
        "datasets.sign_unblinding",
        "judging.configure_judge",
        "judging.retry_failed",
        "judging.start_judging",
        "participants.accept_invitation",
        "participants.add_second_factor",
        "participants.close_account",
        "participants.consent",
        "participants.create_person",
        "participants.create_token",
        "participants.end_sessions",
        "participants.grant_studies",
        "participants.invite",
        "participants.reopen_account",
        "participants.remove_second_factor",
        "participants.renew_recovery_codes",
        "participants.reset_second_factor",
        "participants.revoke_invitation",
        "participants.revoke_token",
        "participants.withdraw_studies",
        "protocol.approve_vignette",
        "protocol.begin_audit",
        "protocol.change_plan",
        "protocol.create_study",
        "protocol.lock_plan",
        "protocol.sign_approval_exception",
        "ratings.open_rating",
        "reports.import_vignette",
        "reports.run_analysis",
        "responses.close_answering",
        "responses.configure_model",
        "responses.open_answering",
        "responses.retry_failed",
    }
)
BARE_ACTIONS: Final = frozenset(
    {
        "blinding.decide_flag",
        "blinding.derive_exclusions",
        "blinding.prepare_sealing",
        "blinding.seal_study",
        "datasets.unblind_item",
        "participants.view_whole_trail",
        "privacy.withdraw_data",
        "ratings.revise_rating",
        "ratings.save_guess",
        "ratings.save_rating",
        "responses.import_answers",
        "responses.plan_late_resident",
    }
)
WITHHELD_ACTIONS: Final = frozenset(
    {
        "judging.judge",
        "responses.check_determinism",
        "responses.generate",
        "responses.keep_copy",
        "responses.submit",
    }
)
OPEN_TABLES: Final = frozenset(
    {
        "study_allocation",
        "study_analysisplan",
        "study_answeringclosure",
        "study_apitoken",
        "study_arm",
        "study_consent",
        "study_consenttext",
        "study_invitation",
        "study_judge",
        "study_modelsetup",
        "study_participant",
        "study_person",
        "study_signature",
        "study_study",
        "study_studyvignette",
        "study_vignetteapproval",
    }
)


def is_released(study: Study) -> bool:
    """Whether the names of the arms are released, so that the trail hides nothing any more."""
    return study.phase in {Phase.UNBLINDED, Phase.REPORTED}
