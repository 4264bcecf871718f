"""What the project is kept in order with. Not part of the package."""
