"""What Regulars' speed and size are measured by. Not part of the package."""
