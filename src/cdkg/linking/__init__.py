"""Finding what things of ours are called elsewhere: candidates with their evidence, reviews of them, and checks."""
