"""Our SHACL engine: a set of nodes at a time, over the data as sorted columns of codes."""
