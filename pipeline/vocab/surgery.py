"""Embedding surgery: a new vocabulary for an encoder, its rows copied from the old one, averaged, given or drawn.

Legend: V old vocabulary size, V' new vocabulary size, H embedding width.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

SPECIAL_ID_KEYS = (
    "pad_token_id",
    "unk_token_id",
    "bos_token_id",
    "eos_token_id",
    "cls_token_id",
    "sep_token_id",
    "mask_token_id",
)

ModelT = TypeVar("ModelT", bound="torch.nn.Module")
Array = npt.NDArray[np.floating[Any]]
Pieces = Mapping[int, Sequence[int]]
Vectors = Mapping[int, Array]


def remap_embedding(
    old_weight: Array,
    rows: npt.NDArray[np.integer[Any]],
    *,
    seed: int,
    pieces: Pieces | None = None,
    vectors: Vectors | None = None,
) -> Array:
    """Build the embedding of a new vocabulary.

    Args:
        old_weight: [V, H].
        rows: [V'], for each new id the old row that it takes; -1 for a new row.
        seed: of the draws.
        pieces: for some of the new rows the old rows whose mean they become.
        vectors: for some of the new rows [H], what they become up to their length: the k-th longest of the vectors
            gets the length that stands at the same place among the old rows. Rows in neither are drawn, each
            dimension from a normal distribution with that dimension's mean and standard deviation over the old rows.

    Returns:
        [V', H] in the dtype of `old_weight`.

    Raises:
        ValueError: for a row outside the old embedding, pieces or a vector for a row that is not new, a vector of
            another width.
    """
    pieces, vectors = pieces or {}, vectors or {}
    _check_rows(rows, pieces, n_old=len(old_weight))
    _check_vectors(rows, vectors, width=old_weight.shape[1])
    new_weight: Array = old_weight[np.maximum(rows, 0)]  # a copy
    is_drawn = rows < 0
    for new_id, old_ids in pieces.items():
        new_weight[new_id] = old_weight[list(old_ids)].mean(axis=0)
        is_drawn[new_id] = False
    if vectors:
        given = list(vectors)
        new_weight[given] = _rescale(np.stack([vectors[new_id] for new_id in given]), old_weight)
        is_drawn[given] = False
    noise = np.random.default_rng(seed).standard_normal((int(is_drawn.sum()), old_weight.shape[1]))
    new_weight[is_drawn] = old_weight.mean(axis=0) + noise * old_weight.std(axis=0)
    return new_weight


def remap_model(
    model: ModelT,
    rows: npt.NDArray[np.integer[Any]],
    *,
    seed: int,
    pieces: Pieces | None = None,
    vectors: Vectors | None = None,
) -> ModelT:
    """Give a Hugging Face model the new vocabulary in place, and return it.

    The word embedding and, where there is a masked-language-model head, its decoder weight and bias follow
    the same rows; what was tied stays tied. `config.vocab_size` and the special ids that the config holds
    become the new ones. The arguments are those of `remap_embedding`; `vectors` are for the word embedding and what
    is tied to it, elsewhere their rows are drawn.
    """
    from torch import nn

    embedding = model.get_input_embeddings().weight  # type: ignore[operator, union-attr]
    new_parameters: dict[nn.Parameter, nn.Parameter] = {}  # a parameter hashes by identity, so ties survive
    for parameter in _vocabulary_parameters(model):
        if parameter not in new_parameters:
            own = vectors if parameter is embedding else None
            new_parameters[parameter] = _remap_parameter(parameter, rows, seed, pieces, own)
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            if parameter in new_parameters:
                setattr(module, name, new_parameters[parameter])
    _update_sizes(model, rows)
    return model


def _check_rows(rows: npt.NDArray[np.integer[Any]], pieces: Pieces, n_old: int) -> None:
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise ValueError(f"rows must be a vector of integers, got shape {rows.shape}, dtype {rows.dtype}")
    if rows.size and not -1 <= rows.min() <= rows.max() < n_old:
        raise ValueError(f"rows must lie from -1 to {n_old - 1}, got {rows.min()} to {rows.max()}")
    for new_id, old_ids in pieces.items():
        if rows[new_id] >= 0 or not old_ids or not all(0 <= i < n_old for i in old_ids):
            raise ValueError(f"new id {new_id} has row {rows[new_id]} and the pieces {list(old_ids)} of {n_old} rows")


def _check_vectors(rows: npt.NDArray[np.integer[Any]], vectors: Vectors, width: int) -> None:
    for new_id, vector in vectors.items():
        if rows[new_id] >= 0 or vector.shape != (width,):
            raise ValueError(
                f"new id {new_id} has row {rows[new_id]} and a vector of {vector.shape}, the width is {width}"
            )


def _rescale(vectors: Array, old_weight: Array) -> Array:
    """Give the vectors the lengths of the old rows, in the order of the vectors' lengths, equal lengths by row."""
    lengths = np.linalg.norm(vectors, axis=1)
    places = np.empty(len(lengths))
    places[np.argsort(lengths, kind="stable")] = (np.arange(len(lengths)) + 0.5) / len(lengths)
    wanted = np.quantile(np.linalg.norm(old_weight, axis=1), places)
    scaled: Array = vectors * (wanted / np.where(lengths > 0, lengths, 1))[:, None]
    return scaled


def _vocabulary_parameters(model: Any) -> Iterator["torch.nn.Parameter"]:
    """Yield every parameter with one entry a token: embedding, decoder, and the head's own `bias`."""
    embedding = model.get_input_embeddings()
    n_old = len(embedding.weight)
    yield embedding.weight
    decoder = model.get_output_embeddings()
    if decoder is None:
        return
    # BERT's head holds the decoder's bias itself; DeBERTa's newer head calls a hidden layer its decoder.
    head = next(module for module in model.modules() if any(child is decoder for child in module.children()))
    for owner in (decoder, head):
        for name, parameter in owner.named_parameters(recurse=False):
            if name in ("weight", "bias") and len(parameter) == n_old:
                yield parameter


def _remap_parameter(
    parameter: "torch.nn.Parameter",
    rows: npt.NDArray[np.integer[Any]],
    seed: int,
    pieces: Pieces | None,
    vectors: Vectors | None,
) -> "torch.nn.Parameter":
    import torch

    old = parameter.detach()
    flat = (
        old.to(torch.promote_types(old.dtype, torch.float32)).cpu().reshape(len(old), -1).numpy()
    )  # a bias is an embedding of width 1
    new = torch.from_numpy(remap_embedding(flat, rows, seed=seed, pieces=pieces, vectors=vectors))
    new = new.reshape(len(rows), *old.shape[1:]).to(device=old.device, dtype=old.dtype)
    return torch.nn.Parameter(new, requires_grad=parameter.requires_grad)


def _update_sizes(model: Any, rows: npt.NDArray[np.integer[Any]]) -> None:
    embedding, decoder = model.get_input_embeddings(), model.get_output_embeddings()
    if decoder is not None and decoder.out_features == embedding.num_embeddings:
        decoder.out_features = len(rows)
    embedding.num_embeddings = len(rows)
    if getattr(embedding, "padding_idx", None) is not None:
        embedding.padding_idx = _new_id(embedding.padding_idx, rows)
    model.config.vocab_size = len(rows)
    for key in SPECIAL_ID_KEYS:
        old_id = getattr(model.config, key, None)
        if isinstance(old_id, int):
            setattr(model.config, key, _new_id(old_id, rows))


def _new_id(old_id: int, rows: npt.NDArray[np.integer[Any]]) -> int | None:
    """Return the first new id that took the old row `old_id`; None if none did."""
    found = np.flatnonzero(rows == old_id)
    return int(found[0]) if found.size else None
