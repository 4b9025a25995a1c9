"""The search API and its pages: read-only, over the flat table. Nothing here knows SQL."""
