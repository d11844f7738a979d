"""The likeness of members: how alike they are, how often they are wrong together, and what each adds.

Shapes: M members, N rows, C classes.
"""

import numpy as np

from pipeline.fusion.blocks import read_blocks
from pipeline.fusion.nested import nested_labels
from pipeline.fusion.rule import Rule
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_labels


def member_similarity(probs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute two symmetric matrices [M, M], agreement and correlation, of the members of `probs` [M, N, C].

    `agreement`: the share of rows in which two members have the same most probable class (the lowest
    index where several are equal). `correlation`: Pearson's, over all rows and classes; 0 with a member
    whose values are all equal, and 1 on the diagonal. Raises ValueError for wrong shapes or values.
    """
    votes, sums, n_values = [], [], 0
    for block in read_blocks(probs):
        votes.append(block.votes)
        sums.append(block.members.sum(axis=(1, 2), dtype=np.float64))
        n_values += block.members[0].size
    means = np.sum(sums, axis=0) / n_values
    covariance = np.zeros((len(means), len(means)))
    for block in read_blocks(probs):
        deviations = block.members.reshape(len(means), -1) - means[:, None]
        covariance += deviations @ deviations.T
    scale = np.sqrt(np.diag(covariance))
    products = np.outer(scale, scale)
    correlation = np.divide(covariance, products, out=np.zeros_like(covariance), where=products > 0)
    np.fill_diagonal(correlation, 1)
    return agreement_of(np.concatenate(votes, axis=1)), np.clip(correlation, -1, 1)


def agreement_of(labels: IntArray) -> FloatArray:
    """Compute the share of rows [M, M] in which two rows of `labels` [M, N] are equal."""
    return np.stack([(labels == own).mean(axis=1) for own in labels])


def double_fault(probs: FloatArray, y: IntArray) -> FloatArray:
    """Compute the share of rows [M, M] that two members of `probs` [M, N, C] both get wrong; on the diagonal, one.

    Giacinto and Roli (2001), "Design of effective neural network ensembles for image classification purposes".
    Raises ValueError for wrong shapes, values or labels.
    """
    votes = np.concatenate([block.votes for block in read_blocks(probs)], axis=1)
    y = check_labels(y, probs.shape[2], "y")
    if len(y) != votes.shape[1]:
        raise ValueError(f"y has {len(y)} rows and probs {votes.shape[1]}; they must be equal")
    wrong = votes != y
    return np.stack([(wrong & own).mean(axis=1) for own in wrong])


def member_gains(oof_probs: FloatArray, y: IntArray, fold_ids: IntArray, rule: Rule) -> FloatArray:
    """Compute `rule`'s nested macro-F1 on all members of `oof_probs` [M, N, C] minus that without each member: → [M].

    Below 0 a member harms. Whatever the rule tunes is tuned again without the member, and never on the fold that is
    scored. Raises ValueError for a single member, and as `fuse_nested` does.
    """
    if len(oof_probs) < 2:
        raise ValueError("oof_probs has 1 member; without it nothing is left to fuse")
    oof_probs, y = np.asarray(oof_probs), np.asarray(y)
    n_classes = oof_probs.shape[2]
    whole = macro_f1(y, nested_labels(oof_probs, y, fold_ids, rule), n_classes)
    members = np.arange(len(oof_probs))
    return np.array(
        [
            whole - macro_f1(y, nested_labels(oof_probs[members != left_out], y, fold_ids, rule), n_classes)
            for left_out in members
        ]
    )
