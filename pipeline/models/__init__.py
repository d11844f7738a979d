"""Encoders, sequence layers, poolers, heads and the classifiers that are built from them."""
