"""A made year of an online shop: who came and what they did, by a stated model, with its truths written down.

It stands on nothing else of Regulars: what it writes is what the world would send, in Segment's words, so that whoever reads it is
not read by its own maker. `model` says how people are, `life` leads one life, the files named after what people do say it in
messages, `post` lets the messages travel as the world's do, `truths` holds what is true of it all.
"""
