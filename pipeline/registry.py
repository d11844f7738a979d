"""Every word that `params.yaml` may use for a piece, and the place of the piece in the code.

A new loss, pooler, fusion rule … is one function or class beside its kin and one line here. The places are strings, so
that reading params never imports torch, and a piece is imported only by the stage that uses it. The arguments that a
piece takes in `params.yaml` are the keyword-only arguments of its function or constructor, read from the source by
`arguments`.
"""

import ast
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

FAMILIES: dict[str, dict[str, str]] = {
    "cleaning": {
        "fix_mojibake": "pipeline.text.damage:fix_mojibake",
        "unescape_html": "pipeline.text.damage:unescape_html",
        "remove_invisible": "pipeline.text.damage:remove_invisible",
        "full_to_half_width": "pipeline.text.character_forms:full_to_half_width",
        "traditional_to_simplified": "pipeline.text.character_forms:traditional_to_simplified",
        "lower_case": "pipeline.text.character_forms:lower_case",
        "urls_to_token": "pipeline.text.social_media:urls_to_token",
        "drop_urls": "pipeline.text.social_media:drop_urls",
        "reply_chains_to_at": "pipeline.text.social_media:reply_chains_to_at",
        "mentions_to_at": "pipeline.text.social_media:mentions_to_at",
        "strip_boilerplate": "pipeline.text.social_media:strip_boilerplate",
        "open_hashtags": "pipeline.text.social_media:open_hashtags",
        "drop_hashtags": "pipeline.text.social_media:drop_hashtags",
        "name_emoji": "pipeline.text.emoji:name_emoji",
        "drop_emoji": "pipeline.text.emoji:drop_emoji",
        "english_to_chinese_punctuation": "pipeline.text.punctuation:english_to_chinese_punctuation",
        "squeeze_repeats": "pipeline.text.runs:squeeze_repeats",
        "open_bracket_codes": "pipeline.text.social_media:open_bracket_codes",
        "drop_bracket_codes": "pipeline.text.social_media:drop_bracket_codes",
        "drop_characters": "pipeline.text.runs:drop_characters",
        "strip_whitespace": "pipeline.text.runs:strip_whitespace",
    },
    "selection": {
        "tfidf": "pipeline.data.selection:tfidf",
        "lsa": "pipeline.data.selection:lsa",
    },
    "segmentation": {
        "whitespace": "pipeline.words.segmenter:whitespace",
        "characters": "pipeline.words.segmenter:characters",
        "jieba": "pipeline.words.jieba_words:jieba_words",
    },
    "vectors": {
        "tfidf": "pipeline.vectors.tfidf",
        "word2vec": "pipeline.vectors.word2vec",
    },
    "readers": {
        "tokens": "pipeline.data.batches:load_token_reader",
        "words": "pipeline.vectors.word_ids:load_word_reader",
        "tokens_in_words": "pipeline.vectors.token_words:load_token_word_reader",
    },
    "augmentation": {
        "random_swap": "pipeline.augmentation.word_changes:random_swap",
        "random_delete": "pipeline.augmentation.word_changes:random_delete",
        "random_insert": "pipeline.augmentation.word_changes:random_insert",
        "synonym_replacement": "pipeline.augmentation.word_changes:synonym_replacement",
        "back_translation": "pipeline.augmentation.back_translation:back_translation",
    },
    "kinds": {
        "neural": "pipeline.members.neural.kind:Neural",
        "linear": "pipeline.members.linear.kind:Linear",
        "mlp": "pipeline.members.mlp.kind:MLP",
    },
    "alignment": {
        "frequency": "pipeline.vocab.frequency:frequency",
        "random": "pipeline.vocab.new_rows:random",
        "identity": "pipeline.vocab.identity:identity",
        "embedding": "pipeline.vocab.new_rows:embedding",
        "context": "pipeline.vocab.context.method:context",
    },
    "fusion": {
        "vote_first": "pipeline.fusion.voting:VoteFirst",
        "vote_probability": "pipeline.fusion.voting:vote_probability",
        "vote_rank": "pipeline.fusion.voting:vote_rank",
        "vote_winners_probability": "pipeline.fusion.voting:vote_winners_probability",
        "rank_average": "pipeline.fusion.averages:rank_average_rule",
        "probability_average": "pipeline.fusion.averages:probability_average_rule",
        "hill_climb": "pipeline.fusion.hill_climb:hill_climb_rule",
        "geometric_average": "pipeline.fusion.averages:geometric_average_rule",
        "auto_rounds": "pipeline.fusion.auto_rounds:auto_rounds_rule",
        "stack": "pipeline.fusion.stack:stack_rule",
    },
    "class_weights": {
        "none": "pipeline.class_weights.prior:NoWeights",
        "prior": "pipeline.class_weights.prior:Prior",
        "calibrated_prior": "pipeline.class_weights.prior:CalibratedPrior",
        "bagged_coordinate": "pipeline.class_weights.coordinate:BaggedCoordinate",
        "nelder_mead": "pipeline.class_weights.nelder_mead:NelderMead",
        "coordinate": "pipeline.class_weights.coordinate:Coordinate",
    },
    "architectures": {
        "bert": "pipeline.models.architectures:bert",
        "nezha": "pipeline.models.architectures:nezha",
    },
    "masking": {
        "token": "pipeline.training.masking:token",
        "whole_word": "pipeline.training.masking:whole_word",
        "ngram": "pipeline.training.masking:ngram",
    },
    "layers": {
        "last": "pipeline.models.layers:LastLayer",
        "early_exit": "pipeline.models.layers:EarlyExit",
        "concat_last": "pipeline.models.layers:ConcatLast",
        "weighted_sum": "pipeline.models.layers:WeightedSum",
        "hire": "pipeline.models.layers:HIRE",
    },
    "sequence": {
        "lstm": "pipeline.models.sequence:lstm",
        "gru": "pipeline.models.sequence:gru",
        "textcnn": "pipeline.models.sequence:TextCNN",
        "word_conv": "pipeline.models.sequence:WordConv",
    },
    "poolers": {
        "cls": "pipeline.models.poolers:CLSPooler",
        "mean": "pipeline.models.poolers:MeanPooler",
        "max": "pipeline.models.poolers:MaxPooler",
        "self_attention": "pipeline.models.poolers:SelfAttentionPooler",
        "dynamic_routing": "pipeline.models.poolers:DynamicRoutingPooler",
    },
    "losses": {
        "ce": "pipeline.losses.row_losses:CrossEntropyLoss",
        "focal": "pipeline.losses.row_losses:FocalLoss",
        "dice": "pipeline.losses.batch_losses:DiceLoss",
        "macro_f1": "pipeline.losses.batch_losses:MacroF1Loss",
    },
    "contrastive": {
        "supcon": "pipeline.losses.contrastive:SupConLoss",
        "ntxent": "pipeline.losses.contrastive:NTXentLoss",
    },
    "imbalance": {
        "none": "pipeline.losses.imbalance:uniform",
        "balanced": "pipeline.losses.imbalance:balanced",
        "sqrt_balanced": "pipeline.losses.imbalance:sqrt_balanced",
        "effective_number": "pipeline.losses.imbalance:effective_number",
    },
    "adversarial": {
        "fgm": "pipeline.training.adversarial:fgm",
        "pgd": "pipeline.training.adversarial:pgd",
        "freelb": "pipeline.training.adversarial:freelb",
    },
    "averaging": {
        "swa": "pipeline.training.averaging:swa",
        "ema": "pipeline.training.averaging:ema",
    },
    "samplers": {
        "shuffle": "pipeline.training.samplers:shuffle",
        "weighted": "pipeline.training.samplers:weighted",
        "oversample": "pipeline.training.samplers:oversample",
    },
    "schedules": {
        "linear": "pipeline.training.schedules:linear",
        "cosine": "pipeline.training.schedules:cosine",
        "constant": "pipeline.training.schedules:constant",
    },
}


@dataclass(frozen=True)
class Argument:
    """An argument of a piece: its name, its annotation as written, and whether it has to be given."""

    name: str
    annotation: str
    required: bool


def words(family: str) -> list[str]:
    """Return the words of a family, in the order of this file."""
    return list(FAMILIES[family])


def module_of(family: str, word: str) -> str:
    """Return the module in which a word's piece lives, for example `pipeline.losses.batch_losses`."""
    return FAMILIES[family][word].split(":")[0]


def load(family: str, word: str) -> Any:
    """Import a word's piece: a function or a class, or a module where the place names no more than one."""
    module, _, name = FAMILIES[family][word].partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, name) if name else imported


def make(family: str, piece: Mapping[str, Any], *positional: Any) -> Any:
    """Call the function or class of a piece's word with `positional` and the piece's own arguments."""
    own = {key: value for key, value in piece.items() if key != "name"}
    return load(family, piece["name"])(*positional, **own)


@cache
def arguments(family: str, word: str) -> tuple[Argument, ...]:
    """Return the keyword-only arguments of a word's piece, read from its source without importing it."""
    signature = _signature(_definition(family, word))
    return tuple(
        Argument(arg.arg, ast.unparse(arg.annotation) if arg.annotation else "Any", default is None)
        for arg, default in zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
    )


def bases(family: str, word: str) -> tuple[str, ...]:
    """Return the names of a piece's base classes, read from its source without importing it."""
    definition = _definition(family, word)
    return tuple(ast.unparse(base) for base in definition.bases) if isinstance(definition, ast.ClassDef) else ()


def source_path(module: str) -> Path:
    """Return the source file of one of the project's own modules (a package's is its `__init__.py`)."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _definition(family: str, word: str) -> ast.FunctionDef | ast.ClassDef:
    module, name = FAMILIES[family][word].split(":")
    for node in ast.parse(source_path(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    raise ValueError(f"the registry names {name!r}, which its module does not define")


def _signature(definition: ast.FunctionDef | ast.ClassDef) -> ast.arguments:
    """Return the arguments of a function, or of a class's constructor."""
    if isinstance(definition, ast.FunctionDef):
        return definition.args
    for member in definition.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return member.args
    return ast.arguments([], [], None, [], [], None, [])
