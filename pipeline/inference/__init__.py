"""Logits for rows: computed in length order, given back in row order."""
