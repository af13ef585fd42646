"""Small arithmetic formulas in workload files: `2 * rounds`, `(elapsed_ns - ideal_ns) / tasks`.

Allowed are numbers, names, + - * / // % **, min and max. A formula is parsed once and evaluated
without `eval`.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Number = int | float

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[..., Number]] = {"min": min, "max": max}
_ARRAY_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": np.minimum, "max": np.maximum}
_MAX_POWER = 64


class Formula:
    """A parsed formula; `names` are the names in it. Raises ValueError for any other text."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = _parse(text)
            self.names = frozenset(self._find_names(self._tree))
        except (RecursionError, MemoryError):  # the parser raises MemoryError for deep nesting
            raise ValueError("not a formula: nested too deeply") from None

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __call__(self, values: Mapping[str, object]) -> Number:
        """Evaluate. Raises KeyError, TypeError or ArithmeticError if the values do not fit."""
        return self._node_value(self._tree, values)

    def evaluate_arrays(self, values: Mapping[str, object], count: int) -> NDArray[np.float64]:
        """Evaluate for `count` elements at once; values are numbers or arrays of shape (count,).

        Elements without a value (division by zero) are not finite.
        """
        with np.errstate(all="ignore"):
            result = self._node_arrays(self._tree, values)
        return np.broadcast_to(np.asarray(result, dtype=float), count)

    def _node_arrays(self, node: ast.expr, values: Mapping[str, object]) -> Any:
        match node:
            case ast.Constant(value=int() | float() as value):
                return np.float64(value)  # division by zero raises no exception
            case ast.Name(id=name):
                return np.asarray(values[name], dtype=float)
            case ast.UnaryOp(operand=operand):
                return -self._node_arrays(operand, values)
            case ast.BinOp(left=left, op=op, right=right):
                operate = _BINARY[type(op)]
                return operate(self._node_arrays(left, values), self._node_arrays(right, values))
            case ast.Call(func=ast.Name(id=name), args=args):
                parts = [self._node_arrays(arg, values) for arg in args]
                result = parts[0]
                for part in parts[1:]:
                    result = _ARRAY_FUNCTIONS[name](result, part)
                return result
        raise AssertionError("unreachable: checked when parsed")

    def _find_names(self, node: ast.expr) -> set[str]:
        """Return the names in a node. Raises ValueError for anything a formula may not hold."""
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float()):
                return set()
            case ast.Name(id=name):
                return {name}
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._find_names(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._find_names(left) | self._find_names(right)
            case ast.Call(func=ast.Name(id=name), args=[_, _, *_] as args, keywords=[]) if (
                name in _FUNCTIONS
            ):
                return set().union(*map(self._find_names, args))
        raise ValueError(f"found {ast.unparse(node)!r}, expected + - * / // % ** min max and names")

    def _node_value(self, node: ast.expr, values: Mapping[str, object]) -> Number:
        match node:
            case ast.Constant(value=int() | float() as value):
                return value
            case ast.Name(id=name):
                number = values[name]
                if not isinstance(number, (int, float)):
                    raise TypeError(f"{name}: found {number!r}, expected a number")
                return number
            case ast.UnaryOp(operand=operand):
                return -self._node_value(operand, values)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self._node_value(left, values), self._node_value(right, values)
                if isinstance(op, ast.Pow) and abs(b) > _MAX_POWER:
                    raise OverflowError(f"power {b} is larger than {_MAX_POWER}")
                result: Number = _BINARY[type(op)](a, b)
                if isinstance(result, complex):
                    raise ArithmeticError(f"{a} ** {b} is not a real number")  # noqa: TRY004
                return result
            case ast.Call(func=ast.Name(id=name), args=args):
                return _FUNCTIONS[name](*(self._node_value(arg, values) for arg in args))
        raise AssertionError("unreachable: checked when parsed")


def _parse(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"not a formula: {error.msg}") from None
    except ValueError as error:  # for a null byte, in early versions of Python 3.11
        raise ValueError(f"not a formula: {error}") from None
