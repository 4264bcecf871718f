"""The laws of loyalty: pure values and functions. No input or output, no clock, no randomness."""
