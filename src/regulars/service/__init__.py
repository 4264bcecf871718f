"""Use cases, one transaction each; they know the kernel's laws and the store's rows, and no face."""
