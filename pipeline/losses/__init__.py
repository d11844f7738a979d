"""Classification losses and contrastive terms, one a file. Each takes logits [B, C] and labels [B], gives a scalar."""
