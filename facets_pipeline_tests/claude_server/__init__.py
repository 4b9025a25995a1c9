"""A strict local Claude API server: refuses what the API refuses, and keeps its own account.

In a test, as a process of its own:

    with running_server(rpm=1200, faults=(Fault("overloaded", count=3),)) as s:
        client = AsyncAnthropic(base_url=s.base_url, api_key=s.api_key, max_retries=0)
        ...
        s.admin.plan(Fault("drop_before_reply", codes=("J0120",), count=1))
        assert s.admin.cost_usd() == ...          # the server's own account
        s.admin.advance(3600)                     # an hour later
        s.kill(); s.restart()                     # with `state_file`, account and batches stay

By hand: `python -m facets_pipeline_tests.claude_server --help`. Settings are in `settings`, faults
in `faults`, the account in `account`. Simplifications: tokens are characters / 3.5, answers come
from a table or a hash, only text content is served, nothing streams.
"""

from facets_pipeline_tests.claude_server.faults import Fault
from facets_pipeline_tests.claude_server.process import AdminClient, RunningServer, running_server
from facets_pipeline_tests.claude_server.settings import LimitSettings, ServerSettings

__all__ = [
    "AdminClient",
    "Fault",
    "LimitSettings",
    "RunningServer",
    "ServerSettings",
    "running_server",
]
