"""Scores and interests: how much somebody does, and what they are drawn to, fading with time.

`tree` is what can be said, `fading` the arithmetic of it; `meaning` says what scores mean, `interests` the same of profiles, plain
and from the facts alone; `live` keeps what it takes to go on from one fact to the next without the others, and gives the same.
"""
