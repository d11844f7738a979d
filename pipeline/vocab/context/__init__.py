"""Alignment by context: recover an anonymised vocabulary from the company that its tokens keep.

Anonymising replaces every word by a number, one to one. How often a word occurs survives that, and so does which words
stand beside which. Two texts of a language, one plain and one anonymised, therefore have neighbour counts that are
alike up to a permutation, and the permutation is what is looked for (graph matching: Gold and Rangarajan 1996;
Alvarez-Melis and Jaakkola 2018 for word vectors; Rapp 1995 for words and their company in two languages).

corpus          texts → numbers by frequency rank
neighbours      who stands beside whom, in counts
signature       what a token's neighbourhood looks like without knowing who its neighbours are: the start
transport       similarities → probabilities of who is who, each plain token at most once
similarity      company under a present belief of who is who → similarities
frames          pairs of neighbours (`whether _ not`) → similarities, which tell rare words apart
rounds          belief → similarities → belief, for more and more tokens
decide          belief → one plain token for each token
confidence      did it work? answered without the truth
method          all of the above put together: the word `context` of params.yaml
"""
