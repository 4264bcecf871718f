"""Who is likely to order within thirty days: a model that is learned from the shop's own past, and tested on the part after it.

`columns` names what is known, `snapshots` says what was known of everybody at a moment, and who ordered afterwards; `logistic`
learns from that; `figures` say how good it is, with the figures of a simple rule beside them; `model` puts these together, and
`findings` are what comes of it.
"""
