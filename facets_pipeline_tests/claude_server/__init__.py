"""A strict local Claude API server: refuses what the API refuses, and keeps its own account.

Start it with `running_server(...)` in a test or `python -m facets_pipeline_tests.claude_server`.
Tests of the server are in `facets_pipeline_tests/test_claude_server_*.py`.
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
