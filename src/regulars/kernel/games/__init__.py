"""Games: challenges, streaks, stamps and milestones, and what they give.

`rules` is what a program says of them, `watching` what is counted, `standing` what is remembered of a member, `playing` what a
fact brings about, and `progress` how far a member is.
"""
