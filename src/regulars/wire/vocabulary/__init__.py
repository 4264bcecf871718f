"""What a program document may say: every key, what it is for and what may stand there.

A module is one part of the document; `words`, `numbers`, `currencies`, `times` and `maps` are what parts share, and `program`
is the whole. What no single place shows (rules with one id, levels out of order) is looked at in `program_checks`.
"""
