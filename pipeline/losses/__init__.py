"""The losses that teach a classifier: losses of rows, losses of a whole batch, and terms that stand beside them.

A target is a class id or a probability of each class: targets are ids [B] (int64) or probabilities [B, C] (float).
"""
