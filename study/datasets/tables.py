"""Rows of the dataset's files, as `analysis.schema` defines them, from what was collected. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from analysis import schema
from analysis.schema import Column, Table
from study.datasets.inputs import Cell, Collected, JudgedItem, Judgement, Planned, Pseudonyms, Row

NO_STYLE: Row = dict.fromkeys(("words", "characters", "sentences", "list_items", "numerals"))


class RowError(ValueError):
    """A row that the dataset's definition does not allow; the message names file, column and key."""


def build_tables(collected: Collected, names: Pseudonyms, *, watermark: str = "") -> dict[str, list[Row]]:
    """Return the rows of every file by table name, sorted by key and checked against the definition."""
    places = {sealed.item: planned for planned, sealed in collected.sealed.items()}
    judged = {judgement.item for judgement in collected.judgements}
    frame = _Frame(collected, names, places)
    rows: dict[str, list[Row]] = {
        schema.RATINGS.name: [row for each in collected.judgements for row in frame.ratings(each)],
        schema.HARMS.name: [frame.harm(each) for each in collected.judgements],
        schema.RESPONSES.name: [frame.response(planned, judged) for planned in collected.planned],
        schema.RATERS.name: [
            {
                "rater": names.raters[rater],
                "profession": facts.profession,
                "years_in_practice": facts.years_in_practice,
            }
            for rater, facts in collected.raters.items()
        ],
        schema.RESPONDERS.name: [
            {"responder": name, "arm": names.arms[author.arm]} for author, name in names.authors.items()
        ],
        schema.GUESSES_TABLE.name: frame.guesses(),
        schema.JUDGES.name: [{"judge": name, **asdict(facts)} for name, facts in collected.judges.items()],
        schema.JUDGEMENTS.name: [row for each in collected.judged for row in frame.judgements(each)],
    }
    marked = {name: [{**row, "watermark": watermark} for row in each] for name, each in rows.items()}
    return {table.name: checked(table, marked[table.name]) for table in schema.TABLES}


class _Frame:
    """The columns that most rows share."""

    def __init__(self, collected: Collected, names: Pseudonyms, places: dict[int, Planned]) -> None:
        self.collected = collected
        self.names = names
        self.places = places

    def author(self, planned: Planned) -> Row:
        author = planned.author
        return {
            "vignette": planned.vignette,
            "responder": self.names.authors[author],
            "arm": self.names.arms[author.arm],
        }

    def presented(self, item: int, rater: int, copy: int) -> Row:
        planned = self.places[item]
        public_id = self.collected.sealed[planned].public_id
        return {
            **self.author(planned),
            "response": public_id,
            "rater": self.names.raters[rater],
            "copy": copy,
        }

    def ratings(self, judgement: Judgement) -> list[Row]:
        planned = self.places[judgement.item]
        shared: Row = {
            **self.presented(judgement.item, judgement.rater, judgement.copy),
            "draw": planned.draw,
            "variant": planned.variant,
            "position": judgement.position,
            "active_seconds": judgement.active_seconds,
            "revision": judgement.revision,
            "cannot_judge": int(judgement.cannot_judge),
        }
        return [
            {**shared, "dimension": dimension, "score": judgement.scores.get(dimension)}
            for dimension in schema.DIMENSIONS
        ]

    def harm(self, judgement: Judgement) -> Row:
        planned = self.places[judgement.item]
        tags = set(judgement.error_tags)
        return {
            **self.presented(judgement.item, judgement.rater, judgement.copy),
            "draw": planned.draw,
            "variant": planned.variant,
            "extent": judgement.extent,
            "likelihood": judgement.likelihood,
            "commission": int(judgement.commission),
            "omission": int(judgement.omission),
            "error_tags": ";".join(tag for tag in schema.ERROR_TAGS if tag in tags),
            "confidence": judgement.confidence,
            "cannot_judge": int(judgement.cannot_judge),
        }

    def response(self, planned: Planned, judged: set[int]) -> Row:
        """Describe one planned response.

        One that is sealed and that no saved rating judges is excluded, or unrated where no rater was to.
        """
        row = {**self.author(planned), "draw": planned.draw, "variant": planned.variant}
        sealed = self.collected.sealed.get(planned)
        if sealed is None:
            status = "empty" if planned in self.collected.unsealed else "missing"
            return {**row, "response": "", "status": status, **NO_STYLE}
        status = "rated" if sealed.item in judged else "excluded" if sealed.wave else "unrated"
        return {**row, "response": sealed.public_id, "status": status, **asdict(sealed.style)}

    def judgements(self, judged: JudgedItem) -> list[Row]:
        """Return one row per dimension, also for a reply without scores."""
        planned = self.places[judged.item]
        shared: Row = {
            **self.author(planned),
            "response": self.collected.sealed[planned].public_id,
            "judge": judged.judge,
            "draw": planned.draw,
            "variant": planned.variant,
            "outcome": judged.outcome,
        }
        return [
            {**shared, "dimension": dimension, "score": judged.scores.get(dimension)}
            for dimension in schema.DIMENSIONS
        ]

    def guesses(self) -> list[Row]:
        return [
            {
                **self.presented(guess.item, guess.rater, guess.copy),
                "guess": guess.guess,
                "certainty": guess.certainty,
                "reason": guess.reason,
            }
            for guess in self.collected.guesses
        ]


def checked(table: Table, rows: Sequence[Row]) -> list[Row]:
    """Return the rows sorted by key, columns in order; raise RowError when one breaks the definition."""
    ordered = sorted(rows, key=_key_of(table))
    keys = [tuple(row[name] for name in table.key) for row in ordered]
    if len(set(keys)) < len(keys):
        twice = next(key for place, key in enumerate(keys) if key == keys[place - 1])
        raise RowError(f"{table.filename}: the key {twice} stands twice")
    for row, key in zip(ordered, keys, strict=True):
        if set(row) != set(table.column_names):
            raise RowError(f"{table.filename}: the columns of {key} are not the defined ones")
        for column in table.columns:
            if not _is_allowed(column, row[column.name]):
                raise RowError(f"{table.filename}: {column.name} of {key} cannot be {row[column.name]!r}")
    return [{name: row[name] for name in table.column_names} for row in ordered]


def _key_of(table: Table) -> Callable[[Row], tuple[tuple[str, float | str], ...]]:
    def key(row: Row) -> tuple[tuple[str, float | str], ...]:
        values = [row[name] for name in table.key]
        return tuple(
            ("n", value) if isinstance(value, int | float) else ("t", value or "") for value in values
        )

    return key


def _is_allowed(column: Column, value: Cell) -> bool:
    if value is None or value == "":
        return not column.required
    if column.kind == "text":
        parts = str(value).split(";") if column.many else [str(value)]
        return isinstance(value, str) and (not column.values or set(parts) <= set(column.values))
    if isinstance(value, str) or (column.kind != "real" and not isinstance(value, int)):
        return False
    low, high = (0, 1) if column.kind == "flag" else (column.minimum, column.maximum)
    return (low is None or value >= low) and (high is None or value <= high)
