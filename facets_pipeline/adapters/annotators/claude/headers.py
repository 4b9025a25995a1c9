"""Which headers of a reply tell about limits and waiting; what they say is read by the engine."""

from collections.abc import Mapping


def limit_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that tell about rate limits, names in lower case."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        name: value
        for name, value in lower.items()
        if name.startswith(("anthropic-ratelimit-", "retry-after"))
    }
