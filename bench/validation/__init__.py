"""How fast validation is: ours beside other engines, and against the goals that we have set ourselves."""
