"""Index of the stages' models: Django discovers models only here."""

from study.blinding.key import SealKey, StudySecret
from study.blinding.models import (
    BlindedItem,
    ExclusionRun,
    FlagDecision,
    ItemExclusion,
    ScanFlag,
    SealCandidate,
)
from study.datasets.models import FrozenDataset
from study.judging.models import Judge, Judgement, JudgementAttempt, JudgementScore
from study.participants.models import ApiToken, Consent, ConsentText, Invitation, Participant, Person
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
    "ConflictingCopy",
    "Consent",
    "ConsentText",
    "Draft",
    "ExclusionRun",
    "FlagDecision",
    "FrozenDataset",
    "Generation",
    "GenerationAttempt",
    "Invitation",
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
    "Signature",
    "SourceGuess",
    "Study",
    "StudySecret",
    "StudyVignette",
    "VignetteApproval",
]
