"""Regulars: the loyalty and retention system that an online shop runs itself."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regulars.library import backtest
    from regulars.wire.program import load_program

__all__ = ["backtest", "load_program"]


def __getattr__(name: str) -> Any:
    """Loaded when asked for: whoever needs the kernel alone does not load what reads files."""
    if name == "backtest":
        from regulars.library import backtest

        return backtest
    if name == "load_program":
        from regulars.wire.program import load_program

        return load_program
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
