"""Every rule beside its probe, plain Python, NumPy and torch: what ``fastopt bench`` measures and shows."""
