"""Which of the encoder's layers are read, one way a file.

A way is a module made with the encoder's hidden size and number of layers. It says `n_layers`, how many layers the
encoder has to compute; `all_layers`, whether it reads the hidden states of all of them or those of the last alone;
`mixes_tokens`, whether what it gives for a token depends on others; and `output_size`, the width of what it gives.
`forward` takes the hidden states that it reads, embeddings first, as a
tuple of [B, T, H], and the attention mask [B, T]; it gives [B, T, output_size]. Where
the first token is all that is read, it takes and gives [B, 1, …], unless it mixes tokens.
"""
