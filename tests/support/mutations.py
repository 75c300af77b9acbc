"""The mutants of a module: its source with one small thing changed.

What is changed: an operator, a comparison, a condition, a number, a text, what is returned, the
order of two arguments; or a keyword argument, a call, an assignment into something, a `raise`
left out. Left as they are: annotations and decorators, docstrings, assertions and the `strict` of
zip, for they say what holds anyway; and the words of messages and stories, which are counted.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

_OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
_CALLED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "reversed": "iter",
}
# What the type checker, the reader or an assertion is told, not what is computed.
_LEFT = {"annotation", "returns", "decorator_list", "bases", "type_params"}
_LEFT_CALLS = {"TypeVar", "isinstance", "cast"}
_TYPES = {"Callable", "Mapping", "Sequence", "tuple"}
_PROSE = {"summary", "text", "mean", "meaning"}


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        name: the function, its line and the change, by which it is known from run to run.
        line: the line's number.
        prose: whether it changes nothing but the words of a message or a story.
        apply: makes the change in the tree that the mutant was found in.
        undo: takes it back.
    """

    name: str
    line: int
    prose: bool
    apply: Callable[[], None]
    undo: Callable[[], None]


def mutants_of(tree: ast.Module, source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines; of equal names, the second has a (2)."""
    lines = source.splitlines()
    seen: Counter[str] = Counter()
    found = []
    for mutant in _within(tree, lines, (), prose=False):
        seen[mutant.name] += 1
        number = seen[mutant.name]
        found.append(replace(mutant, name=f"{mutant.name} ({number})") if number > 1 else mutant)
    return found


def _within(
    node: ast.AST, lines: list[str], names: tuple[str, ...], *, prose: bool
) -> Iterator[Mutant]:
    for holder, key, child in _children(node):
        if not isinstance(child, ast.AST) or _left_alone(child, node):
            continue
        words = prose or isinstance(child, ast.Raise)
        words = words or (isinstance(child, ast.keyword) and child.arg in _PROSE)
        named = isinstance(child, ast.FunctionDef | ast.ClassDef)
        inside = (*names, child.name) if named else names  # type: ignore[attr-defined]  # it is one
        line = getattr(child, "lineno", getattr(node, "lineno", 0))
        where = f"{'.'.join(inside)}: {lines[line - 1].strip() if line else ''}"
        for change, new in _changes(child):
            apply, undo = _setter(holder, key, new), _setter(holder, key, child)
            text = isinstance(child, ast.Constant) and isinstance(child.value, str)
            yield Mutant(f"{where}: {change}", line, words and text, apply, undo)
        yield from _within(child, lines, inside, prose=words)


def _children(node: ast.AST) -> Iterator[tuple[ast.AST | list[ast.AST], str | int, object]]:
    for name, value in ast.iter_fields(node):
        if name in _LEFT:
            continue
        if isinstance(value, list):
            yield from ((value, place, each) for place, each in enumerate(value))
        else:
            yield node, name, value


def _setter(holder: ast.AST | list[ast.AST], key: str | int, new: ast.AST) -> Callable[[], None]:
    if isinstance(holder, list):
        return lambda: holder.__setitem__(int(key), new)
    return lambda: setattr(holder, str(key), new)


def _left_alone(child: ast.AST, parent: ast.AST) -> bool:
    match child:
        case ast.Assert() | ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.keyword(arg="strict"):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _LEFT_CALLS
        case ast.Subscript(value=ast.Name(id=name)):
            return isinstance(parent, ast.Assign) and name in _TYPES
    return False


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The changes of one node itself, each in words and as what stands in its place."""
    for new in _others(node):
        ast.copy_location(new, node)
        ast.fix_missing_locations(new)
        yield f"{_text(node)} -> {_text(new)}", new


def _text(node: ast.AST) -> str:
    match node:
        case ast.operator() | ast.cmpop() | ast.boolop():
            return type(node).__name__
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:40]}...{text[-17:]}"


def _others(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901  one case for each kind
    yield from (new() for new in _OPERATORS.get(type(node), ()))
    match node:
        case ast.Constant(value=value):
            yield from (_with(node, value=each) for each in _other_values(value))
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _ORDERED):
            yield _with(node, left=right, right=left)
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            for rest in _one_left_out(values):
                yield _with(node, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield from (_with(node, test=each) for each in _negated(test))
        case ast.comprehension(ifs=ifs):
            yield from (_with(node, ifs=rest) for rest in _one_left_out(ifs))
        case ast.Lambda():
            yield _with(node, body=ast.Constant(None))
        case ast.Call():
            yield from _other_calls(node)
        case ast.stmt():
            yield from _other_statements(node)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """A node like another but for some fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _one_left_out(nodes: list[ast.expr]) -> Iterator[list[ast.expr]]:
    return (nodes[:place] + nodes[place + 1 :] for place in range(len(nodes)))


def _other_values(value: object) -> tuple[object, ...]:
    match value:
        case bool():
            return (not value,)
        case int() | float():
            return (value + 1, 0) if value == 1 else (value + 1, value * 2) if value else (1,)
        case str():
            return (f"XX{value}",)
    return ()


def _negated(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.BoolOp):
        yield ast.UnaryOp(ast.Not(), test)


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    func, args = node.func, node.args
    for place in range(len(args) - 1):
        one, two = args[place : place + 2]
        if ast.dump(one) != ast.dump(two):
            yield _with(node, args=[*args[:place], two, one, *args[place + 2 :]])
    for place, keyword in enumerate(node.keywords):
        if keyword.arg != "strict":
            yield _with(node, keywords=node.keywords[:place] + node.keywords[place + 1 :])
    if isinstance(func, ast.Name) and func.id in _CALLED:
        yield _with(node, func=ast.Name(_CALLED[func.id], ast.Load()))


def _other_statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign(target=target, value=value):
            yield ast.Pass()
            yield ast.Assign([target], value)
        case ast.Expr(value=ast.Yield(value=ast.expr())):
            yield ast.Expr(ast.Yield(ast.Constant(None)))
        case ast.Expr() | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
