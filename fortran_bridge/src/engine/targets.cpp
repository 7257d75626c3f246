#include "engine/targets.hpp"

namespace gwparam {

// Of kernels_target.cpp and native/drag_target.cpp, compiled with the flags of each.
#define GWPARAM_DECLARE_TARGET(name)                                                   \
    namespace engine_##name {                                                          \
        extern const Kernels<float> kernels_float32;                                   \
        extern const Kernels<double> kernels_float64;                                  \
        extern const DragKernel drag_kernel;                                           \
    }

#if defined(GWPARAM_X86_TARGETS)
GWPARAM_DECLARE_TARGET(avx512)
GWPARAM_DECLARE_TARGET(avx2)
#endif
#if defined(GWPARAM_ARM_TARGETS)
GWPARAM_DECLARE_TARGET(neon)
#endif
GWPARAM_DECLARE_TARGET(portable)

namespace {

bool always() { return true; }

// Compiled with the flags of this file.
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
constexpr bool portable_lacks_fma = false;
#else
constexpr bool portable_lacks_fma = true;
#endif

#if defined(GWPARAM_X86_TARGETS)
bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

} // namespace

std::vector<Target> usable_targets() {
    const Target all[] = {
#if defined(GWPARAM_X86_TARGETS)
        {"avx512", has_avx512, false, &engine_avx512::kernels_float32,
         &engine_avx512::kernels_float64, &engine_avx512::drag_kernel},
        {"avx2", has_avx2, false, &engine_avx2::kernels_float32,
         &engine_avx2::kernels_float64, &engine_avx2::drag_kernel},
#endif
#if defined(GWPARAM_ARM_TARGETS)
        {"neon", always, false, &engine_neon::kernels_float32,
         &engine_neon::kernels_float64, &engine_neon::drag_kernel},
#endif
        {"portable", always, portable_lacks_fma, &engine_portable::kernels_float32,
         &engine_portable::kernels_float64, &engine_portable::drag_kernel},
    };
    std::vector<Target> usable;
    for (const Target &target : all) {
        if (target.is_supported()) {
            usable.push_back(target);
        }
    }
    return usable;
}

} // namespace gwparam
