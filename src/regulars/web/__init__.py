"""The HTTP face: what other programs send and ask, and the pages for staff."""
