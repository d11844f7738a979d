"""Training against small changes of chosen weights that raise the loss, one attack a file.

An attack is `(targets, parameters, backward, *, on, ...)`: it changes `targets`, some of the trained `parameters`, and
is called when the gradients of the clean batch are there. `backward` computes the loss of the same batch under the
weights as they are and adds its gradients to those that are there. When the attack returns, the gradients are those to
step on, and every weight is what it was, to the bit.

Which targets: `on` lists `embeddings` (the word embeddings), `first_layer`, or parts of parameter names.
"""
