import pytest
import torch

from pipeline.models.attention import use_fastest_attention


@pytest.mark.parametrize("model_type", ["bert", "roberta", "nezha", "albert"])
def test_what_is_computed_and_saved_stays_the_same(make_model, tmp_path, model_type):
    model = make_model(model_type, masked_lm=True)
    input_ids = torch.tensor([[5, 7, 8, 9, 6], [5, 9, 6, 1, 1]])
    inputs = {"input_ids": input_ids, "attention_mask": (input_ids > 1).long()}
    with torch.no_grad():
        before = model(**inputs).logits
        model.save_pretrained(tmp_path / "before")
        use_fastest_attention(model)
        after = model(**inputs).logits
        model.save_pretrained(tmp_path / "after")
    torch.testing.assert_close(after, before, rtol=0, atol=1e-5)
    assert (tmp_path / "after/config.json").read_bytes() == (tmp_path / "before/config.json").read_bytes()


@pytest.mark.parametrize("model_type", ["bert", "roberta", "albert", "electra", "modernbert", "nezha", "deberta-v2"])
@pytest.mark.parametrize("bf16", [False, True])
def test_attention_chosen_by_tensor_computes_the_same(make_model, model_type, bf16):
    """States and gradients are those of the plain formula, with padding; the fused kernel alone is replaced."""
    ours, plain = make_model(model_type), make_model(model_type)
    was = ours.config._attn_implementation
    use_fastest_attention(ours)
    assert ours.config._attn_implementation == ("conclave" if was == "sdpa" else was)
    plain.set_attn_implementation("eager")
    input_ids = torch.tensor([[2, 9, 11, 3, 0], [2, 7, 8, 30, 3]])
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
    # A layer's output is normalised, so the mean of its squares would teach nothing.
    asked = torch.randn(2, 5, ours.config.hidden_size, generator=torch.Generator().manual_seed(0)) * mask[..., None]
    found = []
    for model in (ours, plain):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            states = model(input_ids=input_ids, attention_mask=mask).last_hidden_state.float()
        (states * asked).sum().backward()
        found.append([states[mask.bool()], *(p.grad for p in model.parameters() if p.grad is not None)])
    share = 0.05 if bf16 else 1e-5
    largest = max(float(gradient.abs().max()) for gradient in found[1][1:])
    torch.testing.assert_close(found[0][0], found[1][0], rtol=0, atol=share * float(found[1][0].detach().abs().max()))
    for a, b in zip(found[0][1:], found[1][1:], strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=share * largest)


def test_attention_chosen_by_tensor_leaves_the_fused_kernel_out_where_it_is_slow(make_model, monkeypatch):
    model = make_model("bert")
    use_fastest_attention(model)
    called = []
    original = torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        torch.nn.functional,
        "scaled_dot_product_attention",
        lambda *args, **kwargs: (called.append(1), original(*args, **kwargs))[1],
    )
    input_ids = torch.tensor([[2, 9, 11, 3]])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(input_ids=input_ids)
        with torch.inference_mode():
            model(input_ids=input_ids)
    assert not called
    model(input_ids=input_ids)
    assert len(called) == 2


def test_padding_beyond_a_sliding_window_gives_numbers(make_model):
    """ModernBERT's window hides every real token from the last padding of a short text beside a long one."""
    ours, plain = (
        make_model("modernbert", max_position_embeddings=160),
        make_model("modernbert", max_position_embeddings=160),
    )
    use_fastest_attention(ours)
    lengths = torch.tensor([10, 100])
    mask = (torch.arange(100) < lengths[:, None]).long()
    input_ids = torch.randint(5, 40, mask.shape, generator=torch.Generator().manual_seed(0)) * mask
    found = []
    for model in (ours.train(), plain.train()):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = model(input_ids=input_ids, attention_mask=mask).last_hidden_state.float()
        found.append(states[mask.bool()])
    assert torch.isfinite(found[0]).all()
    torch.testing.assert_close(*found, rtol=0.1, atol=0.1 * float(found[1].detach().abs().max()))


def test_a_causal_model_sees_no_later_token_in_training():
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(0)
    shape = {"vocab_size": 40, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 16}
    model = AutoModel.from_config(AutoConfig.for_model("gpt2", **shape))
    use_fastest_attention(model)
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    first = []
    for last in (7, 8):
        input_ids = torch.tensor([[5, 6, last]])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            first.append(model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state[0, 0])
    assert torch.equal(*first)
