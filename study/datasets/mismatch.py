"""The refusal of everything that does not add up."""

from study.protocol.errors import PreconditionMissing


class DatasetMismatch(PreconditionMissing):
    """Rows do not add up, or a file is not what its manifest says: nothing may be built on it."""

    code = "mismatch"


def require(holds: bool, what: str) -> None:
    """Stop the freeze when a count does not add up."""
    if not holds:
        raise DatasetMismatch(f"The dataset was not written: {what}. Ask who runs this installation.")
