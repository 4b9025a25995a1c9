"""`facets demo`: the whole graph on the shipped sample, in a store of its own."""

import os
from typing import Annotated

import typer

from facets_pipeline.cli.asking import Asking
from facets_pipeline.cli.options import Json, settings_with
from facets_pipeline.cli.summary import show_summary, summary
from facets_pipeline.cli.terminal import console, print_json
from facets_pipeline.engine.choice import AnnotatorName


def demo(
    *,
    as_json: Json = False,
    folder: Annotated[
        str,
        typer.Option("--folder", help="Data folder of the demo; default: demo in the data folder."),
    ] = "",
) -> None:
    """Run everything on the shipped sample: embedded store, rules, no key, no cost."""
    # A store of its own: the sample's plain words must not mix with the user's real codes.
    data_dir = settings_with().data_dir
    os.environ["FACETS_DATA_DIR"] = folder or str(data_dir / "demo")
    for name in ("FACETS_DATABASE_URL", "DATABASE_URL", "DAGSTER_HOME"):
        os.environ[name] = ""
    from dataclasses import asdict

    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.cli.cell_selection import Selection
    from facets_pipeline.cli.generate import run_graph
    from facets_pipeline.cli.runs import Runner
    from facets_pipeline.defs.coverage_files import HTML_NAME
    from facets_pipeline.sample import sample_file, sampled_systems

    settings = settings_with()
    with Store.open(settings.store_url) as store:
        runner = Runner(settings, quiet=as_json)
        systems = sampled_systems()
        for system in systems:
            config = {"raw_codes": {"path": str(sample_file(system)), "mode": "FULL"}}
            runner.run("materialize_raw_codes", config, partition=system)
        everything = Selection(tuple(systems))
        run_graph(settings, store, everything, Asking(AnnotatorName.RULES), quiet=as_json)
        found = summary(store)
    report = settings.reports_dir.resolve() / HTML_NAME
    if as_json:
        print_json({"systems": [asdict(system) for system in found], "report": str(report)})
        return
    show_summary(found)
    console().print(f"Report: {report}", markup=False, soft_wrap=True)
    console().print("Your own codes: facets load FILE --code-system HCPCS, then facets generate")
