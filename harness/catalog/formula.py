"""Small arithmetic formulas in workload files: `2 * rounds`, `(elapsed_ns - ideal_ns) / tasks`.

Only numbers, names, + - * / // % **, min and max; parsed once, evaluated without `eval`.
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
_ELEMENTWISE: dict[str, Callable[..., Any]] = {"min": np.minimum, "max": np.maximum}
_LARGEST_POWER = 64


class Formula:
    """A parsed formula. Raises ValueError for text that is not one; `names` are its free names."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = ast.parse(text, mode="eval").body
            self.names = frozenset(self._check(self._tree))
        except SyntaxError as error:
            raise ValueError(f"not a formula: {error.msg}") from None
        except (RecursionError, MemoryError):  # MemoryError: too deep for the parser
            raise ValueError("not a formula: nested too deeply") from None

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __call__(self, values: Mapping[str, object]) -> Number:
        """Evaluate. Raises KeyError, TypeError or ArithmeticError where the values do not fit."""
        return self._value(self._tree, values)

    def over(self, values: Mapping[str, object], count: int) -> NDArray[np.float64]:
        """Evaluate for `count` elements at once; values are numbers, or arrays of that many.

        An element that has no value (a division by zero) is not finite.
        """
        with np.errstate(all="ignore"):
            found = self._elements(self._tree, values)
        return np.broadcast_to(np.asarray(found, dtype=float), count)

    def _elements(self, node: ast.expr, values: Mapping[str, object]) -> Any:
        match node:
            case ast.Constant(value=int() | float() as value):
                return np.float64(value)  # which divides by zero without an exception
            case ast.Name(id=name):
                return np.asarray(values[name], dtype=float)
            case ast.UnaryOp(operand=operand):
                return -self._elements(operand, values)
            case ast.BinOp(left=left, op=op, right=right):
                operate = _BINARY[type(op)]
                return operate(self._elements(left, values), self._elements(right, values))
            case ast.Call(func=ast.Name(id=name), args=args):
                parts = [self._elements(arg, values) for arg in args]
                found = parts[0]
                for part in parts[1:]:
                    found = _ELEMENTWISE[name](found, part)
                return found
        raise AssertionError("checked when parsed")

    def _check(self, node: ast.expr) -> set[str]:
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float()):
                return set()
            case ast.Name(id=name):
                return {name}
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._check(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._check(left) | self._check(right)
            case ast.Call(func=ast.Name(id=name), args=[_, _, *_] as args, keywords=[]) if (
                name in _FUNCTIONS
            ):
                return set().union(*map(self._check, args))
        raise ValueError(f"found {ast.unparse(node)!r}, expected + - * / // % ** min max and names")

    def _value(self, node: ast.expr, values: Mapping[str, object]) -> Number:
        match node:
            case ast.Constant(value=int() | float() as value):
                return value
            case ast.Name(id=name):
                found = values[name]
                if not isinstance(found, (int, float)):
                    raise TypeError(f"{name}: found {found!r}, expected a number")
                return found
            case ast.UnaryOp(operand=operand):
                return -self._value(operand, values)
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self._value(left, values), self._value(right, values)
                if isinstance(op, ast.Pow) and abs(b) > _LARGEST_POWER:
                    raise OverflowError(f"power {b} is larger than {_LARGEST_POWER}")
                result: Number = _BINARY[type(op)](a, b)
                if isinstance(result, complex):
                    raise ArithmeticError(f"{a} ** {b} is not a real number")  # noqa: TRY004
                return result
            case ast.Call(func=ast.Name(id=name), args=args):
                return _FUNCTIONS[name](*(self._value(arg, values) for arg in args))
        raise AssertionError("checked when parsed")
