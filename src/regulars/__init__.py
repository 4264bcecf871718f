"""Regulars: the loyalty and retention system that an online shop runs itself."""
