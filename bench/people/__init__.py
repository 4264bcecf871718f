"""A shop with a million customers, made for the purpose, and how long its pages take."""
