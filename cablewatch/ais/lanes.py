"""Bytes looked at 32 at a time: the few instructions that numba has no Python for.

Each function reads ``data[p:p + LANES]`` (u1) as one vector of the processor; the caller sees to it
that these bytes exist. They are plain LLVM, which every processor has an equivalent for.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 32
I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
BYTES, WORDS = ir.VectorType(I8, LANES), ir.VectorType(I64, LANES // 8)
NUMBERS = ir.Constant(BYTES, list(range(LANES)))


def vector(function: Callable[..., Any]) -> Callable[..., int]:
    """Make a function that gives a signature and emits its code callable from kernels."""
    made: Any = intrinsic(function)
    return made  # type: ignore[no-any-return]


_declare: Any = cgutils.get_or_insert_function


def _address(context: Any, builder: Any, array: Any, value: Any, index: Any) -> Any:
    start = context.make_array(array)(context, builder, value).data
    return builder.gep(start, [index])


def _bytes(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Load the vector that the first two arguments, data and p, name."""
    place = _address(context, builder, signature.args[0], args[0], args[1])
    vector = builder.load(builder.bitcast(place, BYTES.as_pointer()))
    vector.align = 1
    return vector


def _all(builder: Any, value: Any, vector: Any = BYTES) -> Any:
    """Repeat one number in every lane."""
    lane = builder.trunc(value, vector.element) if value.type != vector.element else value
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), lane, I32(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(I32, vector.count), None))


def _first(builder: Any, n: Any) -> Any:
    """All ones in the lanes before the n-th, zeros in the others."""
    return builder.sext(builder.icmp_unsigned("<", NUMBERS, _all(builder, n)), BYTES)


@vector
def among(_: Any, data: Any, p: Any, low: Any, high: Any) -> Any:
    """Mask of the bytes from `low` to `high` (unsigned), bit k for the k-th."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _bytes(context, builder, signature, args)
        low, high = _all(builder, args[2]), _all(builder, args[3])
        inside = builder.icmp_unsigned("<=", builder.sub(vector, low), builder.sub(high, low))
        return builder.zext(builder.bitcast(inside, ir.IntType(LANES)), I64)

    return types.int64(data, types.int64, types.int64, types.int64), emit


@vector
def lowest(_: Any, mask: Any) -> Any:
    """Number of the lowest bit that is set; 64 for an empty mask."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), emit


@vector
def xor_first(_: Any, data: Any, p: Any, n: Any) -> Any:
    """XOR of the first `n` bytes, at most LANES, spread over the bytes of the result."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kept = builder.and_(_bytes(context, builder, signature, args), _first(builder, args[2]))
        name = f"llvm.vector.reduce.xor.v{WORDS.count}i64"
        reduce = _declare(builder.module, ir.FunctionType(I64, [WORDS]), name)
        return builder.call(reduce, [builder.bitcast(kept, WORDS)])

    return types.int64(data, types.int64, types.int64), emit


@vector
def eight(_: Any, data: Any, p: Any) -> Any:
    """The eight bytes from p on, the first lowest."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, signature.args[0], args[0], args[1])
        word = builder.load(builder.bitcast(place, I64.as_pointer()))
        word.align = 1
        return word

    return types.int64(data, types.int64), emit


@vector
def store_sixes(_: Any, data: Any, p: Any, n: Any, words: Any, k: Any) -> Any:
    """Write the first `n` characters of armour to ``words[k:k + 4]``, eight in 48 bits.

    The characters are valid; those from the n-th on count as zeros. The first stands highest.
    """

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = _bytes(context, builder, signature, args)
        large = builder.icmp_unsigned(">=", vector, BYTES([96] * LANES))
        zero = builder.select(large, BYTES([56] * LANES), BYTES([48] * LANES))
        sixes = builder.and_(builder.sub(vector, zero), _first(builder, args[2]))
        joined = _joined(builder, builder.bitcast(sixes, WORDS))
        place = _address(context, builder, signature.args[3], args[3], args[4])
        builder.store(joined, builder.bitcast(place, WORDS.as_pointer())).align = 8
        return context.get_dummy_value()

    return types.void(data, types.int64, types.int64, words, types.int64), emit


def _joined(builder: Any, sixes: Any) -> Any:
    """Eight values of six bits, one a byte and the first lowest, as 48 bits, the first highest."""
    for width, mask in ((6, 0x003F_003F_003F_003F), (12, 0x0000_0FFF_0000_0FFF), (24, 0xFF_FFFF)):
        size = {6: 8, 12: 16, 24: 32}[width]
        low = builder.and_(sixes, WORDS([mask] * WORDS.count))
        high = builder.lshr(sixes, WORDS([size] * WORDS.count))
        high = builder.and_(high, WORDS([mask] * WORDS.count))
        sixes = builder.or_(builder.shl(low, WORDS([width] * WORDS.count)), high)
    return sixes
