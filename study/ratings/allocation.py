"""Who rates what, and in which order: a pure, arm-blind function of opaque ids and a seed.

A block is the items of one vignette that one rater may meet (those of one wave). All items of a block go to
the same raters. A rater's queue is made of rounds: each round holds at most one item of every vignette, so
that items of one vignette are far apart; within a vignette the items go through the rounds by rotation from
rater to rater, so that no item is always early. Balance over arms follows from chance alone: no arm is known
here.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

ALGORITHM: Final = "rounds-1"
_ATTEMPTS: Final = 40

Item = tuple[str, str, int]
Block = tuple[str, ...]
T = TypeVar("T")


class AllocationError(Exception):
    """No allocation keeps the rules; the message says which one and why."""


@dataclass(frozen=True)
class AllocationRow:
    """One item in one rater's queue; positions count from 1."""

    rater: int
    public_id: str
    position: int
    guess_asked: bool


@dataclass(frozen=True)
class AllocationPlan:
    """The rows by rater and position.

    `spacing` is the least distance between two items of one vignette in any queue (0 when no queue holds
    two). `short` counts, per item that exclusions leave with fewer raters than planned, the raters it has.
    """

    rows: tuple[AllocationRow, ...]
    spacing: int
    short: Mapping[str, int]


def allocate(
    items: Iterable[Item],
    raters: Iterable[int],
    exclusions: Iterable[tuple[str, int]],
    *,
    raters_per_response: int,
    spacing: int,
    seed: int,
    guess_share: float = 1.0,
) -> AllocationPlan:
    """Allocate items (public id, vignette, wave) to raters; the order of the input does not matter.

    `exclusions` holds (public id, rater) pairs. Every item gets `raters_per_response` raters, fewer only
    where exclusions leave no other way. Where `spacing` cannot be kept the largest spacing that was found is
    used. Raises AllocationError when there are too few raters, or when an item could be rated by nobody.
    """
    ordered = sorted(set(items))
    people = sorted(set(raters))
    barred = set(exclusions)
    rng = _generator(seed)
    _require_raters(ordered, len(people), raters_per_response)
    blocks = _assign_blocks(ordered, people, barred, raters_per_response, rng)
    vignette_of = {public_id: vignette for public_id, vignette, _ in ordered}
    rows: list[AllocationRow] = []
    for rater in people:
        queue = _queue(blocks[rater], spacing, rng)
        asked = _asked(len(queue), guess_share, rng)
        rows += [
            AllocationRow(rater, public_id, place + 1, place in asked)
            for place, public_id in enumerate(queue)
        ]
    return AllocationPlan(
        tuple(rows), _least_distance(rows, vignette_of), _short(ordered, rows, raters_per_response)
    )


def _generator(seed: int) -> np.random.Generator:
    """Return a stream of this algorithm's own: the study's other draws come from the same seed."""
    digest = hashlib.sha256(f"{ALGORITHM}\n{seed}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _require_raters(items: Sequence[Item], rater_count: int, raters_per_response: int) -> None:
    waves: dict[str, set[int]] = defaultdict(set)
    for _, vignette, wave in items:
        waves[vignette].add(wave)
    most = max((len(found) for found in waves.values()), default=0)
    if not items or raters_per_response < 1:
        raise AllocationError("There is nothing to allocate: no item, or no rater per response.")
    if rater_count < raters_per_response * most:
        raise AllocationError(
            f"{raters_per_response * most} raters are needed ({raters_per_response} per response, {most} "
            f"waves per vignette, one wave per rater and vignette), and there are {rater_count}."
        )


def _assign_blocks(
    items: Sequence[Item],
    raters: Sequence[int],
    barred: set[tuple[str, int]],
    raters_per_response: int,
    rng: np.random.Generator,
) -> dict[int, list[Block]]:
    """Return rater -> blocks, each block already in the rater's order through the rounds."""
    members: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for public_id, vignette, wave in items:
        members[vignette][wave].append(public_id)
    load = dict.fromkeys(raters, 0)
    blocks: dict[int, list[Block]] = {rater: [] for rater in raters}
    for vignette in _shuffled(sorted(members), rng):
        free = set(raters)
        for wave in _shuffled(sorted(members[vignette]), rng):
            block = _shuffled(members[vignette][wave], rng)
            chosen = _choose(block, free, load, barred, raters_per_response, rng)
            free -= set(chosen)
            for turn, rater in enumerate(chosen):
                own = _own_block(block, turn, rater, barred)
                load[rater] += len(own)
                blocks[rater].append(own)
            _require_rated(vignette, block, chosen, barred)
    return blocks


def _choose(
    block: Sequence[str],
    free: set[int],
    load: Mapping[int, int],
    barred: set[tuple[str, int]],
    raters_per_response: int,
    rng: np.random.Generator,
) -> list[int]:
    """Take the raters with the fewest exclusions in the block, then the least load; chance breaks ties."""
    order = _shuffled(sorted(free), rng)
    order.sort(key=lambda rater: (sum((item, rater) in barred for item in block), load[rater]))
    # The turn in the rotation must not follow the load.
    return _shuffled(order[:raters_per_response], rng)


def _own_block(block: Sequence[str], turn: int, rater: int, barred: set[tuple[str, int]]) -> Block:
    shift = turn % len(block)
    rotated = [*block[shift:], *block[:shift]]
    return tuple(item for item in rotated if (item, rater) not in barred)


def _require_rated(
    vignette: str, block: Sequence[str], chosen: Sequence[int], barred: set[tuple[str, int]]
) -> None:
    if any(all((item, rater) in barred for rater in chosen) for item in block):
        raise AllocationError(
            f"Exclusions leave a response to {vignette} without any rater: invite raters from other sites."
        )


def _queue(blocks: Sequence[Block], spacing: int, rng: np.random.Generator) -> list[str]:
    """Order a rater's blocks in rounds; try the wanted spacing first, then ever smaller ones."""
    filled = [block for block in blocks if block]
    for distance in range(min(spacing, _most_distance(filled)), 1, -1):
        for attempt in range(_ATTEMPTS):
            rounds = _rounds(filled, rng, spread=attempt < _ATTEMPTS // 2)
            queue = _spaced(rounds, distance, rng)
            if queue is not None:
                return [item for _, item in queue]
    return [item for members in _rounds(filled, rng, spread=False) for _, item in _shuffled(members, rng)]


def _most_distance(blocks: Sequence[Block]) -> int:
    """Return a bound: the longest blocks, each spread at a distance d, need (length - 1) d + their number
    places.
    """
    length = max((len(block) for block in blocks), default=0)
    number = sum(len(block) == length for block in blocks)
    return (sum(map(len, blocks)) - number) // (length - 1) if length > 1 else 1


def _rounds(
    blocks: Sequence[Block], rng: np.random.Generator, *, spread: bool
) -> list[list[tuple[int, str]]]:
    """Return rounds of (block number, item); a shorter block skips rounds by chance, or the last ones."""
    count = max((len(block) for block in blocks), default=0)
    rounds: list[list[tuple[int, str]]] = [[] for _ in range(count)]
    for number, block in enumerate(blocks):
        places = np.sort(rng.permutation(count)[: len(block)]) if spread else range(len(block))
        for place, item in zip(places, block, strict=True):
            rounds[int(place)].append((number, item))
    return rounds


def _spaced(
    rounds: Sequence[Sequence[tuple[int, str]]], distance: int, rng: np.random.Generator
) -> list[tuple[int, str]] | None:
    """Order each round by chance among the items whose vignette is far enough back; None at a dead end."""
    last: dict[int, int] = {}
    queue: list[tuple[int, str]] = []
    for members in rounds:
        waiting = list(members)
        while waiting:
            allowed = [each for each in waiting if len(queue) - last.get(each[0], -distance) >= distance]
            if not allowed:
                return None
            pick = allowed[int(rng.integers(len(allowed)))]
            last[pick[0]] = len(queue)
            queue.append(pick)
            waiting.remove(pick)
    return queue


def _asked(count: int, share: float, rng: np.random.Generator) -> set[int]:
    """Return the places (from 0) after which the guess is asked: the planned share, rounded half up."""
    number = int(np.floor(count * share + 0.5))
    return {int(place) for place in rng.permutation(count)[:number]}


def _shuffled(values: Sequence[T], rng: np.random.Generator) -> list[T]:
    return [values[int(index)] for index in rng.permutation(len(values))]


def _least_distance(rows: Iterable[AllocationRow], vignette_of: Mapping[str, str]) -> int:
    last: dict[tuple[int, str], int] = {}
    least = 0
    for row in rows:
        place = (row.rater, vignette_of[row.public_id])
        if place in last:
            distance = row.position - last[place]
            least = min(least or distance, distance)
        last[place] = row.position
    return least


def _short(items: Iterable[Item], rows: Iterable[AllocationRow], raters_per_response: int) -> dict[str, int]:
    counts = dict.fromkeys((public_id for public_id, _, _ in items), 0)
    for row in rows:
        counts[row.public_id] += 1
    return {public_id: count for public_id, count in counts.items() if count < raters_per_response}
