"""Values that have been trouble somewhere."""

from __future__ import annotations

from itertools import pairwise
from random import Random

NAMES = "abcdefghij"
TEXTS = (
    *("", " ", "~", "null", "yes", "NaN", ".inf", "-.inf", "None", "True", "__class__", "self"),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\con",
        "con",
        ".git",
        ".meshgen",
        "a/b",
        "a\\b",
        "-rf",
    ),
    *(
        "{{ 7 * 7 }}",
        "{% raw %}",
        "{#",
        "${HOME}",
        "$(id)",
        "`id`",
        "%s%s%n",
        "'; DROP TABLE x",
        "*/",
    ),
    *(
        '"""',
        "'''",
        "\\",
        "\\N{BULLET}",
        "é",
        "日本語",
        "\u202e",
        "\u2028",
        "🙂",
        "\x7f",
        "a\tb",
        "#",
    ),
    *(
        "x" * 64,
        "x" * 300,
        "X" * 5000,
        "a b",
        "import",
        "class",
        "def",
        "async",
        "print",
        "type",
        "id",
    ),
    *(
        "12:30",
        "0x1F",
        "0o17",
        "1_000",
        "- - -",
        "? ",
        "a: b: c",
        "---",
        "...",
        "<<",
        "&a",
        "*a",
        "!x",
    ),
)
NUMBERS = (
    *("0", "-0", "-1", "1", "00", "1e308", "-1e308", "1e-300", "1e999", "0.1", ".5", "1.", "-.5"),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "9" * 39,
        "0." + "9" * 37,
    ),
    *("1000000", "1000001", "100", "1000", "65536", "2147483648"),
)
TIMES = (
    *(
        "0001-01-01",
        "9999-12-31",
        "0000-01-01",
        "10000-01-01",
        "2026-02-30",
        "2026-W01-1",
        "-001-01-01",
    ),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z"),
    *(
        "2026-01-01T24:00:00",
        "2026-06-30T23:59:60Z",
        "2026-01-01T00:00:00+99:99",
        "12:00",
        "20260101",
    ),
    *("0ms", "1ms", "999999999d", "3650d", "3651d", "1y", "1.5h", "-1s", "1 s"),
)
PATTERNS = (
    *("^(a+)+$", "^(a|a)*$", "^(a|aa)+$", r"^(\s*\w+\s*)*$", "(.*)(.*)(.*)(.*)x", "(((a+)+)+)+"),
    *(
        "a{999999999}",
        "(a{1,100}){1,100}",
        "(((a{1,99}){1,99}){1,99})",
        "x{1000}{1000}",
        r"\w{900}",
    ),
    *(
        "(?=a)",
        r"(a)\1",
        "(?<=a)b",
        "(?i)a",
        "[[a]",
        "[a&&b]",
        r"\Z",
        r"\p{L}",
        "a*+",
        "(",
        "[",
        "{,3}",
    ),
    *("a?" * 60, "(" * 80 + "a" + ")" * 80, "^$", "$^", "[^\\s\\S]", "[\\x00-\\x1f]", "a" * 201),
)
TYPES = (
    *("string", "int", "float", "decimal", "bool", "uuid", "date", "datetime", "string?", "int??"),
    *(
        "list[string]",
        "list[int]?",
        "map[string]",
        "map[uuid, int]",
        "map[date, list[int]]",
        "list[]",
    ),
    *(
        "list[list[list[list[list[int]]]]]",
        "list[" * 40 + "int" + "]" * 40,
        "map[map[int]]",
        "list[x",
        "?",
    ),
    *("Any", "bytes", "list", "[]", "list[string?]", "map[string, string?]"),
)
LIMITS = ("min", "max", "min_length", "max_length", "min_items", "max_items", "pattern", "default")
LOOPS = " ".join(f"for {name} in X" for name in NAMES)
GROWTH = " ".join(f"for {b} in [{'+'.join([a] * 6)}]" for a, b in pairwise("abcdefgh"))
EXPRESSIONS = (
    *(f"sum(1 {LOOPS}) > 3", f"len([a {LOOPS}]) > 3", f"any(a == b {LOOPS})", f"[a {LOOPS}]"),
    *("X + X + X + X", "X * X * X * X * X * X", "X / 0", "X // 0 > 1", "X % 0 == 1", "-X", "not X"),
    *("X == X", "X != None", "X is None", "X < X", "X in [X, X]", "X[0]", "X['a']", "X.get(X)"),
    *(
        "max(X)",
        "min([X, X])",
        "sum(X)",
        "len(X) > 1000000",
        "sorted(X)[0]",
        "abs(X)",
        "round(X, 12)",
    ),
    *(
        "now()",
        "new_id()",
        "X.date()",
        "X.lower().upper().strip()",
        "X.values()",
        "[x for x in X.items()]",
    ),
    *(
        "[*X, *X, *X, *X]",
        "{**X, **X}",
        "{a: X for a in X}",
        "X if X else X",
        "X and X or X",
        "X.X.X",
    ),
    *("'" + "a" * 480 + "'", "(" * 45 + "X" + ")" * 45, "-" * 60 + "1", "X" + ".y" * 200, "9" * 30),
    *(
        "__import__('os')",
        "lambda: X",
        "(x := X)",
        "f'{X}'",
        "X ** X",
        "X @ X",
        "1if X else 2",
        "X;X",
    ),
    f"len([h for a in [X] {GROWTH}]) > 1",
)


def scalar(random: Random, names: list[str]) -> str:
    """Return a hostile scalar; `names` are those of the spec."""
    kinds = (TEXTS, NUMBERS, TIMES, PATTERNS, TYPES, EXPRESSIONS)
    return random.choice(random.choice(kinds)).replace("X", random.choice(names))


def expression(random: Random, names: list[str]) -> str:
    """Return a hostile expression."""
    return random.choice(EXPRESSIONS).replace("X", random.choice(names))


def limit(random: Random) -> tuple[str, str]:
    """Return a limit of a field, and a value for it."""
    name = random.choice(LIMITS)
    if name == "pattern":
        return name, random.choice(PATTERNS)
    kinds = (NUMBERS, TIMES, TEXTS) if name == "default" else (NUMBERS,)
    return name, random.choice(random.choice(kinds))
