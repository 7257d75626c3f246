#include "torch/errors.hpp"

#include <algorithm>
#include <array>

#include <torch/csrc/jit/runtime/jit_exception.h>

namespace gwparam {

namespace {

// TorchScript rethrows what an operation threw as a std::runtime_error with the lines
// of the network that led to it; the class is lost, the text comes last.
constexpr const char *interpreter_failure =
    "The following operation failed in the TorchScript interpreter.";
constexpr const char *last_line = "\nRuntimeError: ";

// Of the allocator of the CPU.
constexpr std::array host_memory_texts{"can't allocate memory", "not enough memory"};

constexpr std::array device_memory_texts{
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
};

// Of the errors of libtorch that are not the network's fault. "CUDA" alone would do for
// an operation that the device merely lacks, too.
constexpr std::array cuda_failure_texts{
    "CUDA error",
    "CUDA driver error",
    "CUDA out of memory",
    "cuDNN error",
    "CUBLAS_",
    "CUDNN_STATUS",
    "CUDNN_BACKEND",
    "cuFFT error",
    "CUSOLVER_",
    "CUSPARSE_",
    "NVRTC",
    "NVML",
    "CUDA-capable",
};

std::string first_line(const std::string &text) {
    return text.substr(0, text.find('\n'));
}

std::string reason(const std::exception &e) {
    if (const auto *error = dynamic_cast<const c10::Error *>(&e)) {
        return gwparam::first_line(*error);
    }
    if (const auto *error = dynamic_cast<const torch::jit::JITException *>(&e)) {
        return first_line(error->getOriginalMsg().value_or(e.what()));
    }
    const std::string text = e.what();
    const std::size_t last = text.rfind(last_line);
    if (text.rfind(interpreter_failure, 0) != 0 || last == std::string::npos) {
        return first_line(text);
    }
    return first_line(text.substr(last + std::char_traits<char>::length(last_line)));
}

template <typename Texts> bool holds_any(const std::string &text, const Texts &texts) {
    return std::any_of(texts.begin(), texts.end(), [&text](const char *part) {
        return text.find(part) != std::string::npos;
    });
}

} // namespace

std::string first_line(const c10::Error &e) {
    return first_line(std::string(e.what_without_backtrace()));
}

ForwardFailure forward_failure(const std::exception &e, bool on_cuda) {
    const std::string text = reason(e);
    const bool no_memory = dynamic_cast<const c10::OutOfMemoryError *>(&e) != nullptr ||
                           holds_any(text, device_memory_texts);
    if (holds_any(text, host_memory_texts) || (no_memory && !on_cuda)) {
        return {Error(GWPARAM_ERR_MEMORY, text), false};
    }
    if (no_memory) {
        return {Error(GWPARAM_ERR_DEVICE, text), false};
    }
    if (on_cuda && holds_any(text, cuda_failure_texts)) {
        return {Error(GWPARAM_ERR_DEVICE, "the device failed: " + text), true};
    }
    return {Error(GWPARAM_ERR_INFERENCE, "the network raised: " + text), false};
}

} // namespace gwparam
