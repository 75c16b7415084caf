"""Index of the stages' models: Django discovers models only here."""

from study.blinding.key import CommittedItems, SealKey, StudySecret
from study.blinding.models import (
    BlindedItem,
    ExclusionRun,
    FlagDecision,
    ItemCommitment,
    ItemExclusion,
    ScanFlag,
    SealCandidate,
)
from study.datasets.models import EmergencyUnblinding, FrozenDataset
from study.judging.models import Judge, Judgement, JudgementAttempt, JudgementScore
from study.participants.models import ApiToken, Consent, ConsentText, Invitation, Participant, Person
from study.participants.shared_cache import SharedValue
from study.privacy.models import Erasure, ErasureRequest, Withdrawal
from study.protocol.models import (
    AnalysisPlan,
    Arm,
    AuditEvent,
    AuditHead,
    RowChange,
    RowChangeValue,
    Signature,
    Study,
    StudyVignette,
    VignetteApproval,
)
from study.ratings.models import Allocation, Assignment, Rating, RatingDraft, Score, SourceGuess
from study.reports.models import AnalysisRun
from study.responses.models import (
    AnsweringClosure,
    ConflictingCopy,
    Draft,
    Generation,
    GenerationAttempt,
    ModelSetup,
    PlannedResponse,
    Response,
)

__all__ = [
    "Allocation",
    "AnalysisPlan",
    "AnalysisRun",
    "AnsweringClosure",
    "ApiToken",
    "Arm",
    "Assignment",
    "AuditEvent",
    "AuditHead",
    "BlindedItem",
    "CommittedItems",
    "ConflictingCopy",
    "Consent",
    "ConsentText",
    "Draft",
    "EmergencyUnblinding",
    "Erasure",
    "ErasureRequest",
    "ExclusionRun",
    "FlagDecision",
    "FrozenDataset",
    "Generation",
    "GenerationAttempt",
    "Invitation",
    "ItemCommitment",
    "ItemExclusion",
    "Judge",
    "Judgement",
    "JudgementAttempt",
    "JudgementScore",
    "ModelSetup",
    "Participant",
    "Person",
    "PlannedResponse",
    "Rating",
    "RatingDraft",
    "Response",
    "RowChange",
    "RowChangeValue",
    "ScanFlag",
    "Score",
    "SealCandidate",
    "SealKey",
    "SharedValue",
    "Signature",
    "SourceGuess",
    "Study",
    "StudySecret",
    "StudyVignette",
    "VignetteApproval",
    "Withdrawal",
]
