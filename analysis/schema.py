"""The only definition of the frozen dataset: files, columns, types, units and allowed values.

Standard library only, so that the stages that write the dataset can import it.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "real", "flag"]

FORMAT = 2
DIMENSIONS = ("medical_correctness", "medication_safety", "guideline_consistency", "clinical_usefulness")
DIMENSION_LABELS = {
    "medical_correctness": "Medical correctness",
    "medication_safety": "Medication safety",
    "guideline_consistency": "Guideline consistency",
    "clinical_usefulness": "Clinical usefulness",
}
SCORE_LEVELS = (1, 2, 3, 4, 5)
LEVELS = ("PGY1", "PGY2")
ARM_KINDS = ("resident", "model")
STATUSES = ("rated", "unrated", "missing", "empty", "refused", "excluded")
NEVER_GIVEN = ("missing", "empty")
GUESSES = ("resident", "model", "dont_know")
EXTENTS = ("none", "mild", "moderate", "severe", "death")
SEVERE_EXTENTS = ("severe", "death")
OUTCOMES = ("scored", "refused", "unparsed", "truncated", "empty")
SCORED = "scored"
ORIGINAL = "original"
UNKNOWN_FAMILY = "unknown"
LIKELIHOODS = ("low", "medium", "high")
ERROR_TAGS = (
    "omission",
    "hallucination",
    "format_mismatch",
    "causal_reasoning",
    "contextual_inconsistency",
    "unanswered",
    "output_error",
    "medical_language",
)
MANIFEST_FILE = "manifest.json"
ARMS_FILE, ALLOCATION_FILE, TEXTS_FILE = "arms.json", "allocation.json", "texts.json"
PLAN_FILE = "plan.yaml"
DICTIONARY_FILE = "dictionary.csv"
DICTIONARY_COLUMNS = ("file", "column", "type", "unit", "values", "description")


@dataclass(frozen=True)
class Column:
    """One column of a dataset file.

    Attributes
    ----------
    name, description, unit : str
        ``unit`` is empty for text, flags and codes.
    kind : {"text", "integer", "real", "flag"}
        A flag is 0 or 1.
    required : bool
        Whether an empty cell is a fault.
    values : tuple of str
        The allowed values of a coded column; empty means any.
    many : bool
        Whether the cell may hold several of `values` joined by semicolons.
    minimum, maximum : float or None
        Inclusive bounds of a number.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = True
    values: tuple[str, ...] = ()
    many: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Table:
    """One file of the dataset: its name without extension, its columns in order, and its key."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def filename(self) -> str:
        """Name of the CSV file."""
        return f"{self.name}.csv"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(column.name for column in self.columns)


VIGNETTE = Column("vignette", "text", "Code of the vignette, for example MS-01.")
RESPONSE = Column("response", "text", "Public identifier of the sealed response.")
RESPONDER = Column("responder", "text", "Pseudonym of the resident or model that gave the response.")
ARM = Column("arm", "text", "Arm code; its meaning is released in arms.json.")
RATER = Column("rater", "text", "Pseudonym of the rater.")
COPY = Column("copy", "integer", "0 first presentation, 1 planned duplicate.", minimum=0, maximum=1)
DRAW = Column("draw", "integer", "Number of the model's draw; 1 for residents.", minimum=1)
VARIANT = Column("variant", "text", "Variant of the vignette text that was answered.")
WATERMARK_TEXT = "simulated data"
WATERMARK = Column(
    "watermark",
    "text",
    "Says so when scripted people or engines made the data; empty in a real study.",
    required=False,
    values=(WATERMARK_TEXT,),
)
CANNOT_JUDGE = Column("cannot_judge", "flag", "1 if the rater declared the response not judgeable.")


def _table(name: str, description: str, columns: tuple[Column, ...], key: tuple[str, ...]) -> Table:
    return Table(name, description, (*columns, WATERMARK), key)


def _count(name: str, what: str) -> Column:
    return Column(name, "integer", f"{what} in the sealed text.", "count", required=False, minimum=0)


RATINGS = _table(
    "ratings",
    "One row per rater, response, copy and dimension: the latest revision of the score.",
    (
        VIGNETTE,
        RESPONSE,
        RESPONDER,
        ARM,
        RATER,
        Column("dimension", "text", "Dimension that was scored.", values=DIMENSIONS),
        Column(
            "score",
            "integer",
            "Score, 5 best; empty if the rater could not judge.",
            "points",
            required=False,
            minimum=SCORE_LEVELS[0],
            maximum=SCORE_LEVELS[-1],
        ),
        COPY,
        DRAW,
        VARIANT,
        Column("position", "integer", "Place in the rater's queue, from 1.", minimum=1),
        Column("active_seconds", "real", "Active time on the rating page.", "s", required=False, minimum=0),
        Column("revision", "integer", "Number of the latest revision, from 1.", minimum=1),
        CANNOT_JUDGE,
    ),
    ("vignette", "response", "rater", "copy", "dimension"),
)
HARMS = _table(
    "harms",
    "One row per rating: harm judgement and error tags.",
    (
        VIGNETTE,
        RESPONSE,
        RESPONDER,
        ARM,
        RATER,
        COPY,
        DRAW,
        VARIANT,
        Column(
            "extent",
            "text",
            "Extent of potential harm if acted on; empty if the rater could not judge.",
            required=False,
            values=EXTENTS,
        ),
        Column("likelihood", "text", "Likelihood of that harm.", required=False, values=LIKELIHOODS),
        Column("commission", "flag", "1 if something harmful is said or advised."),
        Column("omission", "flag", "1 if something needed is absent."),
        Column("error_tags", "text", "Error tags.", required=False, values=ERROR_TAGS, many=True),
        Column(
            "confidence", "integer", "Rater's confidence, 3 highest.", required=False, minimum=1, maximum=3
        ),
        CANNOT_JUDGE,
    ),
    ("vignette", "response", "rater", "copy"),
)
RESPONSES = _table(
    "responses",
    "One row per planned response, also one that was never given.",
    (
        VIGNETTE,
        Column("response", "text", "Public identifier; empty if no response was sealed.", required=False),
        RESPONDER,
        ARM,
        DRAW,
        VARIANT,
        Column("status", "text", "What became of the planned response.", values=STATUSES),
        _count("words", "Words"),
        _count("characters", "Characters"),
        _count("sentences", "Sentences"),
        _count("list_items", "List items"),
        _count("numerals", "Numerals"),
    ),
    ("vignette", "responder", "draw", "variant"),
)
RATERS = _table(
    "raters",
    "One row per rater.",
    (
        RATER,
        Column("profession", "text", "Declared profession."),
        Column("years_in_practice", "integer", "Years in practice.", "years", required=False, minimum=0),
    ),
    ("rater",),
)
RESPONDERS = _table("responders", "One row per resident or model.", (RESPONDER, ARM), ("responder",))
GUESSES_TABLE = _table(
    "guesses",
    "One row per source guess, asked after the rating was locked.",
    (
        VIGNETTE,
        RESPONSE,
        RESPONDER,
        ARM,
        RATER,
        COPY,
        Column("guess", "text", "Source that the rater named.", values=GUESSES),
        Column("certainty", "integer", "Certainty, 3 highest.", required=False, minimum=1, maximum=3),
        Column("reason", "text", "Reason given by the rater.", required=False),
    ),
    ("vignette", "response", "rater", "copy"),
)
JUDGE = Column("judge", "text", "Name of the judge, a language model that scores on the same rubric.")
JUDGES = _table(
    "judges",
    "One row per judge: a separate instrument, never pooled with the raters.",
    (
        JUDGE,
        Column("model", "text", "Model that judges."),
        Column("family", "text", "Family of that model, unknown where nobody told it."),
        Column("profile", "text", "Name and version of the judge's profile."),
        Column("engine", "text", "Connector that asked it."),
        Column("revision", "text", "Revision of the model, where known.", required=False),
    ),
    ("judge",),
)
JUDGEMENTS = _table(
    "judgements",
    "One row per response, judge and dimension: what became of it, and the score.",
    (
        VIGNETTE,
        RESPONSE,
        RESPONDER,
        ARM,
        JUDGE,
        Column("dimension", "text", "Dimension that was judged.", values=DIMENSIONS),
        Column(
            "score",
            "integer",
            "Score, 5 best; empty unless the outcome is scored.",
            "points",
            required=False,
            minimum=SCORE_LEVELS[0],
            maximum=SCORE_LEVELS[-1],
        ),
        DRAW,
        VARIANT,
        Column("outcome", "text", "What became of the judgement.", values=OUTCOMES),
    ),
    ("response", "judge", "dimension"),
)
JUDGE_TABLES = (JUDGES, JUDGEMENTS)
TABLES = (RATINGS, RESPONSES, RATERS, RESPONDERS, GUESSES_TABLE, HARMS, *JUDGE_TABLES)


def _values(column: Column) -> str:
    if column.kind == "flag":
        return "0|1"
    if column.values:
        return ("any of " if column.many else "") + "|".join(column.values)
    if column.minimum is None:
        return ""
    low = f"{column.minimum:g}"
    return f"{low} or more" if column.maximum is None else f"{low} to {column.maximum:g}"


def dictionary_rows() -> list[dict[str, str]]:
    """Rows of the data dictionary, with the keys of `DICTIONARY_COLUMNS`."""
    return [
        {
            "file": table.filename,
            "column": column.name,
            "type": column.kind,
            "unit": column.unit,
            "values": _values(column),
            "description": column.description,
        }
        for table in TABLES
        for column in table.columns
    ]
