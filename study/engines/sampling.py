"""The sampling parameters of the wire: their bounds, and the value that is sent when none is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class SamplingParameter:
    """One parameter of the wire with its bounds (inclusive) and the value that is sent when none is given."""

    kind: type
    low: float
    high: float
    default: float


# A parameter that is not sent comes silently from the model's own configuration: all of them are sent.
SAMPLING: Final[dict[str, SamplingParameter]] = {
    "temperature": SamplingParameter(float, 0, 2, 0.7),
    "top_p": SamplingParameter(float, 0, 1, 1.0),
    "top_k": SamplingParameter(int, -1, 1_000_000, -1),
    "min_p": SamplingParameter(float, 0, 1, 0.0),
    "presence_penalty": SamplingParameter(float, -2, 2, 0.0),
    "frequency_penalty": SamplingParameter(float, -2, 2, 0.0),
    "repetition_penalty": SamplingParameter(float, 0.1, 2, 1.0),
    "max_tokens": SamplingParameter(int, 16, 131_072, 2048),
}


def complete_sampling(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every sampling parameter, defaults filled in; None means: deliberately not sent.

    Raises ValueError that names the parameter when one is unknown, of the wrong type or out of bounds.
    """
    unknown = sorted(set(given) - set(SAMPLING))
    if unknown:
        raise ValueError(f"sampling.{unknown[0]} is not known; known are {', '.join(SAMPLING)}")
    sampling = {name: given.get(name, spec.kind(spec.default)) for name, spec in SAMPLING.items()}
    for name, value in sampling.items():
        spec = SAMPLING[name]
        accepted = (int,) if spec.kind is int else (int, float)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, accepted) or not spec.low <= value <= spec.high:
            raise ValueError(
                f"sampling.{name} must be a number from {spec.low:g} to {spec.high:g}, not {value!r}"
            )
    return sampling
