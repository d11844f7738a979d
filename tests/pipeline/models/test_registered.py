"""Every registered layer, sequence layer and pooler in a whole classifier, on both of our architectures.

Forward and backward, saved and loaded, and padded longer: no logit changes.
"""

from functools import partial

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline import registry
from pipeline.models.build import build_classifier
from pipeline.runtime.torch_setup import autocast

FAMILIES = ("layers", "sequence", "poolers")
WORDS = [(family, word) for family in FAMILIES for word in registry.words(family)]
every_word = pytest.mark.parametrize(("family", "word"), WORDS)
BOTH = pytest.mark.parametrize("architecture", ["bert", "nezha"])


@pytest.fixture
def with_word(recipe, named):
    def make(family, word):
        piece = named(family, word)
        return recipe(**{family: piece if family == "layers" else [piece]})

    return make


@pytest.fixture
def batch(batch):
    """With the words of the tokens, which sequence layers may read."""
    return partial(batch, words=True)


def build(directory, recipe, **arguments):
    torch.manual_seed(1)
    return build_classifier(directory, 3, recipe, **arguments)


def strengthen(classifier):
    """Fresh weights are so small that a mistake would drown in the tolerance."""
    with torch.no_grad():
        for parameter in classifier.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.2)
    return classifier


@every_word
@BOTH
def test_padding_changes_no_logit(tiny_checkpoint, with_word, batch, architecture, family, word):
    classifier = strengthen(build(tiny_checkpoint(architecture), with_word(family, word))).eval()
    with torch.no_grad():
        together = classifier(*batch(width=23))
        for row in range(5):
            alone = classifier(*batch(rows=[row]))
            torch.testing.assert_close(together.logits[row], alone.logits[0], rtol=0, atol=1e-5)
            torch.testing.assert_close(together.pooled[row], alone.pooled[0], rtol=0, atol=1e-5)


@every_word
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_weight_is_taught(tiny_checkpoint, with_word, batch, family, word, precision):
    classifier = build(tiny_checkpoint("bert"), with_word(family, word)).train()
    with autocast("cpu", precision):
        output = classifier(*batch(width=23))
    assert output.logits.shape == (5, 3)
    assert output.level_logits is None
    torch.nn.functional.cross_entropy(output.logits.float(), torch.tensor([0, 1, 2, 0, 1])).backward()
    for name, parameter in classifier.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


@every_word
@BOTH
def test_saved_and_loaded_it_gives_the_same_logits(
    tiny_checkpoint, with_word, batch, tmp_path, architecture, family, word
):
    recipe = with_word(family, word)
    classifier = strengthen(build(tiny_checkpoint(architecture), recipe)).eval()
    save_file(classifier.state_dict(), tmp_path / "model.safetensors")
    torch.manual_seed(2)
    loaded = build_classifier(tiny_checkpoint(architecture), 3, recipe, with_weights=False).eval()
    inputs = batch()
    with torch.no_grad():
        assert not torch.equal(loaded(*inputs).logits, classifier(*inputs).logits)
        loaded.load_state_dict(load_file(tmp_path / "model.safetensors"))
        torch.testing.assert_close(loaded(*inputs).logits, classifier(*inputs).logits, rtol=0, atol=0)


@every_word
def test_same_seed_same_weights_and_logits(tiny_checkpoint, with_word, batch, family, word):
    first, second = (build(tiny_checkpoint("bert"), with_word(family, word)).train() for _ in range(2))
    assert all(torch.equal(first.state_dict()[name], value) for name, value in second.state_dict().items())
    logits = []
    for classifier in (first, second):
        torch.manual_seed(3)
        logits.append(classifier(*batch()).logits)
    assert torch.equal(*logits)


@pytest.mark.parametrize("combine", ["sum", "concat"])
def test_all_at_once(tiny_checkpoint, recipe, named, batch, combine):
    """The widest layers, every sequence layer in a row, every pooler: nothing minds the widths of the others."""
    whole = recipe(
        layers=named("layers", "hire"),
        sequence=[named("sequence", word) for word in registry.words("sequence")],
        poolers=[named("poolers", word) for word in registry.words("poolers")],
        combine=combine,
    )
    classifier = strengthen(build(tiny_checkpoint("nezha"), whole)).eval()
    width = classifier.sequence[-1].output_size
    with torch.no_grad():
        together = classifier(*batch(width=23))
        assert together.pooled.shape == (5, width if combine == "sum" else width * len(registry.words("poolers")))
        alone = classifier(*batch(rows=[1]))
    torch.testing.assert_close(together.logits[1], alone.logits[0], rtol=0, atol=1e-5)
