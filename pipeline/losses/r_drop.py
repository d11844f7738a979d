"""R-Drop: how far two dropout passes over the same rows disagree."""

from torch import Tensor
from torch.nn import functional


def symmetric_kl(logits_a: Tensor, logits_b: Tensor) -> Tensor:
    """Compute ½ (KL(a ‖ b) + KL(b ‖ a)) of each row, in nats (Liang et al. 2021, arXiv:2106.14448).

    logits_a and logits_b [B, C], of the same rows under two dropout masks → [B], in fp32. Both sides are taught.
    """
    log_a, log_b = functional.log_softmax(logits_a.float(), dim=-1), functional.log_softmax(logits_b.float(), dim=-1)
    # KL(a‖b) + KL(b‖a) = Σ (a − b)(log a − log b): one sum, and never below 0.
    return ((log_a.exp() - log_b.exp()) * (log_a - log_b)).sum(dim=-1) / 2
