"""Training: optimiser groups, schedules, the fine-tuning loop, masked-language modelling."""
