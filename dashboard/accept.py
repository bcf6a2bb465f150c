"""Which of two forms of an answer a client would rather have. Pure."""


def prefers_json(accept: str) -> bool:
    """Whether an Accept header puts JSON before HTML; browsers do not, and who says nothing gets the page."""
    weights = {"application/json": 0.0, "text/html": 0.0}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name in weights:
            weights[name] = max(weights[name], _weight(parameters))
    return weights["application/json"] > weights["text/html"]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
