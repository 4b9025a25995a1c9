"""The command `facets` with the third code system; a module to run, as `facets` is a command.

What a user's own fork has in `CODE_SYSTEMS` from the start, this adds before the rest is imported.
"""

from facets_pipeline_tests.growth.third_system import register


def main() -> None:
    """Register the system, then do what the command line says."""
    register()
    from facets_pipeline.cli.app import main as facets  # noqa: PLC0415 - after the entry is there

    facets()


if __name__ == "__main__":
    main()
