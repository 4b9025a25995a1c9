"""What is true of codes and facets: standard library and pydantic only, no input and no output."""
