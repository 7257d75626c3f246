// The arithmetic of one forward pass, and the host's settings back at its end.
#pragma once

#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "artefact/backend.hpp"

namespace gwparam {

// Throws ERR_ARGUMENT for a precision that is none, or that the device lacks.
void check_precision(int precision, const c10::Device &device);

// Throws ERR_ARGUMENT for a network of float64 in another precision than its own.
void check_precision(int precision, const std::vector<BatchInput> &inputs);

// Automatic conversion to bfloat16, on or off; it is each thread's own.
class AutocastGuard {
  public:
    AutocastGuard(int precision, const c10::Device &device);
    ~AutocastGuard();
    AutocastGuard(const AutocastGuard &) = delete;
    AutocastGuard &operator=(const AutocastGuard &) = delete;

  private:
    c10::DeviceType device_;
    bool enabled_;
    bool cache_enabled_;
    c10::ScalarType dtype_;
};

// TF32 in products and convolutions, on or off: libtorch by itself uses it in
// convolutions. It is one setting for all threads of the process, so that threads which
// need it the other way wait until the last of those who have it is done. No thread may
// ask for it both ways at once.
class Tf32Guard {
  public:
    Tf32Guard(int precision, const c10::Device &device);
    ~Tf32Guard();
    Tf32Guard(const Tf32Guard &) = delete;
    Tf32Guard &operator=(const Tf32Guard &) = delete;

  private:
    bool is_set_;
};

} // namespace gwparam
