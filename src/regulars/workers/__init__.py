"""Jobs that run behind a serving process."""
