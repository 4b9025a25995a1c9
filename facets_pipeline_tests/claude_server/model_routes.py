"""`GET /v1/models` and `GET /v1/models/{id}`."""

from facets_pipeline_tests.claude_server.api_errors import invalid
from facets_pipeline_tests.claude_server.calls import Call, Reply
from facets_pipeline_tests.claude_server.catalogue import catalogue, find_model
from facets_pipeline_tests.claude_server.paging import cut_page

LIFECYCLES = frozenset({"active", "deprecated", "retired"})


async def list_models(call: Call) -> Reply:
    """Show a page of the models; retired ones only if they are asked for."""
    call.begin()
    query = call.request.query_params
    # The client library writes lists with brackets, the documentation without.
    given = {*query.getlist("lifecycle"), *query.getlist("lifecycle[]")}
    wanted = given or {"active", "deprecated"}
    if not wanted <= LIFECYCLES:
        raise invalid(f"lifecycle: Input should be one of {sorted(LIFECYCLES)}")
    rows = [
        model.info()
        for name, model in catalogue().items()
        if name == model.id and model.lifecycle in wanted
    ]
    return Reply.of_json(cut_page(rows, query))


async def retrieve_model(call: Call) -> Reply:
    """Show one model, retired ones included."""
    name = str(call.request.path_params["model_id"])
    call.begin(model=name)
    return Reply.of_json(find_model(name).info())
