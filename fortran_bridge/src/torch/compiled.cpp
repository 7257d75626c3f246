#include "torch/compiled.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <new>

#include <c10/core/InferenceMode.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/version.h>

#include "artefact/file_state.hpp"
#include "artefact/integrity.hpp"
#include "base/error.hpp"
#include "torch/errors.hpp"
#include "torch/package_keys.hpp"
#include "torch/results.hpp"
#include "torch/staging.hpp"
#include "torch/threads.hpp"

namespace gwparam {

namespace {

using Package = torch::inductor::AOTIModelPackageLoader;

std::string this_processor() {
    std::ifstream file("/proc/cpuinfo");
    return processor_features({std::istreambuf_iterator<char>(file), {}});
}

std::string this_libtorch() {
    const std::string version = TORCH_VERSION;
    return version.substr(0, version.find('+'));
}

// With its weights, in memory once however many schemes run it. One at a time is
// loaded: libtorch unpacks it, and the linker takes it in.
std::shared_ptr<Package> load_package(const std::string &path) {
    static std::mutex mutex;
    static std::map<FileState, std::weak_ptr<Package>> loaded;
    const std::lock_guard<std::mutex> lock(mutex);
    for (auto entry = loaded.begin(); entry != loaded.end();) {
        entry = entry->second.expired() ? loaded.erase(entry) : std::next(entry);
    }
    std::weak_ptr<Package> &known = loaded[state_of(path)];
    std::shared_ptr<Package> package = known.lock();
    if (package == nullptr) {
        package = std::make_shared<Package>(path);
        known = package;
    }
    return package;
}

class CompiledBackend : public Backend {
  public:
    CompiledBackend(const std::string &artefact, int threads)
        : inputs_(fitting_inputs(artefact, this_libtorch(), this_processor())),
          threads_(threads) {
        const ThreadsGuard guard(threads_);
        check_integrity(package_path(artefact));
        package_ = load_package(package_path(artefact));
    }

    DeviceInfo device() const override {
        DeviceInfo info;
        info.compiled = GWPARAM_COMPILED_RUNS;
        return info;
    }

    void forward(const std::vector<Pass> &passes) override {
        const ThreadsGuard guard(threads_);
        const c10::InferenceMode inference_mode;
        try {
            for (const Pass &pass : passes) {
                run(pass);
            }
        } catch (const Error &) {
            throw;
        } catch (const std::bad_alloc &) {
            throw;
        } catch (const std::exception &e) {
            throw forward_failure(e, /*on_cuda=*/false).error;
        }
    }

  private:
    void run(const Pass &pass) {
        std::vector<at::Tensor> inputs;
        for (const BatchInput &input : pass.inputs) {
            inputs.push_back(tensor_on(input));
        }
        check(inputs);
        std::vector<at::Tensor> outputs;
        for (const BatchOutput &output : pass.outputs) {
            outputs.push_back(tensor_on(output));
        }
        copy_results(package_->run(inputs), outputs, /*may_be_bfloat16=*/false);
    }

    // What was compiled reads the memory as it was told then, and looks at nothing.
    void check(const std::vector<at::Tensor> &inputs) const {
        bool fits = inputs.size() == inputs_.size();
        for (std::size_t i = 0; fits && i < inputs.size(); ++i) {
            const PackageInput &expected = inputs_[i];
            const bool is_float32 = inputs[i].scalar_type() == c10::kFloat;
            fits = inputs[i].sizes() == c10::IntArrayRef(expected.shape) &&
                   inputs[i].strides() == c10::IntArrayRef(expected.stride) &&
                   expected.dtype == (is_float32 ? "float32" : "float64");
        }
        if (!fits) {
            throw Error(GWPARAM_ERR_INFERENCE,
                        "the package was compiled for inputs of another layout");
        }
    }

    std::vector<PackageInput> inputs_;
    int threads_;
    std::shared_ptr<Package> package_;
};

} // namespace

std::unique_ptr<Backend> load_compiled(const std::string &artefact,
                                       const BackendOptions &options) {
    return std::make_unique<CompiledBackend>(artefact, options.threads);
}

} // namespace gwparam
