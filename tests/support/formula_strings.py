"""Strings for a model's formula: well-formed ones, spoilt ones, and such as do harm elsewhere."""

import random
from collections.abc import Iterator

NAMES = (
    "a", "b", "c", "k", "m", "x", "x", "x", "y", "pi", "A1", "R1C1", "RC", "XFD1048576", "TRUE",
    "LOG10", "E1", "e1", "nan", "inf", "row", "learn", "nudge", "epoch", "rmse", "verdict", "t",
    "X", "Y", "_", "__class__", "__builtins__", "_x0041_", "x0041", "v0", "f0", "state", "extend",
    "new_m", "m_start", "de", "lambda_", "SUM", "sum", "Pi", "exp", "o", "l1", "a" * 90,
)  # fmt: skip
NUMBERS = (
    "0", "1", "2", "3", "0.5", ".25", "10", "1e3", "2.5e-3", "1e308", "1e-308", "1e400", "007",
    "1_000", "0x10", "0b1", "0o7", "1.", "3j", "1e", "9" * 400, "0.1", "100", "1e-400",
)  # fmt: skip
FUNCTIONS = ("exp", "ln", "sqrt", "abs", "sin", "cos", "tanh", "max", "min")
SPOILING = (
    *"'\"`#$%&@!?:;,.<>=|~\\{}[]()+-*/^ \t\n\r\0", "//", "**", "==", ":=", "->", "...", "<<", "!=",
    "if", "else", "for", "in", "is", "not", "and", "or", "lambda", "await", "yield", "None", "True",
    "f'{x}'", "b''", "*x", "**x", "x.y", "[0]", "0x", "1if", "\u0663", "x\u00b2", "\u03b1",
    "\uff58", "\u202e", "\u200b", "\ufeff", "\ud800", "\x1b[2J", "\x7f", "\u00e9", "\ufb01",
    "\u2212", "\u00d7",
    "\N{GRINNING FACE}",
)  # fmt: skip
HARMFUL = (
    "__import__('os').system('true')", "().__class__.__bases__[0]", "exec('1')", "eval(x)",
    "open('/etc/passwd')", "[x for x in ().__class__]", "(lambda: x)()", "f'{x!r:>{y}}'",
    "x if x else x", "(x := 1)", "print(x)", "x.__class__", "x[0]", "{x: 1}", "{x}", "*x", "**x",
    "await x", "yield x", "lambda: x", "1 if 1else 2", "0x", "1_", "1__0", '"a"(1)', "1 is 1",
    "'\\d'", "x; import os", "a*x\n+b", "a*x # b", "a*x \\", "breakpoint()", "globals()", "a*x)",
    "=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", '=HYPERLINK("http://x","y")', "a*x+'[1]S'!A1",
    "y = y = x", "y == x", "polynomial " + "9" * 5000, "polynomial -1", "polynomial \u0663",
    "polynomial 20", "line", "LINE", " quadratic ", "cubic\t", "", " ", "y =", "y" * 500, "x" * 501,
    "9" * 500, "1" * 499 + "x", "a*x^" + "9" * 309, "1e" + "9" * 400, "a*1e999", "x^9^9^9^9^9*a",
    "9^9^9^9*a", "a^x^a^x^a^x^a^x", "\ud800", "a*x\ud800", "a*x\0", "\0",
)  # fmt: skip
NESTED = (
    "(@)", "-@", "+@", "exp(@)", "tanh(a*@)", "max(@,a*x)", "max(a,@)^a", "x/(a+@)", "(@)^a", "a^@",
    "(@)*(a+x)", "@+b", "@*b", "@^2", "abs(@-b)", "min(max(@,b),c)", "ln(@)", "sqrt(@)/b", "@,",
    "[@]", "@(1)", "lambda:@", "@ if x else a", "not @", "{@}", "f(@)", "x[@]", "(@", "@)",
    "sin(cos(@))", "sigmoid(@)", "softplus(@)", "relu(a-@)", "step(@)*b",
)  # fmt: skip


def formula_strings(seed: int, count: int) -> Iterator[str]:
    """So many strings, the same for the same seed; those that do harm elsewhere come first."""
    generator = random.Random(seed)  # noqa: S311  strings for a test
    yield from HARMFUL[:count]
    for _ in range(count - len(HARMFUL)):
        kind = generator.random()
        if kind < 0.4:
            yield _formula(generator, generator.randint(1, 7))
        elif kind < 0.75:
            yield _spoilt(generator, _formula(generator, generator.randint(1, 5)))
        elif kind < 0.87:
            yield _nested(generator)
        elif kind < 0.93:
            yield _spoilt(generator, generator.choice(HARMFUL))
        elif kind < 0.97:
            yield _long(generator)
        else:
            letters = [chr(generator.randrange(0x110000)) for _ in range(generator.randint(1, 30))]
            yield "".join(letters)


def _formula(generator: random.Random, depth: int) -> str:
    """A formula by the grammar, but for what its names and numbers may be."""
    kind = generator.random()
    if depth <= 0 or kind < 0.15:
        if generator.random() < 0.7:
            return generator.choice(NAMES[:10] if generator.random() < 0.85 else NAMES)
        return generator.choice(NUMBERS[:9] if generator.random() < 0.9 else NUMBERS)
    inner = _formula(generator, depth - 1)
    if kind < 0.3:
        return generator.choice(("({})", "-{}", "+{}", "({})", "(-{})", " {} ")).format(inner)
    if kind < 0.45:
        function = generator.choice(FUNCTIONS)
        more = "," + _formula(generator, depth - 1) if function in {"max", "min"} else ""
        return f"{function}({inner}{more})"
    operator = generator.choice(("+", "-", "*", "*", "/", "^", "**", " + ", " * "))
    return f"{inner}{operator}{_formula(generator, depth - 2)}"


def _spoilt(generator: random.Random, text: str) -> str:
    """The text with a few characters gone, doubled, in another place, or others between them."""
    letters = list(text)
    for _ in range(generator.randint(1, 3)):
        place = generator.randint(0, len(letters))
        match generator.randrange(5):
            case 0:
                del letters[place : place + generator.randint(1, 3)]
            case 1:
                letters[place:place] = letters[place : place + generator.randint(1, 6)]
            case 2:
                letters[place:place] = generator.choice(SPOILING)
            case 3:
                letters[place:place] = generator.choice((*NAMES, *NUMBERS, *FUNCTIONS))
            case _:
                other = generator.randint(0, len(letters))
                letters[place:place] = letters[other : other + generator.randint(1, 8)]
    return "".join(letters)


def _nested(generator: random.Random) -> str:
    text = generator.choice(("x", "a*x", "a", "b+x", "1"))
    patterns = generator.choices(NESTED, k=generator.randint(1, 3))
    for turn in range(generator.choice((3, 8, 18, 19, 20, 38, 39, 40, 60, 100, 250))):
        longer = patterns[turn % len(patterns)].replace("@", text)
        if len(longer) > 520:
            break
        text = longer
    return text


def _long(generator: random.Random) -> str:
    """Many terms with many parameters, flat or in parentheses."""
    count = generator.randint(5, 120)
    terms = [
        f"{generator.choice('abcp')}{generator.randrange(count)}*x^{each}" for each in range(count)
    ]
    size = generator.choice((1, 5, 10))
    groups = ["+".join(terms[first : first + size]) for first in range(0, count, size)]
    return "+".join(f"({each})" if size > 1 else each for each in groups)[
        : generator.choice((495, 600))
    ]
