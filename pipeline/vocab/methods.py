"""The registry of alignment methods: the words that params may use.

A method is `method(inputs: AlignmentInputs, **options) -> Alignment`, its options keyword-only. A new one is
a file and a line here.
"""

from collections.abc import Callable

from pipeline.vocab.alignment import Alignment
from pipeline.vocab.frequency import frequency
from pipeline.vocab.identity import identity
from pipeline.vocab.random import random

METHODS: dict[str, Callable[..., Alignment]] = {
    "frequency": frequency,
    "identity": identity,
    "random": random,
}
