"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

from facets_pipeline_tests.claude_server.answers import find_code_items
from facets_pipeline_tests.claude_server.api_errors import invalid
from facets_pipeline_tests.claude_server.billing import Usage, cost_usd
from facets_pipeline_tests.claude_server.calls import Call, Reply
from facets_pipeline_tests.claude_server.catalogue import ModelSpec, usable_model
from facets_pipeline_tests.claude_server.generation import Generated, ask_of, generate
from facets_pipeline_tests.claude_server.model_rules import check_message, check_prompt
from facets_pipeline_tests.claude_server.prompt import Prompt, tokenise
from facets_pipeline_tests.claude_server.request_shape import (
    CountRequest,
    MessageRequest,
    answer_schema,
    prompt_text,
    read_count,
    read_message,
)


async def create_message(call: Call) -> Reply:
    """Answer a message request."""
    state = call.state
    request = read_message(await call.read_json(state.settings.max_body_bytes))
    codes = [str(item["code"]) for item in find_code_items(prompt_text(request))]
    call.begin(codes, request.model)
    model = usable_model(request.model)
    check_prompt(request, model, state.settings.grammar_limit)
    check_message(request, model)
    prompt = fitting_prompt(request, model)

    started = state.clock.now()
    use = state.cache.look(prompt, model.min_cacheable, started)
    pool = state.limits.pool(model.limit_pool, started)
    pool.admit(use.limited, started)
    delay = state.settings.latency_seconds + state.compile_seconds(answer_schema(request))
    answer_begins = started + state.clock.shortened(delay)
    state.cache.store(prompt, model.min_cacheable, started, answer_begins)

    generated = _generate(call, request, model)
    await state.clock.wait(delay + generated.output * state.settings.seconds_per_token)
    pool.charge_output(generated.output, state.clock.now())
    call.usage = Usage.of(use, generated.output, generated.thinking)
    call.cost_usd = cost_usd(call.usage, model, batch=False, geo=request.inference_geo)
    if generated.stop_reason not in {"end_turn", "stop_sequence"}:
        call.note = generated.stop_reason
    usage = call.usage.reported(tier="standard", geo=request.inference_geo)
    message = generated.message(state.new_id("msg"), model, usage)
    return Reply.of_json(message, pool.headers(state.clock.now()))


async def count_message_tokens(call: Call) -> Reply:
    """Count the tokens of a prompt, for nothing."""
    state = call.state
    request = read_count(await call.read_json(state.settings.max_body_bytes))
    call.begin(model=request.model)
    model = usable_model(request.model)
    check_prompt(request, model, state.settings.grammar_limit)
    now = state.clock.now()
    pool = state.other_limits["count_tokens"].pool(model.limit_pool, now)
    pool.admit(0, now)
    tokens = tokenise(request, model.id).tokens
    return Reply.of_json({"input_tokens": tokens}, pool.headers(now))


def fitting_prompt(request: CountRequest, model: ModelSpec) -> Prompt:
    """Return the prompt of a request.

    Raises:
        ApiError: 400 if it is longer than the model's context.
    """
    prompt = tokenise(request, model.id)
    if prompt.tokens > model.context:
        raise invalid(f"prompt is too long: {prompt.tokens} tokens > {model.context} maximum")
    return prompt


def _generate(call: Call, request: MessageRequest, model: ModelSpec) -> Generated:
    fault = call.draw("answer")
    return generate(
        request,
        model,
        ask_of(request, model),
        call.state.answerer,
        fault=fault.kind if fault else None,
        thinking_tokens=call.state.settings.thinking_tokens,
    )
