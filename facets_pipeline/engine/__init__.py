"""How pending codes are annotated: knows the domain and its own ports, nothing of the world."""
