"""Replay over history: what a program would have done."""
