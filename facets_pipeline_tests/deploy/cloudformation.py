"""A CloudFormation template as data, and the part of it that a local AWS can create."""

from pathlib import Path
from typing import Any

import yaml

UNKNOWN_TO_MOTO = ("AWS::ServiceDiscovery::", "AWS::ECS::Service")
"""Kinds that moto does not create, or creates without running anything."""


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": "x"}` and `!GetAtt a.b` as `{"Fn::GetAtt": ["a", "b"]}`."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)  # pyright: ignore[reportUnknownArgumentType]


def template(path: Path) -> dict[str, Any]:
    """Return the template in a file, its short functions written out."""
    return yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a safe loader


def creatable(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the template without the kinds that moto cannot create."""
    resources = {
        name: resource
        for name, resource in whole["Resources"].items()
        if not resource["Type"].startswith(UNKNOWN_TO_MOTO)
    }
    return {**whole, "Resources": resources}
