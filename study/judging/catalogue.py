"""The shipped profiles of judges: one YAML file each, checked as those of the answering models are."""

from pathlib import Path
from typing import Final

from study.engines.profiles.loader import Profile, ProfileError, load_profile

DIRECTORY: Final = Path(__file__).resolve().parent / "profiles"


def judge_profile_names() -> list[str]:
    """Return the names of the shipped profiles, sorted."""
    return sorted(path.stem for path in DIRECTORY.glob("*.yaml"))


def judge_profile(name: str) -> Profile:
    """Return the shipped profile of that name. Raises ProfileError when there is none, or it is wrong."""
    if name not in judge_profile_names():
        known = ", ".join(judge_profile_names())
        raise ProfileError([f"profile: {name!r} is no judge's profile; known are {known}"])
    return load_profile(DIRECTORY / f"{name}.yaml")
