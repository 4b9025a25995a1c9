"""How the world is reached: files, databases, annotators. The only place for their libraries."""
