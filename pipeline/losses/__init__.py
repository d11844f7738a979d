"""Classification losses and contrastive terms, one a file. Each takes logits [B, C] and labels [B], gives a scalar.

A loss that is a mean over rows has `weight(labels)`, what that mean divides by: with it the parts of a batch add up to
exactly the loss of the whole. The losses that look at the batch as a whole (dice, macro_f1) have none.
"""
