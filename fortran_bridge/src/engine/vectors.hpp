// Vectors of the target's width, as the compilers' extension has them.
//
// Everything is in a namespace of the target: the linker must not take the code of one
// for another. For the same reason nothing of the standard library is used but
// builtins.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(GWPARAM_ENGINE_AVX512) || defined(GWPARAM_ENGINE_AVX2)
#include <immintrin.h>
#elif defined(GWPARAM_ENGINE_NEON)
#include <arm_neon.h>
#endif

#if defined(GWPARAM_ENGINE_AVX512)
#define GWPARAM_ENGINE engine_avx512
#define GWPARAM_ENGINE_BYTES 64
#elif defined(GWPARAM_ENGINE_AVX2)
#define GWPARAM_ENGINE engine_avx2
#define GWPARAM_ENGINE_BYTES 32
#elif defined(GWPARAM_ENGINE_NEON)
#define GWPARAM_ENGINE engine_neon
#define GWPARAM_ENGINE_BYTES 16
#else
#define GWPARAM_ENGINE engine_portable
#define GWPARAM_ENGINE_BYTES 16
#endif

namespace gwparam::GWPARAM_ENGINE {

using Floats = float __attribute__((vector_size(GWPARAM_ENGINE_BYTES)));
using Doubles = double __attribute__((vector_size(GWPARAM_ENGINE_BYTES)));
using Ints = std::int32_t __attribute__((vector_size(GWPARAM_ENGINE_BYTES)));
using Longs = std::int64_t __attribute__((vector_size(GWPARAM_ENGINE_BYTES)));
using HalfFloats = float __attribute__((vector_size(GWPARAM_ENGINE_BYTES / 2)));

template <typename T> struct VectorOf;
template <> struct VectorOf<float> {
    using Vector = Floats;
    using Whole = std::int32_t;
    using Wholes = Ints;
};
template <> struct VectorOf<double> {
    using Vector = Doubles;
    using Whole = std::int64_t;
    using Wholes = Longs;
};
template <typename T> using Vector = typename VectorOf<T>::Vector;
template <typename T> using Wholes = typename VectorOf<T>::Wholes;

template <typename T>
constexpr std::int64_t lanes_of = GWPARAM_ENGINE_BYTES / sizeof(T);

// Arrays need not be aligned.
template <typename T> inline Vector<T> load(const T *from) {
    Vector<T> v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}
template <typename T> inline void store(T *to, Vector<T> v) {
    __builtin_memcpy(to, &v, sizeof v);
}
template <typename T> inline void store_some(T *to, Vector<T> v, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        to[i] = v[i];
    }
}

// x - 0 is x for all x, -0 too.
template <typename T> inline Vector<T> broadcast(T x) { return x - Vector<T>{}; }

template <typename To, typename From> inline To bits_as(From v) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    __builtin_memcpy(&to, &v, sizeof to);
    return to;
}

// Whether a lane of a comparison is true.
#if defined(GWPARAM_ENGINE_AVX512)
template <typename V> inline bool any(V truth) {
    const auto bits = bits_as<__m512i>(truth);
    return _mm512_test_epi64_mask(bits, bits) != 0;
}
#elif defined(GWPARAM_ENGINE_AVX2)
template <typename V> inline bool any(V truth) {
    const auto bits = bits_as<__m256i>(truth);
    return _mm256_testz_si256(bits, bits) == 0;
}
#else
template <typename V> inline bool any(V truth) {
    const auto bits = bits_as<Longs>(truth);
    return (bits[0] | bits[1]) != 0;
}
#endif

// Four numbers, on every target.
using Four = float __attribute__((vector_size(16)));

// The numbers of those places of both, one after the other.
template <int a, int b, int c, int d> inline Four shuffled(Four x, Four y) {
#if __has_builtin(__builtin_shufflevector)
    return __builtin_shufflevector(x, y, a, b, c, d);
#else // gcc 11
    using Places = std::int32_t __attribute__((vector_size(16)));
    return __builtin_shuffle(x, y, Places{a, b, c, d});
#endif
}

#if defined(GWPARAM_ENGINE_AVX512) || defined(GWPARAM_ENGINE_AVX2)
inline Four fma(Four a, Four b, Four c) { return _mm_fmadd_ps(a, b, c); }
#endif

// a b + c with one rounding, and the square root.
#if defined(GWPARAM_ENGINE_AVX512)
inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Doubles fma(Doubles a, Doubles b, Doubles c) { return _mm512_fmadd_pd(a, b, c); }
inline Floats sqrt(Floats a) { return _mm512_sqrt_ps(a); }
inline Doubles sqrt(Doubles a) { return _mm512_sqrt_pd(a); }
#elif defined(GWPARAM_ENGINE_AVX2)
inline Floats fma(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Doubles fma(Doubles a, Doubles b, Doubles c) { return _mm256_fmadd_pd(a, b, c); }
inline Floats sqrt(Floats a) { return _mm256_sqrt_ps(a); }
inline Doubles sqrt(Doubles a) { return _mm256_sqrt_pd(a); }
#elif defined(GWPARAM_ENGINE_NEON)
inline Floats fma(Floats a, Floats b, Floats c) {
    return (Floats)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
inline Doubles fma(Doubles a, Doubles b, Doubles c) {
    return (Doubles)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
inline Floats sqrt(Floats a) { return (Floats)vsqrtq_f32((float32x4_t)a); }
inline Doubles sqrt(Doubles a) { return (Doubles)vsqrtq_f64((float64x2_t)a); }
#else
inline Floats fma(Floats a, Floats b, Floats c) {
    Floats y;
    for (std::int64_t i = 0; i < lanes_of<float>; ++i) {
        y[i] = __builtin_fmaf(a[i], b[i], c[i]);
    }
    return y;
}
inline Doubles fma(Doubles a, Doubles b, Doubles c) {
    Doubles y;
    for (std::int64_t i = 0; i < lanes_of<double>; ++i) {
        y[i] = __builtin_fma(a[i], b[i], c[i]);
    }
    return y;
}
inline Floats sqrt(Floats a) {
    Floats y;
    for (std::int64_t i = 0; i < lanes_of<float>; ++i) {
        y[i] = __builtin_sqrtf(a[i]);
    }
    return y;
}
inline Doubles sqrt(Doubles a) {
    Doubles y;
    for (std::int64_t i = 0; i < lanes_of<double>; ++i) {
        y[i] = __builtin_sqrt(a[i]);
    }
    return y;
}
#endif

} // namespace gwparam::GWPARAM_ENGINE
