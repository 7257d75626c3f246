// Which kernels this processor can run.
#include <string>

#include "engine/targets.hpp"
#include "tap.h"

int main() {
    const std::vector<gwparam::Target> targets = gwparam::usable_targets();
    ok(std::string(targets.back().name) == "portable", "the portable one is the last");
#if defined(__x86_64__)
    bool portable_alone_is_slow = true;
    for (const gwparam::Target &target : targets) {
        portable_alone_is_slow =
            portable_alone_is_slow &&
            target.lacks_fma == (std::string(target.name) == "portable");
    }
    ok(portable_alone_is_slow, "the portable one knows no fused multiply-add");
#endif
    bool are_whole = true;
    for (const gwparam::Target &target : targets) {
        printf("# %s\n", target.name);
        float x[16] = {4.0F};
        double z[16] = {9.0};
        gwparam::kernels_of<float>(target).apply(gwparam::Operation::sqrt, x, x,
                                                 nullptr, nullptr, 1);
        gwparam::kernels_of<double>(target).apply(gwparam::Operation::sqrt, z, z,
                                                  nullptr, nullptr, 1);
        are_whole = are_whole && target.is_supported() && x[0] == 2.0F && z[0] == 3.0;
    }
    ok(are_whole, "each computes");
#if defined(__x86_64__)
    const bool has_avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    ok((targets.size() > 1) == has_avx2, "AVX2 where the processor has it");
#endif
    return done_testing();
}
