"""What the finished ensemble says of texts."""

from collections.abc import Sequence

import numpy as np

from pipeline.ensemble.decision import Answers, Decision, decide
from pipeline.ensemble.member import load_member


def answer(decision: Decision, texts: Sequence[str]) -> Answers:
    """The answers for n cleaned texts.

    One member after the other is loaded: all at once might not fit into memory. Raises UserError where a fold model is
    missing.
    """
    members = (load_member(name, decision.classes, decision.n_folds) for name in decision.members)
    return decide(decision, np.stack([probabilities(texts) for probabilities in members]))
