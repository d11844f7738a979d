"""The classifier's last layer, with several dropout masks where wanted."""

import torch
from torch import Tensor, nn


class ClassificationHead(nn.Module):
    """A linear layer under multi-sample dropout (Inoue 2019, arXiv:1905.09788).

    In training the same vector passes through `samples` dropout masks and the logits are averaged or summed; in
    evaluation dropout does nothing, and the sum is kept as a factor, so that the scale of the logits is the same.
    """

    def __init__(self, hidden_size: int, n_classes: int, *, samples: int, reduce: str, p: float):
        super().__init__()
        self.linear = nn.Linear(hidden_size, n_classes)
        self.dropout = nn.Dropout(p)
        self.samples = samples
        self.scale = float(samples) if reduce == "sum" else 1.0

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled [B, H] → logits [B, C]."""
        if not self.training:
            # In half precision, up to three rows in a thousand would have two classes of equal logits.
            with torch.autocast(pooled.device.type, enabled=False):
                logits: Tensor = self.linear(pooled.float())
        elif self.samples == 1 or self.dropout.p == 0:
            logits = self.linear(self.dropout(pooled))
        else:
            # The layer is linear, so the mean over masked inputs gives the mean over masked outputs.
            masked = torch.stack([self.dropout(pooled) for _ in range(self.samples)]).mean(dim=0)
            logits = self.linear(masked)
        return logits * self.scale
