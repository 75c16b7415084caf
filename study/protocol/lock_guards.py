"""What the database refuses about locks: two different people, stated meanings, emergencies with a reason."""
# ruff: noqa: S608  the statements are made of the names of our own tables

from typing import Final

from study.protocol.triggers import Guard

LEAST_REASON: Final = 20
_SIGNERS: Final = """(SELECT count(DISTINCT g.person_id) FROM study_signature g
  WHERE g.study_id = {study} AND g.meaning = '{meaning}' AND g.subject_sha256 = {subject})"""
_FREEZERS: Final = _SIGNERS.format(study="NEW.study_id", meaning="data_lock", subject="NEW.data_sha256")
_RELEASERS: Final = _SIGNERS.format(study="NEW.id", meaning="unblinding", subject="d.manifest_sha256")
_EARLY_RELEASE: Final = f"""NEW.phase = 'unblinded' AND OLD.phase <> 'unblinded' AND EXISTS (
  SELECT 1 FROM study_frozendataset d WHERE d.study_id = NEW.id AND {_RELEASERS} < 2)"""
_UNBLINDED: Final = "study_emergencyunblinding"
_NO_CUSTODIAN: Final = """NOT EXISTS (SELECT 1 FROM study_participant p
  WHERE p.id = NEW.custodian_id AND p.study_id = NEW.study_id AND p.role = 'custodian')"""
_NO_EMERGENCY: Final = """NOT EXISTS (
  SELECT 1 FROM study_study s WHERE s.id = NEW.study_id AND s.phase IN ('sealed', 'rating', 'locked'))"""
_FOREIGN_ITEM: Final = """NOT EXISTS (
  SELECT 1 FROM study_blindeditem i WHERE i.id = NEW.item_id AND i.study_id = NEW.study_id)"""

LOCK_GUARDS: Final[tuple[Guard, ...]] = (
    Guard(
        "two_people_freeze",
        "study_frozendataset",
        "INSERT",
        f"{_FREEZERS} < 2",
        "two different people sign the data before they are frozen",
    ),
    Guard(
        "two_people_unblind",
        "study_study",
        "UPDATE",
        _EARLY_RELEASE,
        "two different people sign the manifest before the names are released",
    ),
    Guard(
        "signature_states_its_meaning",
        "study_signature",
        "INSERT",
        "trim(NEW.statement) = ''",
        "a signature states what it means",
    ),
    Guard("emergency_in_time", _UNBLINDED, "INSERT", _NO_EMERGENCY, "nothing is sealed, or all is released"),
    Guard("emergency_by_custodian", _UNBLINDED, "INSERT", _NO_CUSTODIAN, "a custodian unblinds one item"),
    Guard("emergency_own_item", _UNBLINDED, "INSERT", _FOREIGN_ITEM, "a custodian unblinds own items"),
    Guard(
        "emergency_has_reason",
        _UNBLINDED,
        "INSERT",
        f"length(trim(NEW.reason)) < {LEAST_REASON}",
        "an emergency unblinding has a reason",
    ),
)
