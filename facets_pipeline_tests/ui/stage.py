"""What stands behind the pages: a local Claude API and a real `dagster dev` on an empty folder.

The API answers the sample's codes as the embedded rules would, so that the pages show plausible
facets. Its credit can run out for the chunks from `FIRST_UNPAID` on.
"""

import csv
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import answer_of
from facets_pipeline.sample import sample_file
from facets_pipeline_tests.claude_server import Fault, RunningServer, running_server
from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, running_dagster

SAMPLE = sample_file("HCPCS")
FIRST_UNPAID = "28"


def sample_codes() -> list[Code]:
    """Return the HCPCS codes of the shipped sample."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return [
            Code("HCPCS", row["code"], row["short_descriptor"], row["long_descriptor"])
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers behind the pages.

    Attributes:
        claude: The Claude API.
        dagster: Web page, daemon and code location.
        codes: The codes of the source.
    """

    claude: RunningServer
    dagster: DagsterDev
    codes: tuple[Code, ...]

    def end_credit(self) -> None:
        """From now on the API refuses the codes of the last chunks for want of credit."""
        unpaid = tuple(code.code for code in self.codes if chunk_of(code.code) >= FIRST_UNPAID)
        assert {chunk_of(code) for code in unpaid} == {c for c in CHUNKS if c >= FIRST_UNPAID}
        self.claude.admin.plan(Fault("billing", codes=unpaid))

    def renew_credit(self) -> None:
        """From now on every code is answered."""
        self.claude.admin.clear_faults()


@contextmanager
def running_stage(folder: Path) -> Generator[Stage]:
    """Run the servers in `folder` for as long as the context lasts."""
    codes = tuple(sample_codes())
    facets: Mapping[str, Mapping[str, object]] = {
        code.code: answer_of(rules_opinion(code)) for code in codes
    }
    with running_server() as claude:
        claude.admin.answer_with(facets)
        environment = {**claude.environment, "FACETS_HCPCS_SOURCE": str(SAMPLE)}
        with running_dagster(folder, environment) as dagster:
            yield Stage(claude, dagster, codes)
