"""What `facets doctor` looks at, one file per part of the world; the command is in `cli.doctor`.

A look changes nothing that matters and makes no store. Each fault names the command that mends it.
"""
