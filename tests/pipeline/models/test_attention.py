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
        use_fastest_attention(model, "cpu", "bf16")
        after = model(**inputs).logits
        model.save_pretrained(tmp_path / "after")
    torch.testing.assert_close(after, before, rtol=0, atol=1e-5)
    assert (tmp_path / "after/config.json").read_bytes() == (tmp_path / "before/config.json").read_bytes()


@pytest.mark.parametrize(
    ("device", "precision", "chosen"),
    [("cpu", "bf16", "eager"), ("cpu", "fp32", "sdpa"), ("cuda:0", "bf16", "sdpa"), ("cuda:0", "fp32", "sdpa")],
)
def test_only_bfloat16_on_a_cpu_is_without_the_fused_kernel(make_model, device, precision, chosen):
    model = make_model("bert")
    assert model.config._attn_implementation == "sdpa"
    use_fastest_attention(model, device, precision)
    assert model.config._attn_implementation == chosen
