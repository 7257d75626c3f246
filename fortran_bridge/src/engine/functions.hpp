// Functions of single numbers, by polynomials of ours: the same operations, and so the
// same bits, on every processor. tests/cpp/engine/test_kernels_target.cpp holds their
// error bounds. Polynomials are Chebyshev approximations, found with 40 digits.
//
// exp, tanh and sigmoid have a form in float32; the other functions of float32 are
// those of float64, rounded.
#pragma once

#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

// Coefficients from the constant one on.
template <typename T, std::size_t n>
inline Vector<T> polynomial(Vector<T> x, const T (&coefficients)[n]) {
    Vector<T> y = broadcast(coefficients[n - 1]);
    for (std::size_t i = n - 1; i-- > 0;) {
        y = fma(y, x, broadcast(coefficients[i]));
    }
    return y;
}

template <typename T> struct Format;
template <> struct Format<float> {
    static constexpr std::int32_t fraction_bits = 23;
    static constexpr std::int32_t bias = 127;
    static constexpr float to_nearest = 0x1.8p23F; // added, it rounds to integers
    static constexpr float no_fraction = 0x1p23F;  // from there on
    static constexpr float log2_e = 0x1.715476p+0F;
    static constexpr float ln2_high = 0x1.62ep-1F;
    static constexpr float ln2_low = 0x1.0bfbe8p-15F;
    static constexpr float least_exponent = -104.0F; // exp of less is 0
    static constexpr float largest_exponent = 89.0F;
    static constexpr float tanh_is_one = 10.0F;
    static constexpr float smallest_normal = 0x1p-126F;
    // (exp(r) - 1 - r) / r^2, to 7e-8
    static constexpr float exp_rest[] = {0x1p-1F, 0x1.5554d8p-3F, 0x1.555516p-5F,
                                         0x1.12106cp-7F, 0x1.6d1606p-10F};
};
template <> struct Format<double> {
    static constexpr std::int64_t fraction_bits = 52;
    static constexpr std::int64_t bias = 1023;
    static constexpr double to_nearest = 0x1.8p52;
    static constexpr double no_fraction = 0x1p52;
    static constexpr double log2_e = 0x1.71547652b82fep+0;
    static constexpr double ln2_high = 0x1.62e42feep-1;
    static constexpr double ln2_low = 0x1.a39ef35793c76p-33;
    static constexpr double least_exponent = -746.0;
    static constexpr double largest_exponent = 710.0;
    static constexpr double tanh_is_one = 20.0;
    static constexpr double smallest_normal = 0x1p-1022;
    // to 1.2e-16
    static constexpr double exp_rest[] = {
        0x1p-1,
        0x1.5555555555556p-3,
        0x1.5555555553b6cp-5,
        0x1.1111111110918p-7,
        0x1.6c16c1794e1dcp-10,
        0x1.a01a01a83ba17p-13,
        0x1.a019b621f9d08p-16,
        0x1.71de0be2b5e96p-19,
        0x1.2894f52583578p-22,
        0x1.af3ce42b12b24p-26,
    };
};

template <typename T> inline Vector<T> magnitude(Vector<T> x) {
    return bits_as<Vector<T>>(bits_as<Wholes<T>>(x) &
                              ~bits_as<Wholes<T>>(broadcast(T(-0.0))));
}

template <typename T> inline Vector<T> with_sign_of(Vector<T> size, Vector<T> sign) {
    const Wholes<T> mask = bits_as<Wholes<T>>(broadcast(T(-0.0)));
    return bits_as<Vector<T>>((bits_as<Wholes<T>>(size) & ~mask) |
                              (bits_as<Wholes<T>>(sign) & mask));
}

// Of a whole number that to_nearest was added to.
template <typename T> inline Wholes<T> whole(Vector<T> shifted) {
    return bits_as<Wholes<T>>(shifted) -
           bits_as<Wholes<T>>(broadcast(Format<T>::to_nearest));
}

// 2^n, of normal numbers.
template <typename T> inline Vector<T> power_of_two(Wholes<T> n) {
    return bits_as<Vector<T>>((n + Format<T>::bias) << Format<T>::fraction_bits);
}

template <typename T> inline Vector<T> truncated(Vector<T> x) {
    const Vector<T> size = magnitude<T>(x);
    const Vector<T> big = broadcast(Format<T>::no_fraction);
    Vector<T> rounded = (size + big) - big;
    rounded = rounded > size ? rounded - T(1) : rounded;
    return size < big ? with_sign_of<T>(rounded, x) : x; // NaN, infinity
}

template <typename T> inline Vector<T> floored(Vector<T> x) {
    const Vector<T> t = truncated<T>(x);
    return t > x ? t - T(1) : t;
}

template <typename T> inline Vector<T> minimum(Vector<T> a, Vector<T> b) {
    // Where they are equal, one may be -0.
    const Vector<T> equal =
        bits_as<Vector<T>>(bits_as<Wholes<T>>(a) | bits_as<Wholes<T>>(b));
    const Vector<T> y = a < b ? a : (b < a ? b : equal);
    return a != a ? a : (b != b ? b : y);
}

template <typename T> inline Vector<T> maximum(Vector<T> a, Vector<T> b) {
    const Vector<T> equal =
        bits_as<Vector<T>>(bits_as<Wholes<T>>(a) & bits_as<Wholes<T>>(b));
    const Vector<T> y = a > b ? a : (b > a ? b : equal);
    return a != a ? a : (b != b ? b : y);
}

// exp(high + low) = 2^n (1 + rest)
template <typename T> struct ExpParts {
    Wholes<T> n;
    Vector<T> rest;
};

template <typename T> inline ExpParts<T> exp_parts(Vector<T> high, Vector<T> low) {
    using F = Format<T>;
    const Vector<T> shifted = fma(high, broadcast(F::log2_e), broadcast(F::to_nearest));
    const Vector<T> n = shifted - F::to_nearest;
    Vector<T> r = fma(n, broadcast(-F::ln2_high), high);
    r = fma(n, broadcast(-F::ln2_low), r) + low;
    return {whole<T>(shifted), fma(r * r, polynomial<T>(r, F::exp_rest), r)};
}

template <typename T> inline Vector<T> exp_of(Vector<T> high, Vector<T> low) {
    using F = Format<T>;
    high = high < F::least_exponent ? broadcast(F::least_exponent) : high;
    high = high > F::largest_exponent ? broadcast(F::largest_exponent) : high;
    const ExpParts<T> parts = exp_parts<T>(high, low);
    // In two steps, since 2^n may be no normal number.
    const Wholes<T> half = parts.n >> 1;
    const Vector<T> scale = power_of_two<T>(half);
    const Vector<T> y = fma(parts.rest, scale, scale) * power_of_two<T>(parts.n - half);
    return high != high ? high : y;
}

template <typename T> inline Vector<T> exp(Vector<T> x) {
    return exp_of<T>(x, Vector<T>{});
}

template <typename T> inline Vector<T> sigmoid(Vector<T> x) {
    const Vector<T> e = exp<T>(-magnitude<T>(x));
    return (x < T(0) ? e : broadcast(T(1))) / (T(1) + e);
}

// e / (e + 2) with e = exp(2 |x|) - 1.
template <typename T> inline Vector<T> tanh(Vector<T> x) {
    const Vector<T> size = magnitude<T>(x);
    const Vector<T> one_from = broadcast(Format<T>::tanh_is_one);
    const Vector<T> bounded = size < one_from ? size : one_from;
    const ExpParts<T> parts = exp_parts<T>(bounded + bounded, Vector<T>{});
    const Vector<T> scale = power_of_two<T>(parts.n);
    const Vector<T> e = fma(parts.rest, scale, scale - T(1));
    return x != x ? x : with_sign_of<T>(e / (e + T(2)), x);
}

// x = 2^n m, m from sqrt(1/2) to sqrt(2), of positive finite numbers.
struct Split {
    Doubles n;
    Doubles m;
};

inline Split split(Doubles x) {
    const auto subnormal = x < Format<double>::smallest_normal;
    x = subnormal ? x * 0x1p54 : x;
    const Longs bits = bits_as<Longs>(x);
    // So that the exponent changes at sqrt(1/2) instead of 1.
    const Longs shifted = bits + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
    const Longs exponent = (shifted >> 52) & 0x7ff;
    const Doubles m = bits_as<Doubles>(bits - ((exponent - 1023) << 52));
    // A whole number below 2^52, as double: there is no instruction for it in AVX2.
    Doubles n = bits_as<Doubles>(exponent | 0x4330000000000000) - 0x1p52;
    n = n - 1023.0;
    return {subnormal ? n - 54.0 : n, m};
}

// Of a number between 0 and infinity, as a sum of two.
struct TwoDoubles {
    Doubles high;
    Doubles low;
};

inline TwoDoubles log_parts(Doubles x) {
    // (log((1+s)/(1-s)) - 2s) / s^3 in s^2, to 3e-18
    static constexpr double rest[] = {0x1.5555555555555p-1, 0x1.9999999999a5p-2,
                                      0x1.24924924733f3p-2, 0x1.c71c720793d58p-3,
                                      0x1.745cf67195106p-3, 0x1.3b1cbff6601c4p-3,
                                      0x1.0fb03ad29c301p-3, 0x1.0c983ef1db931p-3};
    using F = Format<double>;
    const Split parts = split(x);
    const Doubles f = parts.m - 1.0;
    const Doubles g = f + 2.0;
    const Doubles g_low = f - (g - 2.0);
    const Doubles s = f / g;
    // What s lacks of f / (f + 2).
    const Doubles s_low = (fma(-s, g, f) - s * g_low) / g;
    const Doubles z = s * s;
    const Doubles tail = fma(s * z, polynomial<double>(z, rest), s_low + s_low);
    const Doubles whole_part = parts.n * F::ln2_high; // exact
    const Doubles main = s + s;
    const Doubles high = whole_part + main;
    const Doubles lost = parts.n == 0.0 ? Doubles{} : main - (high - whole_part);
    const Doubles low = fma(parts.n, broadcast(F::ln2_low), tail) + lost;
    const Doubles sum = high + low;
    return {sum, low - (sum - high)};
}

inline Doubles log(Doubles x) {
    const Doubles infinity = broadcast(__builtin_inf());
    Doubles y = log_parts(x).high;
    y = x < infinity ? y : x; // NaN too
    y = x == 0.0 ? -infinity : y;
    return x < 0.0 ? broadcast(__builtin_nan("")) : y;
}

// x - n pi/2, with 0 <= |x| < 2^20 pi/2, as a sum; n modulo 4.
struct Reduced {
    Doubles high;
    Doubles low;
    Longs quarter;
};

inline Reduced reduced(Doubles x) {
    const Doubles shifted =
        fma(x, broadcast(0x1.45f306dc9c883p-1), broadcast(Format<double>::to_nearest));
    const Doubles n = shifted - Format<double>::to_nearest;
    const Doubles first = x - n * 0x1.921fb544p+0; // exact: 33 bits by 20
    const Doubles second = n * 0x1.0b4611a6p-34;   // exact
    const Doubles high = first - second;
    const Doubles part = first - high; // of which `second` was rounded off
    const Doubles lost = (first - (high + part)) + (part - second);
    const Doubles low = fma(n, broadcast(-0x1.3198a2e037073p-69), lost);
    const Doubles sum = high + low;
    return {sum, low - (sum - high), whole<double>(shifted) & 3};
}

// Numbers beyond give NaN: they are no angles.
inline Doubles sine_of(Doubles x, std::int64_t quarters) {
    static constexpr double sine[] = {-0x1.5555555555555p-3,  0x1.111111111111p-7,
                                      -0x1.a01a01a01988p-13,  0x1.71de3a544a6cep-19,
                                      -0x1.ae6453ecab5c4p-26, 0x1.612161267019ep-33,
                                      -0x1.ab066192d3e8fp-41};
    static constexpr double cosine[] = {0x1.5555555555555p-5,  -0x1.6c16c16c16c16p-10,
                                        0x1.a01a01a019cb8p-16, -0x1.27e4fb7708fb2p-22,
                                        0x1.1eed8ddaa539p-29,  -0x1.93949f74df9adp-37,
                                        0x1.ab68d5c08a457p-45};
    const Reduced r = reduced(x);
    const Doubles z = r.high * r.high;
    const Doubles half = z * 0.5;
    const Doubles s =
        r.high + fma(r.high * z, polynomial<double>(z, sine), r.low * (1.0 - half));
    const Doubles c0 = 1.0 - half;
    const Doubles c = c0 + (((1.0 - c0) - half) +
                            fma(z * z, polynomial<double>(z, cosine), -r.high * r.low));
    const Longs quarter = (r.quarter + quarters) & 3;
    const Doubles size = (quarter & 1) == 0 ? s : c;
    const Doubles y = quarter > 1 ? -size : size;
    return magnitude<double>(x) < 0x1.9p20 ? y : broadcast(__builtin_nan(""));
}

// The sine of -0 is -0.
inline Doubles sin(Doubles x) { return x == 0.0 ? x : sine_of(x, 0); }
inline Doubles cos(Doubles x) { return sine_of(x, 1); }

inline Doubles cbrt(Doubles x) {
    // On 1 to 8, to 4e-3.
    static constexpr double guess[] = {0x1.4ecb7ee28e2bbp-1, 0x1.a612e6bf7887cp-2,
                                       -0x1.166aa5a8ad33cp-4, 0x1.ca0ace5bab84ep-8,
                                       -0x1.2e387317adddep-12};
    const Doubles size = magnitude<double>(x);
    const Split parts = split(size);
    // To exponents that are multiples of 3; m from sqrt(1/2) to 4 sqrt(2) < 8, doubled.
    const Doubles thirds = floored<double>((parts.n + 0.5) * 0x1.5555555555555p-2);
    const Doubles over = parts.n - thirds * 3.0; // 0, 1, 2
    const Doubles m =
        parts.m * (over == 0.0 ? broadcast(1.0)
                               : (over == 1.0 ? broadcast(2.0) : broadcast(4.0)));
    const auto below = m < 1.0;
    const Doubles m8 = below ? m * 8.0 : m;
    Doubles t = polynomial<double>(m8, guess);
    for (int i = 0; i < 2; ++i) { // Halley: digits are tripled
        const Doubles square = t * t;
        const Doubles cube = square * t;
        // t^3 - m to the last bit, since it is what corrects t
        const Doubles rest = fma(square, t, -m8) + fma(t, t, -square) * t;
        t = t - t * (rest / (cube + cube + m8));
    }
    const Doubles scale = power_of_two<double>(
        whole<double>((below ? thirds - 1.0 : thirds) + Format<double>::to_nearest));
    const Doubles y = with_sign_of<double>(t * scale, x);
    return size > 0.0 && size < __builtin_inf() ? y : x;
}

inline Doubles erf(Doubles x) {
    // erf(x)/x - 1 in x^2 on 0 to 1, to 2e-19
    static constexpr double small[] = {
        0x1.06eba8214db69p-3,   -0x1.812746b0379e6p-2,  0x1.ce2f21a042b3p-4,
        -0x1.b82ce31284ep-6,    0x1.565bcd0dbaa38p-8,   -0x1.c02db3dac435fp-11,
        0x1.f9a321d5b8e1ep-14,  -0x1.f4d1e3183f7aep-17, 0x1.b9df224ca4b97p-20,
        -0x1.5f1ecb6f0764cp-23, 0x1.f7b4bf3b13964p-27,  -0x1.389d4f2641625p-30,
        0x1.05ffd737fb32ep-34};
    // -log(1 - erf(x)) in (x - 3.5) / 2.5 on 1 to 6, to 3e-17
    static constexpr double large[] = {
        0x1.c3991652a25bp+3,    0x1.22a4dc1adc4d6p+4,   0x1.82b383473a63ep+2,
        0x1.4e712f2ed356bp-4,   -0x1.1794772e72a25p-5,  0x1.d75a5652ebf35p-7,
        -0x1.862e9606a8344p-8,  0x1.372a2152c73cp-9,    -0x1.d47dd0b141656p-11,
        0x1.42c5b1804b54cp-12,  -0x1.7d44511ba256ep-14, 0x1.35f2b73ce099cp-16,
        0x1.8cdaa509688f6p-20,  -0x1.3260d3aa2219dp-18, 0x1.cafa2e49aade2p-19,
        -0x1.0195602e5eeafp-19, 0x1.ecbd21e9a520ap-21,  -0x1.9ab8f0b7a744bp-22,
        0x1.14558d7d4312cp-23,  -0x1.e0756a286025bp-26, 0x1.a204861e71212p-29,
        0x1.0955b7ffc9d4p-30,   -0x1.4e0d5c1bc8d2fp-28, 0x1.65023bf75947cp-28,
        -0x1.2d044503519dfp-29, 0x1.64e404da71ecep-32};
    const Doubles size = magnitude<double>(x);
    const Doubles z = size * size;
    const Doubles near = fma(size, polynomial<double>(z, small), size);
    const Doubles bounded = size < 6.0 ? size : broadcast(6.0);
    const Doubles g = polynomial<double>((bounded - 3.5) * 0.4, large);
    const Doubles far = 1.0 - exp<double>(-g);
    const Doubles y = with_sign_of<double>(size < 1.0 ? near : far, x);
    return x != x ? x : y;
}

// As C has it, infinities and zeros too.
inline Doubles pow(Doubles x, Doubles y) {
    const Doubles infinity = broadcast(__builtin_inf());
    const Doubles one = broadcast(1.0);
    const Doubles size = magnitude<double>(x);
    const Doubles y_size = magnitude<double>(y);
    const TwoDoubles logarithm = log_parts(size);
    // Beyond that, every power but that of 1 is 0 or infinite, and products are exact.
    const Doubles limit = broadcast(0x1p100);
    const Doubles bounded = with_sign_of<double>(y_size < limit ? y_size : limit, y);
    const Doubles high = bounded * logarithm.high;
    const Doubles low =
        fma(bounded, logarithm.low, fma(bounded, logarithm.high, -high));
    const Doubles too_large = broadcast(1000.0);
    const Doubles low_bounded = magnitude<double>(high) < too_large ? low : Doubles{};
    Doubles result = exp_of<double>(high, low_bounded);
    const Doubles grows = y < 0.0 ? Doubles{} : infinity; // a power of infinity
    result = size == infinity ? grows : result;
    result = size == 0.0 ? (y < 0.0 ? infinity : Doubles{}) : result;
    const Doubles half = y * 0.5;
    const auto is_whole = truncated<double>(y) == y;
    const auto is_odd =
        is_whole & (truncated<double>(half) != half) & (y_size < infinity);
    const auto is_negative = bits_as<Longs>(x) < 0;
    result = (is_negative & is_odd) != 0 ? -result : result;
    const auto is_bad = (x < 0.0) & (size < infinity) & ~is_whole;
    result = is_bad != 0 ? broadcast(__builtin_nan("")) : result;
    result = ((x == -1.0) & (y_size == infinity)) != 0 ? one : result;
    result = x != x ? x : (y != y ? y : result);
    return ((x == 1.0) | (y == 0.0)) != 0 ? one : result;
}

// A function of float64 for float32, rounded once more.
template <typename Function, typename... Arguments>
inline Floats widened(Function &&function, Arguments... arguments) {
    Floats result;
    for (std::size_t half = 0; half < 2; ++half) {
        const auto part = [half](Floats v) {
            HalfFloats its;
            __builtin_memcpy(&its,
                             reinterpret_cast<const char *>(&v) + half * sizeof its,
                             sizeof its);
            return __builtin_convertvector(its, Doubles);
        };
        const auto its =
            __builtin_convertvector(function(part(arguments)...), HalfFloats);
        __builtin_memcpy(reinterpret_cast<char *>(&result) + half * sizeof its, &its,
                         sizeof its);
    }
    return result;
}

} // namespace gwparam::GWPARAM_ENGINE
