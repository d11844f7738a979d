"""Layers between encoder and poolers, one a file. Padding never changes what they give for a real token.

Each is a module made with the width of what it reads; it says `output_size`, the width of what it gives. `forward`
takes hidden states [B, T, H] and the attention mask [B, T], and gives [B, T, output_size]. Where it says `reads_words`,
it takes word_ids [B, T] too, and the word of params.yaml has an argument `segment`.
"""
