"""Expressions printed as JavaScript: functions of numbered slots, for a page.

Each expression becomes one function ``v => ...``. What a symbol stands for is read from the slot
that has its name, so no name of a user's gets into the text. The operators are JavaScript's own;
every other operation is one of `PRIMITIVES`, which compute as `sheetgd.expression.python` does and,
on texts, as `sheetgd.expression.sheet_functions`: what has no answer, an error of a sheet, is NaN,
and no number is made of an infinity. The order of operations is kept, so the numbers are Python's,
but for the last digit of functions that each system rounds in its own way, such as exp.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sheetgd.expression.python import operations_of
from sheetgd.expression.tree import Expression, Number, Operation, Symbol, Text

_OPERATORS: Final = {"+": "({0}+{1})", "-": "({0}-{1})", "*": "({0}*{1})", "negative": "(-{0})"}

_FINITE: Final = "a-a+(b-b)===0"
_SQUARED: Final = "const m=total(a)/a.length;return total(a.map(e=>(e-m)*(e-m)))"
_POWER: Final = (
    # The shortcuts are Python's, too. Of what overflows the sign is lost, as an error has none.
    "if(b===2)return a*a;"
    "if(Math.abs(a)===Infinity||Math.abs(b)===Infinity)return NaN;"
    "if(b===0.5)return sqrt(a);"
    "if(a===0&&b<0)return NaN;"
    "if(b===-1)return 1/a;"
    "const found=a===1?1:a**b;"
    "if(Math.abs(found)===Infinity)return Infinity;"
    "const n=Math.abs(b),size=Math.abs(found);"
    "if(b%1!==0||n>2**20||n<2||!(size>1e-280&&size<1e280))return found;"
    "let p=[1,0];"
    "for(let bit=2**Math.floor(Math.log2(n));bit>=1;bit/=2){"
    "p=times(p,p);if(Math.floor(n/bit)%2)p=times(p,[a,0])}"
    "if(b>0)return p[0];"
    "const q=1/p[0],[h,l]=times(p,[q,0]);return q+(1-h-l)*q"
)
# Browsers are up to an ulp off in powers, Python's library hardly ever: so whole powers, as of
# polynomials and of Adam's beta, are products of pairs that hold twice as many digits (Dekker's).
_TIMES: Final = (
    "const [c,d]=[134217729*a[0],134217729*b[0]];"
    "const h=c-(c-a[0]),k=d-(d-b[0]),l=a[0]-h,m=b[0]-k,p=a[0]*b[0];"
    "const e=l*m-(p-h*k-l*k-h*m)+(a[0]*b[1]+a[1]*b[0]);"
    "return [p+e,e-(p+e-p)]"
)
_ROUNDED: Final = (
    # Halves go away from zero, of the decimal number that is shown.
    "if(!isNumber(b))return NaN;"
    "if(!isNumber(a)||(Math.abs(a)>=2**53&&b>=0))return a;"
    'const [shown,power]=Math.abs(a).toExponential().split("e");'
    'const digits=shown.replace(".","");'
    "const beyond=digits.length-1-Number(power)-b;"
    "if(beyond<=0)return a;"
    "const unit=10n**BigInt(beyond);"
    "const found=Number(`${(BigInt(digits)+unit/2n)/unit}e${-b}`);"
    "return a<0||Object.is(a,-0)?-found:found"
)
_COMPARED: Final = (
    # Any text is above any number, capitals make no difference, and an error stays one.
    "if(isError(a)||isError(b))return NaN;"
    "const texts=[a,b].map(e=>typeof e==='string');"
    "const [c,d]=texts[0]&&texts[1]?[a.toLowerCase(),b.toLowerCase()]"
    ":texts[0]||texts[1]?texts:[a,b];"
    "return c<d?-1:c>d?1:0"
)
_JOINED: Final = (
    "if(a.some(isError))return NaN;"
    # As Python's format .15g has it.
    "const long=e=>e!==0&&(Math.abs(e)<1e-4||Math.abs(e)>=1e15);"
    "const short=e=>long(e)?e.toExponential().replace(/([+-])(\\d)$/,'$10$2'):String(e);"
    "const written=e=>typeof e==='number'?short(Number(e.toPrecision(15))).toUpperCase():`${e}`;"
    'return a.map(written).join("")'
)

PRIMITIVES: Final[Mapping[str, tuple[str, str]]] = {
    "is_error": ("isError", "a=>typeof a==='number'&&!Number.isFinite(a)"),
    "is_number": ("isNumber", "a=>typeof a==='number'&&Number.isFinite(a)"),
    "/": ("quotient", "(a,b)=>b!==0&&b-b===0?a/b:NaN"),
    "sqrt": ("sqrt", "a=>a>=0?Math.sqrt(a):NaN"),
    "times": ("times", f"(a,b)=>{{{_TIMES}}}"),
    "^": ("power", f"(a,b)=>{{{_POWER}}}"),
    "ln": ("ln", "a=>a>0?Math.log(a):NaN"),
    "log10": ("log10", "a=>a>0?Math.log10(a):NaN"),
    "exp": ("exp", "a=>a-a===0?Math.exp(a):NaN"),
    "sin": ("sin", "Math.sin"),
    "cos": ("cos", "Math.cos"),
    "tanh": ("tanh", "a=>a-a===0?Math.tanh(a):NaN"),
    "sigmoid": ("sigmoid", "a=>(1+tanh(a/2))/2"),
    "softplus": ("softplus", "a=>a-a===0?(a>0?a:0)+Math.log(1+Math.exp(-Math.abs(a))):NaN"),
    "abs": ("abs", "Math.abs"),
    "sign": ("sign", "a=>a-a===0?(a>0?1:a<0?-1:0):NaN"),
    "floor": ("floor", "Math.floor"),
    # Python's remainder has the sign of the divisor.
    "remainder": (
        "remainder",
        "(a,b)=>{const r=b!==0?a%b:NaN;return r!==0&&(r<0)!==(b<0)?r+b:r}",
    ),
    "max": ("larger", f"(a,b)=>{_FINITE}?(b>a?b:a):NaN"),
    "min": ("smaller", f"(a,b)=>{_FINITE}?(b<a?b:a):NaN"),
    "when=": ("whenEqual", f"(a,b,c,d)=>{_FINITE}?(a===b?c:d):NaN"),
    "when>=": ("whenAtLeast", f"(a,b,c,d)=>{_FINITE}?(a>=b?c:d):NaN"),
    "rounded": ("rounded", f"(a,b)=>{{{_ROUNDED}}}"),
    "joined": ("joined", f"(...a)=>{{{_JOINED}}}"),
    "when": ("when", "(a,b,c)=>isError(a)?NaN:a?b:c"),
    "if_error": ("ifError", "(a,b)=>isError(a)?b:a"),
    "all_of": ("allOf", "(...a)=>a.some(isError)?NaN:a.every(Boolean)"),
    "any_of": ("anyOf", "(...a)=>a.some(isError)?NaN:a.some(Boolean)"),
    # The signs of comparisons: -1, 0 or 1, of which something is true.
    "compared": ("compared", f"(a,b)=>{{{_COMPARED}}}"),
    "judged": ("judged", "(a,holds)=>a!==a?NaN:holds(a)"),
}
"""What each operation that is no operator is called, and how the page computes it."""

_SIGNS: Final = {"=": "===", "<>": "!==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

OVER_ROWS: Final[Mapping[str, str]] = {
    "total": "a=>a.reduce((sum,e)=>sum+e)",
    "count": "a=>a.length",
    "minimum": "a=>a.reduce((one,e)=>Math.min(one,e))",
    "maximum": "a=>a.reduce((one,e)=>Math.max(one,e))",
    "squared_deviations": f"a=>{{{_SQUARED}}}",
}
"""What is taken over all rows: of an array of their values. See `Functions.over_rows`."""


def primitives() -> str:
    """Print the operations, each under its name, and `overRows`, a list in that order."""
    lines = [f"const {name}={text};" for name, text in PRIMITIVES.values()]
    lines.append(f"const total={OVER_ROWS['total']};")
    return "\n".join([*lines, f"const overRows=[{','.join(OVER_ROWS.values())}];"])


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions that are printed, each once, and the slots that they read.

    >>> functions = Functions()
    >>> functions.number(Symbol("m") * Symbol("x") + 1), functions.number(Symbol("m") * 1.5)
    (0, 1)
    >>> functions.slots, functions.texts
    (['m', 'x'], ['v=>((v[0]*v[1])+1)', 'v=>(v[0]*1.5)'])
    """

    _slots: dict[str, int] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _found: dict[Expression, int] = field(default_factory=dict)

    @property
    def slots(self) -> list[str]:
        """The names, in the order of their slots."""
        return list(self._slots)

    @property
    def texts(self) -> list[str]:
        """The functions, in the order of their numbers."""
        return list(self._numbers)

    def slot(self, name: str) -> int:
        """Return the slot of a name; the next free one if it has none."""
        return self._slots.setdefault(name, len(self._slots))

    def number(self, expression: Expression) -> int:
        """Return the place of an expression's function among all."""
        if expression not in self._found:
            text = f"v=>{_body(expression, self)}"
            self._found[expression] = self._numbers.setdefault(text, len(self._numbers))
        return self._found[expression]

    def over_rows(self, expression: Expression) -> list[list[int]]:
        """Return how an expression is computed in which something is taken over all rows.

        Returns:
            In order: a slot, the function of a row, and in the place of `OVER_ROWS` what is taken
            of its values. The last is the whole: its slot and its function alone.

        >>> functions = Functions()
        >>> y, rows = Symbol("y"), Symbol("rows")
        >>> functions.over_rows(Operation("total", (y,)) / rows)
        [[1, 0, 0], [3, 1]]
        >>> functions.slots[1], functions.texts
        ('total 0', ['v=>v[0]', 'v=>quotient(v[1],v[2])'])
        """
        found: list[list[int]] = []
        whole = self._without_rows(expression, found)
        number = self.number(whole)
        return [*found, [self.slot(f"whole {number}"), number]]

    def _without_rows(self, tree: Expression, found: list[list[int]]) -> Expression:
        """Put a symbol in the place of all that is taken over rows."""
        if not isinstance(tree, Operation):
            return tree
        operands = tuple(self._without_rows(each, found) for each in tree.operands)
        if tree.function not in OVER_ROWS or len(operands) > 1:
            return Operation(tree.function, operands)
        kind, number = list(OVER_ROWS).index(tree.function), self.number(operands[0])
        name = f"{tree.function} {number}"
        step = [self.slot(name), number, kind]
        if step not in found:
            found.append(step)
        return Symbol(name)


def literal(value: float | str) -> str:
    r"""Write a constant; nothing in a text ends a script.

    >>> print(literal(2.0), literal(-1e-08), literal("a</b>"))
    2 (-1e-08) "a\u003c/b>"
    """
    if isinstance(value, str):
        return json.dumps(value).replace("<", "\\u003c")
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"({'-' if value < 0 else ''}Infinity)"
    text = repr(float(value)).removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def _body(expression: Expression, functions: Functions) -> str:
    """Write what a function returns; what stands there twice is computed once before it."""
    uses = Counter(operations_of([expression]))
    names: dict[Expression, str] = {}
    lines: list[str] = []

    def text(tree: Expression) -> str:
        if isinstance(tree, Number | Text):
            return literal(tree.value)
        if isinstance(tree, Symbol):
            return f"v[{functions.slot(tree.name)}]"
        assert isinstance(tree, Operation)  # noqa: S101  cells are on sheets
        if tree in names:
            return names[tree]
        written = _operation(tree.function, [text(each) for each in _operands(tree)], tree)
        if uses[tree] > 1:
            name = names[tree] = f"c{len(names)}"
            lines.append(f"const {name}={written};")
            return name
        return written

    whole = text(expression)
    return f"{{{''.join(lines)}return {whole}}}" if lines else whole


def _operands(tree: Operation) -> tuple[Expression, ...]:
    return tree.operands[:1] if tree.is_square else tree.operands


def _operation(function: str, operands: Sequence[str], tree: Operation) -> str:
    if tree.is_square:
        return f"power({operands[0]},2)"
    if function in _OPERATORS:
        return _OPERATORS[function].format(*operands)
    if function in _SIGNS:
        return f"judged(compared({','.join(operands)}),c=>c{_SIGNS[function]}0)"
    return f"{PRIMITIVES[function][0]}({','.join(operands)})"
