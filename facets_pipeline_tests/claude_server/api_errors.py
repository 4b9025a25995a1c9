"""The API's error answers: status, type, message, optional error code, and the body they make.

Nothing here decides when a request is refused; the checks raise `ApiError`, the routes send it.
"""

from dataclasses import dataclass, field

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass
class ApiError(Exception):
    """A refusal that the client sees as an HTTP error.

    Attributes:
        status: HTTP status, a key of `ERROR_TYPES`.
        message: Text for people; clients must not branch on it.
        error_code: Stable name of the cause, sent as `error.details.error_code`.
        headers: Further headers, such as `retry-after`.
    """

    status: int
    message: str
    error_code: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def error_type(self) -> str:
        """The broad category that belongs to the status."""
        return ERROR_TYPES[self.status]

    def body(self, request_id: str) -> dict[str, object]:
        """Return the JSON body that carries this error."""
        error: dict[str, object] = {"type": self.error_type, "message": self.message}
        if self.error_code is not None:
            error["details"] = {"error_code": self.error_code}
        return {"type": "error", "error": error, "request_id": request_id}


def invalid(message: str) -> ApiError:
    """Return the 400 that says what is wrong with the request."""
    return ApiError(400, message)


def not_found(message: str) -> ApiError:
    """Return the 404 for a model or batch that is not there."""
    return ApiError(404, message)
