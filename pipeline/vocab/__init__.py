"""Vocabulary alignment: which pretrained embedding row each token of the competition starts from."""
