"""Segments: who belongs together, said as conditions on what customers did, are and hold.

`tree` is what can be said, `values` what one value may be, `windows` the arithmetic of times; `meaning` says what it means, plain
and obviously right rather than quick, and is what every quicker form is held to; `changing` says when time alone changes an answer.
"""
