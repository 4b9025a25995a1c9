"""Procedure codes in, clinical facets out: the package. It imports nothing, so that it is cheap."""
