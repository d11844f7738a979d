"""NEZHA, a BERT with functional relative positions (Wei et al. 2019, arXiv:1909.00204).

transformers has had no NEZHA since 4.40. Importing this package registers ours, and `AutoConfig`,
`AutoModel`, `AutoModelForMaskedLM` and `AutoTokenizer` then read any checkpoint whose `config.json` says
`"model_type": "nezha"`.
"""

from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, AutoTokenizer, BertTokenizer

from pipeline.models.nezha.config import NezhaConfig
from pipeline.models.nezha.masked_lm import NezhaForMaskedLM
from pipeline.models.nezha.model import NezhaModel

AutoConfig.register("nezha", NezhaConfig, exist_ok=True)
AutoModel.register(NezhaConfig, NezhaModel, exist_ok=True)
AutoModelForMaskedLM.register(NezhaConfig, NezhaForMaskedLM, exist_ok=True)
AutoTokenizer.register(NezhaConfig, BertTokenizer, exist_ok=True)  # type: ignore[no-untyped-call]

__all__ = ["NezhaConfig", "NezhaForMaskedLM", "NezhaModel"]
