"""What people type: the `facets` command, one file per group of subcommands."""
