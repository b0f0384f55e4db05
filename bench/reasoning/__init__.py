"""OWL 2 RL engines side by side: time, memory, growth, and whether their answers agree."""
