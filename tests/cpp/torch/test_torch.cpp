// What surrounds libtorch: archives, errors, settings of the host, staging. The device
// of the staging is the CPU here; on a CUDA device the same code makes the same views.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/equal.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/csrc/jit/serialization/import.h>

#include "artefact/archive.hpp"
#include "artefact/backend.hpp"
#include "base/error.hpp"
#include "tap.h"
#include "torch/device.hpp"
#include "torch/errors.hpp"
#include "torch/graph.hpp"
#include "torch/precision.hpp"
#include "torch/staging.hpp"

namespace {

using namespace gwparam;

// The failure of a call, as "status message".
std::string failure_of(const std::function<void()> &call) {
    try {
        call();
    } catch (const Error &e) {
        return std::to_string(e.status()) + " " + e.what();
    }
    return "";
}

void test_archive_is_read_as_libtorch_reads_it(const std::string &folder) {
    const std::string path = folder + "/linear.pt";
    torch::jit::ExtraFilesMap extra{{contract_file, ""}, {probe_file, ""}};
    static_cast<void>(torch::jit::load(path, c10::kCPU, extra));
    Archive archive(path);
    for (const auto &[name, bytes] : extra) {
        ok(!bytes.empty() && archive.extra(name) == bytes, name.c_str());
    }
}

void test_devices() {
    ok(chosen_device("cpu").is_cpu(), "the CPU is there");
    ok(failure_of([] { chosen_device("tpu"); }) ==
           "-1 device is \"tpu\", expected auto, cpu, cuda or cuda:N",
       "an unknown device");
    ok(failure_of([] { chosen_device("cuda:x"); }).substr(0, 2) == "-1",
       "a device without a number");
    const std::string beyond = "cuda:" + std::to_string(cuda_device_count());
    ok(failure_of([&] { chosen_device(beyond); }) ==
           "-5 device is \"" + beyond + "\", expected one of " +
               std::to_string(cuda_device_count()) + " CUDA devices",
       "an absent device");
}

struct Failure {
    const char *name;
    std::string text;
    bool on_cuda;
    gwparam_status status;
    bool device_lost;
    const char *message;
};

void test_failures() {
    const std::string script =
        "The following operation failed in the TorchScript interpreter.\n"
        "Traceback of TorchScript (most recent call last):\n"
        "  File \"code/network.py\", line 3, in forward\n"
        "    return x @ y\n           ~ <--- HERE\nRuntimeError: ";
    const Failure failures[] = {
        {"the network's own, from a script", script + "mat1 and mat2 differ\n", true,
         GWPARAM_ERR_INFERENCE, false, "the network raised: mat1 and mat2 differ"},
        {"another's", "no script\nline 2", false, GWPARAM_ERR_INFERENCE, false,
         "the network raised: no script"},
        {"a device without memory",
         script + "CUDA out of memory. Tried to allocate 20.00 GiB.\n", true,
         GWPARAM_ERR_DEVICE, false, "CUDA out of memory. Tried to allocate 20.00 GiB."},
        {"the CPU without memory",
         script + "[enforce fail at alloc_cpu.cpp:130] err == 0. "
                  "DefaultCPUAllocator: can't allocate memory\n",
         false, GWPARAM_ERR_MEMORY, false,
         "[enforce fail at alloc_cpu.cpp:130] err == 0. "
         "DefaultCPUAllocator: can't allocate memory"},
        {"a lost device",
         script + "CUDA error: an illegal memory access was encountered\nCUDA kernel "
                  "errors might be reported later\n",
         true, GWPARAM_ERR_DEVICE, true,
         "the device failed: CUDA error: an illegal memory access was encountered"},
        {"a library of the device",
         script + "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `gemm`",
         true, GWPARAM_ERR_DEVICE, true,
         "the device failed: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling "
         "`gemm`"},
        {"an operation that the device lacks",
         script + "Could not run 'aten::x' with arguments from the 'CUDA' backend.",
         true, GWPARAM_ERR_INFERENCE, false,
         "the network raised: Could not run 'aten::x' with arguments from the 'CUDA' "
         "backend."},
    };
    for (const Failure &expected : failures) {
        const ForwardFailure found =
            forward_failure(std::runtime_error(expected.text), expected.on_cuda);
        ok(found.error.status() == expected.status &&
               found.device_lost == expected.device_lost &&
               std::strcmp(found.error.what(), expected.message) == 0,
           expected.name);
    }
    const torch::jit::JITException raised(script + "too windy\n", std::nullopt,
                                          "too windy");
    ok(std::strcmp(forward_failure(raised, false).error.what(),
                   "the network raised: too windy") == 0,
       "what a script raises by itself");
}

std::string tf32_setting() {
    auto &context = at::globalContext();
    return std::string(context.allowTF32CuBLAS() ? "on" : "off") + " " +
           (context.allowTF32CuDNN() ? "on" : "off");
}

bool is_set(at::Float32Precision precision) {
    const auto &context = at::globalContext();
    const auto cuda = at::Float32Backend::CUDA;
    return context.float32Precision(cuda, at::Float32Op::MATMUL) == precision &&
           context.float32Precision(cuda, at::Float32Op::CONV) == precision;
}

// The settings are there without a CUDA device, too.
void test_tf32() {
    const c10::Device cuda(c10::kCUDA, 0);
    for (const int precision : {GWPARAM_PRECISION_TF32, GWPARAM_PRECISION_BFLOAT16}) {
        const Tf32Guard guard(precision, cuda);
        const Tf32Guard another(precision, cuda);
        ok(is_set(precision == GWPARAM_PRECISION_TF32 ? at::Float32Precision::TF32
                                                      : at::Float32Precision::IEEE),
           "TF32 in products and convolutions, or in neither");
    }
    auto &context = at::globalContext();
    for (const bool products : {false, true}) {
        context.setAllowTF32CuBLAS(products);
        for (const bool convolutions : {false, true}) {
            context.setAllowTF32CuDNN(convolutions);
            const std::string before = tf32_setting();
            {
                const Tf32Guard guard(GWPARAM_PRECISION_TF32, cuda);
                const Tf32Guard another(GWPARAM_PRECISION_TF32, cuda);
            }
            ok(tf32_setting() == before, "the host's TF32 is back");
        }
    }
    context.setAllowTF32CuBLAS(false);
    context.setAllowTF32CuDNN(true);
    {
        const Tf32Guard guard(GWPARAM_PRECISION_EXPORTED, c10::kCPU);
        ok(tf32_setting() == "off on", "nothing changes for a network on the CPU");
    }
}

// Passes that need it and passes that must not have it, side by side.
void test_tf32_in_threads() {
    const c10::Device cuda(c10::kCUDA, 0);
    const std::string before = tf32_setting();
    std::atomic<int> wrong{0};
    std::atomic<int> together{0};
    std::atomic<int> most{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, tf32 = i % 2 == 0] {
            for (int pass = 0; pass < 300; ++pass) {
                const Tf32Guard guard(
                    tf32 ? GWPARAM_PRECISION_TF32 : GWPARAM_PRECISION_EXPORTED, cuda);
                most = std::max(most.load(), ++together);
                std::this_thread::yield();
                wrong += is_set(tf32 ? at::Float32Precision::TF32
                                     : at::Float32Precision::IEEE)
                             ? 0
                             : 1;
                --together;
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    printf("# at most %d passes side by side\n", most.load());
    ok(wrong == 0 && most > 0 && most <= 2, "each pass has its own setting to its end");
    ok(tf32_setting() == before, "and the host's is back");
}

void test_autocast() {
    namespace autocast = at::autocast;
    autocast::set_autocast_dtype(at::kCPU, at::kHalf);
    autocast::set_autocast_enabled(at::kCPU, true);
    {
        const AutocastGuard guard(GWPARAM_PRECISION_EXPORTED, c10::kCPU);
        ok(!autocast::is_autocast_enabled(at::kCPU), "the host's autocast is off");
    }
    ok(autocast::is_autocast_enabled(at::kCPU), "and on again");
    autocast::set_autocast_enabled(at::kCPU, false);
    {
        const AutocastGuard guard(GWPARAM_PRECISION_BFLOAT16, c10::kCPU);
        ok(autocast::is_autocast_enabled(at::kCPU) &&
               autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16,
           "bfloat16 is on");
    }
    ok(!autocast::is_autocast_enabled(at::kCPU) &&
           autocast::get_autocast_dtype(at::kCPU) == at::kHalf &&
           autocast::is_autocast_cache_enabled(),
       "the host's settings are back");
}

template <typename Byte, typename Value>
BatchField<Byte> field(std::vector<Value> &values, std::vector<std::int64_t> shape) {
    const Dtype dtype = sizeof(Value) == 4 ? Dtype::float32 : Dtype::float64;
    return {reinterpret_cast<Byte *>(values.data()), dtype, std::move(shape)};
}

// Fields of both types, none a multiple of the alignment.
void test_staging() {
    std::vector<float> first{1, 2, 3, 4, 5, 6};
    std::vector<double> second{7, 8, 9};
    std::vector<double> first_out(6);
    std::vector<float> second_out(3);
    const std::vector<BatchInput> inputs{field<const std::byte>(first, {2, 3}),
                                         field<const std::byte>(second, {3})};
    const std::vector<BatchOutput> outputs{field<std::byte>(first_out, {2, 3}),
                                           field<std::byte>(second_out, {3})};
    DeviceStaging staging(c10::kCPU, inputs, outputs);
    DeviceTraffic traffic;
    staging.send(inputs, traffic);
    ok(at::equal(staging.inputs()[0], tensor_on(inputs[0])) &&
           at::equal(staging.inputs()[1], tensor_on(inputs[1])),
       "inputs arrive");
    staging.outputs()[0].copy_(staging.inputs()[0] * 10);
    staging.outputs()[1].copy_(staging.inputs()[1] * 100);
    staging.receive(outputs, traffic);
    ok(first_out == std::vector<double>{10, 20, 30, 40, 50, 60} &&
           second_out == std::vector<float>{700, 800, 900},
       "outputs arrive");
    ok(traffic.to_device_bytes == 128 && traffic.to_host_bytes == 128,
       "what was copied is counted");
    std::vector<BatchInput> longer = inputs;
    longer[1].shape = {2};
    ok(staging.fits(inputs, outputs) && !staging.fits(longer, outputs) &&
           !staging.fits({inputs[1], inputs[0]}, outputs) &&
           !staging.fits({inputs[0]}, outputs),
       "it fits its own fields alone");
}

} // namespace

int main(int, char **arguments) {
    test_archive_is_read_as_libtorch_reads_it(arguments[1]);
    test_devices();
    test_failures();
    test_tf32();
    test_tf32_in_threads();
    test_autocast();
    test_staging();
    return done_testing();
}
