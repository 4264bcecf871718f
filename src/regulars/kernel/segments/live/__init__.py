"""The live form of segments: who is in which, kept up to date fact by fact, and to the second (`rules`)."""
