"""How one visitor decides and how fast, on one visit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from collector.demo.people import Person


@dataclass(frozen=True)
class Habits:
    """`drive` multiplies the wish to buy, `pace` the time that everything takes."""

    rng: Random
    person: Person
    drive: float
    pace: float

    @property
    def mobile(self) -> bool:
        """Whether the shop is seen on a phone."""
        return self.person.machine.device == "mobile"

    def chance(self, share: float) -> bool:
        """True in `share` of all cases."""
        return self.rng.random() < share

    def wants(self, share: float) -> bool:
        """As `chance`, for steps towards buying."""
        return self.chance(min(0.97, share * self.drive))

    def time(self, typical_ms: float, spread: float = 0.45) -> int:
        """How long a person takes, ms: long-tailed around the typical time, times their own pace."""
        return int(self.pace * typical_ms * math.exp(self.rng.gauss(0, spread)))

    def wait(self, typical_ms: float, spread: float = 0.45) -> int:
        """How long a machine takes, ms."""
        return int(typical_ms * math.exp(self.rng.gauss(0, spread)))


def habits(rng: Random, person: Person, drive: float) -> Habits:
    """Those of one visit; `drive` is that of its source."""
    return Habits(rng, person, drive * math.exp(rng.gauss(0, 0.35)), math.exp(rng.gauss(0.35, 0.45)))
