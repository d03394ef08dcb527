"""Altered forms: slips that a right formula could have had, one at a time.

A form is Python, so a slip is a small change of its syntax tree. `forms` makes
every change of these kinds:

factor lost
    a factor, a summand or a function of one argument left out
sign flipped
    plus for minus, a minus lost or put in front, < for >
index shifted
    an index one lower or exchanged for another, a sum that begins late or ends
    early, another axis
transpose dropped
    .T lost or put there, the indices of an entry exchanged
names exchanged
    two arguments exchanged, or another argument in a name's place
number changed
    a number one higher

Those that are the same formula in another order are left out.
"""

import ast
import inspect
import textwrap
from copy import deepcopy

OPPOSITE = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
KEPT = ("len", "range", "sum", "tuple", "float", "np.array", "path.append")
COMMUTATIVE = ("hadamard", "same", "np.isclose")


def form(code, arguments, names):
    """Return a form: a function of the arguments, or one that has a name.

    It gets the attributes ``tree``, its syntax, and ``scope``, its names.
    """
    if code.isidentifier() and callable(names.get(code)):
        made = names[code]
        source = textwrap.dedent(inspect.getsource(made))
        made.tree, made.scope = ast.parse(source).body[0], names
        return made
    tree = ast.parse(f"lambda {arguments}: {code}", mode="eval").body
    made = compiled(tree, names)
    made.tree, made.scope = tree, names
    return made


def compiled(tree, names):
    """Return the function that a syntax tree describes."""
    ast.fix_missing_locations(tree)
    if isinstance(tree, ast.Lambda):
        return eval(compile(ast.Expression(tree), "<form>", "eval"), names)
    scope = dict(names)
    exec(compile(ast.Module([tree], []), "<form>", "exec"), scope)
    return scope[tree.name]


def sides(claim):
    """Return the compiled sides of a chain of "==", or the whole claim."""
    tree = ast.parse(claim, mode="eval").body
    equations = isinstance(tree, ast.Compare) and all(
        isinstance(op, ast.Eq) for op in tree.ops
    )
    parts = [tree.left, *tree.comparators] if equations else [tree]
    return [compile(ast.Expression(part), claim, "eval") for part in parts]


def forms(right):
    """Return the altered forms of a right form: {what was altered: form}."""
    found, seen = {}, {canonical(right.tree)}
    for node in list(ast.walk(right.tree)):
        was = node.__class__, node.__dict__
        for kind, new in list(changes(node, right.tree)):
            how = kind
            if ":" not in kind:
                how += f": {shown(new)} for {shown(node)}"
            node.__class__, node.__dict__ = new.__class__, new.__dict__
            if (formula := canonical(right.tree)) not in seen:
                seen.add(formula)
                found[how] = compiled(right.tree, right.scope)
            node.__class__, node.__dict__ = was
    return found


def shown(node):
    """Return the code of a node, of a function only its result."""
    if isinstance(node, ast.Lambda):
        node = node.body
    return "`" + ast.unparse(node).replace("\n", "; ") + "`"


def canonical(node):
    """Return a formula as text that does not depend on the order of factors."""
    if isinstance(node, list):
        return str([canonical(item) for item in node])
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = [canonical(value) for name, value in ast.iter_fields(node)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        parts.sort()
    if isinstance(node, ast.Call) and ast.unparse(node.func) in COMMUTATIVE:
        parts = sorted(map(canonical, node.args))
    return f"{type(node).__name__}({', '.join(parts)})"


def changes(node, tree):
    """Yield (kind, altered node) for a node of a form's tree."""
    arguments = [a.arg for a in tree.args.args]
    if node is tree:
        yield from whole(tree, arguments)
    elif isinstance(node, ast.BinOp):
        yield from operation(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign flipped", node.operand
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose dropped", node.value
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield from index(node, tree)
    elif isinstance(node, ast.Call):
        yield from call(node)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPPOSITE:
        new = deepcopy(node)
        new.ops[0] = OPPOSITE[type(node.ops[0])]()
        yield "sign flipped", new
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield "factor lost", value
    elif isinstance(node, ast.IfExp):
        yield "factor lost", node.body
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "number changed", ast.Constant(node.value + 1)
    elif isinstance(node, ast.Name) and node.id in arguments:
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        for other in arguments:
            if other not in used:
                yield "names exchanged", ast.Name(other, ast.Load())


def whole(tree, arguments):
    """Yield the opposite of the result, and exchanges of two arguments."""
    for result in results(tree):
        if not isinstance(result, ast.UnaryOp):
            new = deepcopy(tree)
            (at,) = [r for r in results(new) if ast.dump(r) == ast.dump(result)]
            minus = ast.UnaryOp(ast.USub(), deepcopy(at))
            at.__class__, at.__dict__ = ast.UnaryOp, minus.__dict__
            yield "sign flipped", new
    for i, one in enumerate(arguments):
        for other in arguments[i + 1 :]:
            new, swap = deepcopy(tree), {one: other, other: one}
            for node in ast.walk(new):
                if isinstance(node, ast.Name):
                    node.id = swap.get(node.id, node.id)
            yield f"names exchanged: `{one}` and `{other}`", new


def results(tree):
    """Return what a form returns: of lists and the like, their entries."""
    if isinstance(tree, ast.Lambda):
        open_ones = [tree.body]
    else:
        found = [n for n in ast.walk(tree) if isinstance(n, ast.Return)]
        open_ones = [n.value for n in found]
    done = []
    while open_ones:
        node = open_ones.pop()
        if isinstance(node, ast.Tuple | ast.List):
            open_ones += node.elts
        elif isinstance(node, ast.ListComp | ast.GeneratorExp):
            open_ones.append(node.elt)
        elif isinstance(node, ast.Dict):
            open_ones += node.values
        elif isinstance(node, ast.DictComp):
            open_ones.append(node.value)
        elif ast.dump(node) not in map(ast.dump, done):
            done.append(node)
    return done


def operation(node):
    """Yield alterations of a sum, a product, a quotient or a power."""
    if type(node.op) in OPPOSITE:
        opposite = OPPOSITE[type(node.op)]()
        yield "sign flipped", ast.BinOp(node.left, opposite, node.right)
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.MatMult):
        yield "factor lost", node.right
    if not isinstance(node.op, ast.FloorDiv | ast.Mod):
        yield "factor lost", node.left
    if isinstance(node.op, ast.MatMult) and isinstance(node.left, ast.Name):
        turned = ast.Attribute(node.left, "T", ast.Load())
        new = ast.BinOp(turned, node.op, node.right)
        yield "transpose dropped", new


def index(node, tree):
    """Yield alterations of an index, or of several."""
    several = isinstance(node.slice, ast.Tuple)
    places = node.slice.elts if several else [node.slice]
    if not several and " " in str(getattr(node.slice, "value", "")):
        shorter = ast.Constant(node.slice.value.rpartition(" ")[0])
        yield "factor lost", ast.Subscript(node.value, shorter, ast.Load())
    letters = sorted({i for s in subscripts(tree) for i in s})
    for at, old in enumerate(places):
        new = []
        if isinstance(old, ast.Name):
            new = [ast.BinOp(old, ast.Sub(), ast.Constant(1))]
            new += [ast.Name(i, ast.Load()) for i in letters if i != old.id]
        for value in new:
            copy = deepcopy(node)
            if several:
                copy.slice.elts[at] = value
            else:
                copy.slice = value
            yield "index shifted", copy
    if several and len(places) == 2:
        copy = deepcopy(node)
        copy.slice.elts.reverse()
        yield "transpose dropped", copy


def subscripts(tree):
    """Yield the letters of each index in a form."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            several = isinstance(node.slice, ast.Tuple)
            places = node.slice.elts if several else [node.slice]
            yield [place.id for place in places if isinstance(place, ast.Name)]


def call(node):
    """Yield alterations of a call: of a sum's range, of a function lost."""
    name = ast.unparse(node.func)
    args = node.args
    if name == "range":
        first = args[0] if len(args) == 2 else ast.Constant(0)
        one = ast.Constant(1)
        late = [ast.BinOp(first, ast.Add(), one), args[-1]]
        early = [first, ast.BinOp(args[-1], ast.Sub(), one)]
        for bounds in (late, early):
            yield "index shifted", ast.Call(node.func, bounds, [])
    elif name == "np.einsum":
        inputs, _, output = args[0].value.partition("->")
        new = deepcopy(node)
        new.args[0] = ast.Constant(f"{inputs}->{output[::-1]}")
        yield "transpose dropped", new
        for old, letter in zip("ij", "ji"):
            if old in inputs.partition(",")[0]:
                first, comma, rest = inputs.partition(",")
                first = first.replace(old, letter)
                new = deepcopy(node)
                new.args[0] = ast.Constant(f"{first}{comma}{rest}->{output}")
                yield "index shifted", new
    elif len(args) == 2 and not isinstance(args[1], ast.Starred):
        swapped = ast.Call(node.func, args[::-1], node.keywords)
        yield "transpose dropped", swapped
    elif len(args) == 1 and name not in KEPT:
        if not isinstance(args[0], ast.GeneratorExp | ast.Starred):
            yield "factor lost", args[0]
        if name == "np.sum":
            mean = ast.Attribute(node.func.value, "mean", ast.Load())
            yield "factor lost", ast.Call(mean, args, node.keywords)
