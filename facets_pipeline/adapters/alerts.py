"""Telling an address on the network, as one JSON document, that something failed."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from facets_pipeline.domain.errors import AlertError

TIMEOUT_SECONDS = 10.0


def post_alert(url: str, document: Mapping[str, object]) -> None:
    """Post `document`; redirects are not followed.

    The address may hold a secret, as those of chat services do: messages name its host only.

    Raises:
        AlertError: It was not taken within ten seconds.
    """
    # Takes longer to import than the rest of this package, and few runs fail.
    import httpx2  # noqa: PLC0415

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AlertError(
            "FACETS_ALERT_URL is no address: set it to one that begins with https:// or http://, "
            "or unset it."
        )
    try:
        response = httpx2.post(url, json=dict(document), timeout=TIMEOUT_SECONDS)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        # Not chained: messages of the library may repeat the address.
        raise AlertError(
            f"{parts.hostname!r} could not be told of a failed run ({type(error).__name__}): look "
            f"whether FACETS_ALERT_URL is right and can be reached from the daemon."
        ) from None
    if not response.is_success:
        raise AlertError(
            f"{parts.hostname!r} did not take the message about a failed run (HTTP "
            f"{response.status_code}): look whether FACETS_ALERT_URL is right."
        )
