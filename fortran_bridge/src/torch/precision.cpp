#include "torch/precision.hpp"

#include <string>

#include <ATen/autocast_mode.h>

#include "base/error.hpp"

namespace gwparam {

namespace {

const char *name_of(int precision) {
    return precision == GWPARAM_PRECISION_TF32 ? "tf32" : "bfloat16";
}

} // namespace

void check_precision(int precision, const c10::Device &device) {
    if (precision < GWPARAM_PRECISION_EXPORTED ||
        precision > GWPARAM_PRECISION_BFLOAT16) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "precision is " + std::to_string(precision) + ", expected 0 to 2");
    }
    if (precision == GWPARAM_PRECISION_TF32 && !device.is_cuda()) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "precision is tf32, which needs a CUDA device, and the device is " +
                        device.str());
    }
}

void check_precision(int precision, const std::vector<BatchInput> &inputs) {
    if (precision == GWPARAM_PRECISION_EXPORTED) {
        return;
    }
    for (const BatchInput &input : inputs) {
        if (input.dtype == Dtype::float64) {
            throw Error(GWPARAM_ERR_ARGUMENT,
                        std::string("precision is ") + name_of(precision) +
                            ", which needs a network of float32, and this one is of "
                            "float64");
        }
    }
}

AutocastGuard::AutocastGuard(int precision, const c10::Device &device)
    : device_(device.type()), enabled_(at::autocast::is_autocast_enabled(device_)),
      cache_enabled_(at::autocast::is_autocast_cache_enabled()),
      dtype_(at::autocast::get_autocast_dtype(device_)) {
    at::autocast::set_autocast_enabled(device_,
                                       precision == GWPARAM_PRECISION_BFLOAT16);
    at::autocast::set_autocast_dtype(device_, c10::kBFloat16);
    // A weight cached here would outlive its call in the host's own scope.
    at::autocast::set_autocast_cache_enabled(false);
}

AutocastGuard::~AutocastGuard() {
    at::autocast::set_autocast_enabled(device_, enabled_);
    at::autocast::set_autocast_dtype(device_, dtype_);
    at::autocast::set_autocast_cache_enabled(cache_enabled_);
}

} // namespace gwparam
