"""What an investigator hands in: how a judge is asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class JudgeInput:
    """How a judge is asked.

    `profile` names a shipped profile of judges: prompt, sampling and attempts are its own. An empty `model`
    or `family` is the profile's. `severity` and `noise` (points of the scale) belong to the scripted engine
    alone.
    """

    name: str
    engine: str = "openai"
    profile: str = ""
    model: str = ""
    family: str = ""
    revision: str = ""
    base_url: str = ""
    severity: float | None = None
    noise: float | None = None
