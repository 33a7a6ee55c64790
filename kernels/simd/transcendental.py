"""exp, log and their like, as formulas of vectors of float32 or float64 (see ``lanes``).

The scheme is always the same: bring x into a short interval, where a polynomial of few terms is
exact to less than a rounding, and undo the reduction::

    exp     x = n*ln 2 + r,  |r| <= 0.35          exp(x) = 2**n * (1 + r + r*r*polynomial(r))
    log     x = 2**n * m,  m in [0.71, 1.41]      log(x) = n*ln 2 + 2*atanh((m - 1)/(m + 1))
    P       t = (a - 5)/(a + 5),  a = |x|         P(-a) = exp(-a*a/2) * polynomial(t)/(a + 5)

The coefficients minimise the largest relative error (Remez's algorithm); they differ from those of
the Taylor series in the last digits, and one or two terms fewer are needed.

Errors in both dtypes, in units in the last place of the result: exp, log 1.1; expm1, log1p 2; tanh,
sigmoid 3; the smaller of P(x) and P(-x) 8 (without fused multiply-add 100, far out).  Subnormal
numbers are numbers like others, NaN stays NaN, and infinities give the limits.

Sources: Tang, "Table-driven implementation of the exponential function" (1989), without the table;
Cody and Waite, "Software manual for the elementary functions" (1980), for ln 2 in two parts; the
log of Sun's fdlibm (1993).
"""

import math

from .lanes import Lanes, fma, polynomial, where

__all__ = ["exp", "expm1", "log", "log1p", "normal", "sigmoid", "tanh"]

# ln 2 in two parts, the first short enough that n times it is exact.
_LN2 = {
    True: (float.fromhex("0x1.62e4p-1"), float.fromhex("0x1.7f7d1cf79abcap-20")),
    False: (float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")),
}

# (e**r - 1 - r)/r**2, to 1.3e-8 and 1.8e-17
_EXP = {
    True: (0.5000000061877742, 0.16666542978279686, 0.04166628226900348, 0.008366585328629425,
           0.0013946433934732883),
    False: (0.5000000000000006, 0.16666666666666685, 0.04166666666657362, 0.008333333333314548,
            0.0013888888932380157, 0.00019841269903113438, 2.4801504443995925e-05,
            2.7557227889080416e-06, 2.762632735392609e-07, 2.5114491310876775e-08),
}  # fmt: skip

# (atanh(s)/s - 1)/s**2 as a polynomial in s**2: |s| <= 0.172, and |s| <= 1/3
_LOG = {
    True: (0.3333338835517559, 0.19988748147054253, 0.1493652858357048),
    False: (0.33333333333333676, 0.19999999999705567, 0.1428571437162757, 0.111110992383008,
            0.0909178485741284, 0.07656951863428862, 0.07398752163582562),
}  # fmt: skip
_LOG1P = {
    True: (0.33333337834654087, 0.1999943645523093, 0.14308517403576027, 0.10712926395921323,
           0.12154163709405208),
    False: (0.3333333333333315, 0.2000000000007938, 0.14285714273825068, 0.11111111991539406,
            0.09090871716434229, 0.07693285414071521, 0.06650412650763661, 0.06053648425055572,
            0.04167328820446902, 0.08514468028722103),
}  # fmt: skip

# (1 - P(a)) * exp(a*a/2) * (a + 5) as a polynomial in t: a <= 14.6, and a <= 38.9
_TAIL = {
    True: (0.7691930423421658, -0.6653824842568498, 0.4953064105227576, -0.3135338703344171,
           0.16500668851095987, -0.06911661897890496, 0.02087610347858435, -0.002959817360890684,
           -0.0009690508069710529, 0.0004060091923942483),
    False: (0.769193049750063, -0.6653825028900566, 0.49530561596997696, -0.3135331566713155,
            0.16502036617036273, -0.06911863870595952, 0.02079506680021889, -0.0029933767755964155,
            -0.0007978694012308681, 0.0005448991051731394, -5.937571284744009e-05,
            -4.976300747806446e-05, 1.6681150960960056e-05, 3.981485012507904e-06,
            -2.7690702605627755e-06, -3.3773601871809236e-07, 4.327089839656685e-07,
            4.361063496242051e-08, -6.533862027753548e-08, -1.0214930892457604e-08,
            7.188633595208583e-09, 2.0167759540292444e-09),
}  # fmt: skip


def _reduced(x: Lanes) -> tuple[Lanes, Lanes]:
    """The n and expm1(r) of x = n*ln 2 + r; x beyond the range of exp is the end of the range."""
    low, high = (-104.0, 89.0) if x.single else (-746.0, 710.0)
    x = x.at_least(low).at_most(high)
    n = (x * (1 / math.log(2))).function("rint")
    first, second = _LN2[x.single]
    r = fma(n, -second, fma(n, -first, x))
    return n, fma(r * r, polynomial(r, _EXP[x.single]), r)


def exp(x: Lanes) -> Lanes:
    """``e**x``."""
    n, p = _reduced(x)
    return (p + 1).scaled(n)


def expm1(x: Lanes) -> Lanes:
    """``e**x - 1``, with all its digits near 0."""
    n, p = _reduced(x)
    one = x.like(1).scaled(n)  # infinite only where the result is
    return where(n > (127 if x.single else 1023), (p + 1).scaled(n), fma(one, p, one - 1))


def log(x: Lanes) -> Lanes:
    """The natural logarithm; -inf at 0, NaN below."""
    tiny = 2.0**-126 if x.single else 2.0**-1022
    up = 24.0 if x.single else 54.0
    small = x < tiny
    n, m = where(small, x * 2.0**up, x).exponent_and_rest(math.sqrt(0.5))
    n = where(small, n - up, n)
    f = m - 1
    first, second = _LN2[x.single]
    bow, rest = _log_parts(f, _LOG)
    y = fma(n, first, f - (bow - fma(n, second, rest)))
    y = where(x <= 0, where(x < 0, math.nan, x.like(-math.inf)), y)
    return where(x < math.inf, y, x)


def log1p(x: Lanes) -> Lanes:
    """The natural logarithm of 1 + x, for x from 0 to 1."""
    bow, rest = _log_parts(x, _LOG1P)
    return x - (bow - rest)


def _log_parts(f: Lanes, table: dict[bool, tuple[float, ...]]) -> tuple[Lanes, Lanes]:
    """f*f/2 and what is added to ``f - f*f/2`` to make it log(1 + f)."""
    s = f / (f + 2)
    z = s * s
    bow = f * f * 0.5
    return bow, s * fma(z * 2, polynomial(z, table[f.single]), bow)


def sigmoid(x: Lanes) -> Lanes:
    """``1/(1 + e**-x)``, with all its digits where it is small."""
    e = exp(-x.abs())
    return where(x < 0, e, x.like(1)) / (e + 1)


def tanh(x: Lanes) -> Lanes:
    """The hyperbolic tangent: ``e/(e + 2)`` with e = expm1(2|x|), and the sign of x."""
    e = expm1((x.abs() * 2).at_most(40.0))
    return (e / (e + 2)).with_sign_of(x)


def normal(x: Lanes) -> tuple[Lanes, Lanes]:
    """The standard normal distribution P(x) and its density p(x)."""
    a = x.abs().at_most(15.0 if x.single else 39.0)  # beyond it both are 0 or 1
    square = a * a
    lost = fma(a, a, -square)  # the rounding of the square, which exp would magnify
    bell = exp(square * -0.5) * (1 - lost * 0.5)
    share = 1 / (a + 5)
    tail = bell * polynomial((a - 5) * share, _TAIL[x.single]) * share
    return where(x < 0, tail, 1 - tail), bell * (1 / math.sqrt(2 * math.pi))
