"""The register of planted leaks: the number of its channel in docs/blinding.md, and how it is planted."""

import hashlib
from typing import Final
from urllib.parse import quote

from tests.noninterference import changes, leaks
from tests.noninterference.leaks import Leak, by, heads, says

PLANTED: Final = {
    "the response's number in the page": Leak("B01", says(lambda a: a.response.pk)),
    "an id that holds the time": Leak("B02", heads("X-Id", lambda a: a.response.submitted_at.timestamp())),
    "the time of submission": Leak("B03", says(lambda a: a.response.submitted_at.isoformat())),
    "the queue in the order of writing": Leak("B04", leaks.query),
    "a filter on the arm that is obeyed": Leak("B05", by(changes.hostile_query)),
    "the arm in the draft's JSON": Leak("B06", by(changes.json_field)),
    "another representation on request": Leak("B06", by(changes.as_json)),
    "choices of arms under OPTIONS": Leak("B07", by(changes.options)),
    "the description of the API": Leak("B09", leaks.anywhere(changes.schema)),
    "a comment in the page": Leak("B10", says(lambda a: f"<!-- {a.kind} -->")),
    "a title on the heading": Leak("B10", leaks.template),
    "a model's name in a script": Leak("B11", leaks.anywhere(changes.script)),
    "the worker's host in a header": Leak("B12", heads("X-Worker", changes.worker_of)),
    "the time of generation in a header": Leak("B12", heads("Server-Timing", lambda a: len(a.kind))),
    "the arm in a cookie's name": Leak("B12", by(changes.cookie)),
    "an entity tag of the row": Leak("B13", heads("ETag", lambda a: _digest(a.response.pk))),
    "the row's last change": Leak("B13", heads("Last-Modified", lambda a: a.response.submitted_at)),
    "not modified for one arm only": Leak("B13", by(changes.not_modified)),
    "blanks at the end for one arm": Leak("B14", says(lambda a: " " * a.is_model)),
    "another status for one arm": Leak("B16", by(changes.status)),
    "the constraint's name in an error": Leak("B17", by(changes.refusal)),
    "the arm in a file's name": Leak("B18", heads("Content-Disposition", lambda a: f"filename={a.kind}.txt")),
    "an administrator's page": Leak("B20", leaks.anywhere(changes.admin)),
    "who wrote last, on the first page": Leak("B21", leaks.anywhere(changes.feed)),
    "the arm in the log": Leak("B22", by(changes.log)),
    "the model's name in a mail": Leak("B23", by(changes.mail)),
    "progress by kind of author": Leak("B24", leaks.queue_counts),
    "an address of the response": Leak("B01", by(changes.moved)),
    "the thoughts of the model": Leak("B28", says(changes.thoughts_of)),
    "the words of the text before it was normalised": Leak("B29", says(changes.raw_of)),
    "a resident's seconds at the keyboard": Leak("B42", says(lambda a: a.response.active_seconds)),
    "what a resident looked up": Leak("B42", says(lambda a: quote(a.response.resources))),
    "a mark of the cache": Leak("B46", heads("X-Cache", lambda a: "HIT" if a.is_model else "MISS")),
    "when the job ended": Leak("B47", heads("X-Job", changes.finished_of)),
    "whether the guess was right": Leak("B48", by(changes.truth)),
    "a score of the arm": Leak("B49", says(lambda a: 4.2 if a.is_model else 3.1)),
    "a field filled in for one arm": Leak("B10", by(changes.default)),
    "a resident's address in a token": Leak("B21", leaks.anywhere(changes.home)),
}


def _digest(value: object) -> str:
    return f'"{hashlib.sha256(str(value).encode()).hexdigest()[:16]}"'
