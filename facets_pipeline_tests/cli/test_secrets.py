"""The key of the Claude API is nowhere: not in the store, the instance, the report or a log."""

from pathlib import Path

import pytest

from facets_pipeline_tests.claude_server import running_server
from facets_pipeline_tests.cli.commands import Folder

CANARY = "sk-ant-canary-4f1d9b7e2c"

pytestmark = pytest.mark.cli


def _holding(folder: Path, text: str) -> list[Path]:
    wanted = text.encode()
    return [path for path in folder.rglob("*") if path.is_file() and wanted in path.read_bytes()]


def test_the_key_is_in_no_file_and_no_output_of_a_run_by_claude(folder: Folder) -> None:
    folder.write("hcpcs.csv", "code,description\nA0021,Ambulance mileage\nJ0120,A drug\n")
    table = {"A0021": "transport", "J0120": "drug"}
    with running_server(api_key=CANARY) as server:
        server.admin.answer_with(
            {
                code: {"procedure_category": category}
                | ({"service_location": "ambulance"} if category == "transport" else {})
                for code, category in table.items()
            }
        )
        variables = {"ANTHROPIC_BASE_URL": server.base_url, "ANTHROPIC_API_KEY": CANARY}
        claude = Folder(folder.path, {**folder.environment, **variables})
        said = ""
        for arguments in (
            ("load", "hcpcs.csv", "--code-system", "HCPCS"),
            ("generate", "--yes"),
            ("doctor",),
        ):
            done = claude.run(*arguments)
            assert done.returncode == 0, done.stderr
            said += done.stdout + done.stderr
        wrong = Folder(folder.path, {**claude.environment, "ANTHROPIC_API_KEY": f"{CANARY}-wrong"})
        refused = wrong.run("generate", "--yes", "--force")
    assert refused.returncode == 1
    assert "refused the key" in refused.stderr
    assert CANARY not in said + refused.stdout + refused.stderr
    assert _holding(folder.path / ".facets", "claude-sonnet-5-5"), "the search itself works"
    assert _holding(folder.path, CANARY) == []
