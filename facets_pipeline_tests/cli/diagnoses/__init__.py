"""Tests of what `facets doctor` looks at."""
