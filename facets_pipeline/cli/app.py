"""The `facets` command: its subcommands, and how errors become sentences and exit codes.

Exit codes: 0 done; 1 it failed or left work undone; 2 the input or an option cannot be used;
130 interrupted. Nothing here does work: each subcommand has a file of its own.
"""

import json
import sys

import typer

from facets_pipeline.cli.batches import batches
from facets_pipeline.cli.compare import compare
from facets_pipeline.cli.demo import demo
from facets_pipeline.cli.doctor import doctor
from facets_pipeline.cli.estimate import estimate
from facets_pipeline.cli.evaluate import evaluate
from facets_pipeline.cli.export import export
from facets_pipeline.cli.generate import generate
from facets_pipeline.cli.load import load
from facets_pipeline.cli.prompt import prompt
from facets_pipeline.cli.review import review
from facets_pipeline.cli.sample import sample
from facets_pipeline.cli.serve import serve
from facets_pipeline.cli.status import status
from facets_pipeline.cli.store import store
from facets_pipeline.cli.sweep import sweep
from facets_pipeline.domain.errors import FacetsError

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells use it."""

USAGE = 2
"""The exit code for an option or argument that cannot be understood."""

app = typer.Typer(
    name="facets",
    help="Procedure codes in, clinical facets out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = (
    demo,
    load,
    estimate,
    generate,
    status,
    sample,
    prompt,
    sweep,
    evaluate,
    compare,
    export,
    serve,
    doctor,
)

for command in COMMANDS:
    app.command()(command)
app.add_typer(batches, name="batches")
app.add_typer(review, name="review")
app.add_typer(store, name="store")


def main() -> None:
    """Run the command line; errors that are meant for people are one sentence, no traceback."""
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        # Not standalone: the library would print what is wrong with an option in a box of its own.
        exit_code = app(standalone_mode=False) or 0
    except FacetsError as error:
        exit_code = _say(str(error), error.exit_code)
    except typer.TyperException as error:
        exit_code = _say(_usage(error), USAGE)
    except typer.Abort:
        exit_code = _say("Nothing was spent.", 1)
    except KeyboardInterrupt:
        exit_code = INTERRUPTED
    except Exception as error:
        if not _hides_interrupt(error):
            raise
        exit_code = INTERRUPTED
    if exit_code == INTERRUPTED:
        _say("Stopped; run the same command again to carry on.", INTERRUPTED)
    sys.exit(exit_code)


def _hides_interrupt(error: BaseException | None) -> bool:
    # A library that is interrupted may fail as it cleans up, and its error is what arrives here.
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _usage(error: typer.TyperException) -> str:
    names = {command.__name__ for command in COMMANDS}
    named = next((f"{word} " for word in sys.argv[1:] if word in names), "")
    return f"{error.format_message().rstrip('.')}: `facets {named}--help` lists what there is."


def _say(sentence: str, exit_code: int) -> int:
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": sentence, "exit_code": exit_code}) + "\n")
    else:
        sys.stderr.write(f"facets: {sentence}\n")
    return exit_code
