"""How quickly endpoints answer, ours beside others, on the same graphs and queries."""
