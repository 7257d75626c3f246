// The only translation unit that includes libtorch.
#include "backend.hpp"

#include <array>
#include <cstring>
#include <fstream>

#include <ATen/Parallel.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include "error.hpp"

// Weak, because only a host or a libtorch with OpenMP brings them.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace gwparam {

namespace {

constexpr const char *contract_file = "gwparam_contract.json";
constexpr const char *probe_file = "gwparam_probe.bin";

// Sets the number of threads for the scope. Asking libtorch for its number may already
// change the setting of OpenMP, which is the host's too, so that one is saved first.
class ThreadsGuard {
  public:
    explicit ThreadsGuard(int threads)
        : openmp_threads_(omp_get_max_threads != nullptr ? omp_get_max_threads() : 0),
          torch_threads_(at::get_num_threads()) {
        at::set_num_threads(threads);
    }
    ~ThreadsGuard() {
        at::set_num_threads(torch_threads_);
        if (omp_set_num_threads != nullptr && openmp_threads_ > 0) {
            omp_set_num_threads(openmp_threads_);
        }
    }
    ThreadsGuard(const ThreadsGuard &) = delete;
    ThreadsGuard &operator=(const ThreadsGuard &) = delete;

  private:
    int openmp_threads_;
    int torch_threads_;
};

// The first line: what follows is a backtrace.
std::string first_line(const c10::Error &e) {
    const std::string text = e.what_without_backtrace();
    return text.substr(0, text.find('\n'));
}

void check_is_archive(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Error(GWPARAM_ERR_FILE,
                    "cannot open " + path + ": " + std::strerror(errno));
    }
    constexpr std::array<char, 4> zip_magic{'P', 'K', '\x03', '\x04'};
    std::array<char, 4> magic{};
    if (!file.read(magic.data(), magic.size()) || magic != zip_magic) {
        throw Error(GWPARAM_ERR_FILE,
                    path +
                        " is no TorchScript archive: it does not begin as a zip file");
    }
}

torch::Device chosen_device(const std::string &name) {
    if (name == "auto") {
        return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
    }
    if (name == "cpu") {
        return torch::kCPU;
    }
    if (name.rfind("cuda", 0) != 0) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "device is \"" + name + "\", expected auto, cpu, cuda or cuda:N");
    }
    try {
        const torch::Device device(name);
        const auto count = static_cast<int>(torch::cuda::device_count());
        if (device.index() >= count || count == 0) {
            throw Error(GWPARAM_ERR_DEVICE,
                        "device is \"" + name + "\", expected one of " +
                            std::to_string(count) + " CUDA devices");
        }
        return device;
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "device is \"" + name + "\", expected auto, cpu, cuda or cuda:N");
    }
}

torch::ScalarType scalar_type(Dtype dtype) {
    return dtype == Dtype::float32 ? torch::kFloat32 : torch::kFloat64;
}

// A tensor on the memory of a batch field; both kinds of field share it.
template <typename Byte> torch::Tensor tensor_on(const BatchField<Byte> &field) {
    return torch::from_blob(const_cast<std::byte *>(field.data), field.shape,
                            scalar_type(field.dtype));
}

class TorchBackend : public Backend {
  public:
    TorchBackend(const std::string &path, const std::string &device, int threads)
        : device_(chosen_device(device)), threads_(threads) {
        check_is_archive(path);
        const ThreadsGuard guard(threads_);
        torch::jit::ExtraFilesMap extra{{contract_file, ""}, {probe_file, ""}};
        try {
            module_ = torch::jit::load(path, torch::kCPU, extra);
        } catch (const c10::Error &e) {
            throw Error(GWPARAM_ERR_FILE,
                        path + " is no complete TorchScript archive: " + first_line(e));
        }
        contract_json_ = extra[contract_file];
        probe_bytes_ = extra[probe_file];
        for (const char *name : {contract_file, probe_file}) {
            if (extra[name].empty()) {
                throw Error(GWPARAM_ERR_CONTRACT, path + " holds no " + name);
            }
        }
        try {
            module_.to(device_);
            module_.eval();
        } catch (const c10::Error &e) {
            throw Error(GWPARAM_ERR_DEVICE, path + " cannot be moved to " +
                                                device_.str() + ": " + first_line(e));
        }
    }

    const std::string &contract_json() const override { return contract_json_; }
    const std::string &probe_bytes() const override { return probe_bytes_; }
    bool on_cuda() const override { return device_.is_cuda(); }

    void forward(const std::vector<BatchInput> &inputs,
                 const std::vector<BatchOutput> &outputs) override {
        const ThreadsGuard guard(threads_);
        const c10::InferenceMode inference_mode;
        std::vector<torch::jit::IValue> arguments;
        for (const BatchInput &input : inputs) {
            arguments.emplace_back(tensor_on(input).to(device_));
        }
        torch::jit::IValue result;
        try {
            result = module_.forward(std::move(arguments));
            copy_results(result, outputs);
        } catch (const c10::OutOfMemoryError &e) {
            throw Error(GWPARAM_ERR_DEVICE, first_line(e));
        } catch (const c10::Error &e) {
            throw Error(GWPARAM_ERR_INFERENCE, "the network raised: " + first_line(e));
        } catch (const torch::jit::JITException &e) {
            throw Error(GWPARAM_ERR_INFERENCE,
                        std::string("the network raised: ") + e.what());
        }
    }

  private:
    static void copy_results(const torch::jit::IValue &result,
                             const std::vector<BatchOutput> &outputs) {
        if (!result.isTuple() ||
            result.toTupleRef().elements().size() != outputs.size()) {
            throw Error(GWPARAM_ERR_INFERENCE, "the network gives " + result.tagKind() +
                                                   ", expected a tuple of " +
                                                   std::to_string(outputs.size()) +
                                                   " tensors");
        }
        const auto elements = result.toTupleRef().elements();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const torch::Tensor target = tensor_on(outputs[i]);
            const torch::Tensor &source = elements[i].toTensor();
            // Checked here, because copy_ would broadcast and cast without a word.
            if (source.sizes() != target.sizes() || source.dtype() != target.dtype()) {
                throw Error(GWPARAM_ERR_INFERENCE,
                            "output " + std::to_string(i + 1) + " has shape " +
                                shape_text(source.sizes().vec()) + " and dtype " +
                                std::string(source.dtype().name()) + ", expected " +
                                shape_text(target.sizes().vec()) + " and " +
                                std::string(target.dtype().name()));
            }
            target.copy_(source);
        }
    }

    torch::Device device_;
    int threads_;
    torch::jit::Module module_;
    std::string contract_json_;
    std::string probe_bytes_;
};

} // namespace

std::unique_ptr<Backend> load_torch_backend(const std::string &path,
                                            const std::string &device, int threads) {
    return std::make_unique<TorchBackend>(path, device, threads);
}

} // namespace gwparam
