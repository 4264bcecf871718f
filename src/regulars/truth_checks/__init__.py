"""Reports held against the truths of a made year that the shop took in: each finds what was planted, and nothing else.

`checks` lists them; a report that is added later and has a truth gets its line there.
"""
