"""Points: what an earn transaction costs, and what nights cost."""
