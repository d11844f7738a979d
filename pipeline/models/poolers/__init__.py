"""From the hidden states of a text's tokens to one vector. Padding never changes the vector."""
