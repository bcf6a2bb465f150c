"""What the code says of an attribute, in the string below it: read from the source, which runs nothing."""

import ast
import inspect
from collections.abc import Mapping
from itertools import pairwise


def of_attributes(kind: type) -> Mapping[str, str]:
    """The docstring of each attribute of a class that has one, in the order of the code."""
    (body,) = (
        node.body
        for node in ast.walk(ast.parse(inspect.getsource(inspect.getmodule(kind) or kind)))
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__
    )
    return {
        name: inspect.cleandoc(below.value.value)
        for above, below in pairwise(body)
        if isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
        and (name := _assigned(above))
    }


def _assigned(node: ast.stmt) -> str:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""
