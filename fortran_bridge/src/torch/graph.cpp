#include "torch/graph.hpp"

#include <algorithm>
#include <filesystem>
#include <new>
#include <optional>

#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "base/error.hpp"
#include "threads/thread_pool.hpp"
#include "torch/compiled.hpp"
#include "torch/cuda_graph.hpp"
#include "torch/device.hpp"
#include "torch/errors.hpp"
#include "torch/package_keys.hpp"
#include "torch/precision.hpp"
#include "torch/results.hpp"
#include "torch/staging.hpp"
#include "torch/threads.hpp"
#include "torch/weights.hpp"

namespace gwparam {

namespace {

class TorchBackend : public Backend {
  public:
    // A package is there, which was not to be had, or to be used.
    TorchBackend(const std::string &path, const BackendOptions &options,
                 bool has_package)
        : options_(options), has_package_(has_package),
          device_(chosen_device(options.device)),
          threads_of_pass_(options.shares_passes ? options.threads : 1) {
        check_precision(options_.precision, device_);
        const ThreadsGuard threads(threads_of_pass_);
        network_->weights = load_weights(path, device_, options_.precision);
        network_->module = member_of(network_->weights->module, path);
        try {
            network_->executor = executor_of(network_->module);
        } catch (const c10::Error &e) {
            throw forward_failure(e, device_.is_cuda()).error;
        }
    }

    ~TorchBackend() override {
        // To give memory back to a device that is lost may end the process.
        if (network_->weights->device_lost) {
            static_cast<void>(network_.release());
        }
    }

    DeviceInfo device() const override {
        DeviceInfo info{!device_.is_cpu(), network_->recorded != nullptr, traffic_};
        info.compiled = has_package_ ? GWPARAM_COMPILED_UNFIT : GWPARAM_COMPILED_NONE;
        return info;
    }

    void forward(const std::vector<Pass> &passes) override {
        const ThreadsGuard threads(threads_of_pass_);
        const Tf32Guard tf32(options_.precision, device_);
        try {
            if (device_.is_cpu()) {
                options_.pool.run(passes.size(),
                                  [&](std::size_t i) { run(passes[i]); });
            } else {
                std::for_each(passes.begin(), passes.end(),
                              [&](const Pass &pass) { run(pass); });
            }
            network_->weights->expect_unchanged();
        } catch (const Error &) {
            throw;
        } catch (const std::bad_alloc &) {
            throw;
        } catch (const std::exception &e) {
            const ForwardFailure failure = forward_failure(e, device_.is_cuda());
            if (failure.device_lost) {
                network_->weights->device_lost = true;
            }
            throw failure.error;
        }
    }

  private:
    // What lives on the device, in the order in which it is given back, last first.
    //
    // Weights are shared with others who loaded the same file; what TorchScript learns
    // of its calls is not. Its executor profiles the first calls and specialises the
    // graph on what it saw, types and shapes, and on a device fuses kernels by that:
    // the one of the module would be that of all schemes, and the bits of one depend on
    // the chunks of those loaded before it. Module::clone() has executors of its own
    // too, but adds its classes to the module's compilation unit, which forgets none
    // while any scheme lives and must not grow in two threads at once.
    struct Network {
        std::shared_ptr<Weights> weights;
        torch::jit::Module module; // that runs: a part of theirs, or all
        torch::jit::GraphExecutor executor;
        std::optional<DeviceStaging> staging;
        std::unique_ptr<RecordedWork> recorded;
        bool recording_tried = false;
    };

    torch::jit::Module member_of(const torch::jit::Module &module,
                                 const std::string &path) const {
        if (options_.member == 0) {
            return module;
        }
        const std::string name = "member_" + std::to_string(options_.member);
        if (!module.hasattr(name) || !module.attr(name).isModule()) {
            throw Error(GWPARAM_ERR_CONTRACT, path + " has no module " + name +
                                                  ", expected one for each member");
        }
        return module.attr(name).toModule();
    }

    torch::jit::GraphExecutor executor_of(const torch::jit::Module &module) const {
        const torch::jit::Method forward = module.get_method("forward");
        auto &function = torch::jit::toGraphFunction(forward.function());
        function.ensure_defined();
        const AutocastGuard autocast(options_.precision, device_); // it is compiled in
        return {function.optimized_graph(), function.name()};
    }

    // In one of the pool's threads, each of which has settings of its own.
    void run(const Pass &pass) {
        check_precision(options_.precision, pass.inputs);
        set_threads(threads_of_pass_);
        const AutocastGuard autocast(options_.precision, device_);
        const c10::InferenceMode inference_mode;
        if (device_.is_cpu()) {
            run_in_place(pass);
        } else {
            run_on_device(pass);
        }
    }

    // On the CPU the network reads the caller's memory.
    void run_in_place(const Pass &pass) {
        std::vector<at::Tensor> arguments;
        for (const BatchInput &input : pass.inputs) {
            arguments.push_back(tensor_on(input));
        }
        std::vector<at::Tensor> results;
        for (const BatchOutput &output : pass.outputs) {
            results.push_back(tensor_on(output));
        }
        run_network(arguments, results);
    }

    void run_on_device(const Pass &pass) {
        const c10::DeviceGuard guard(device_);
        Network &network = *network_;
        if (!network.staging || !network.staging->fits(pass.inputs, pass.outputs)) {
            network.recorded.reset();
            network.recording_tried = !options_.may_record;
            network.staging.emplace(device_, pass.inputs, pass.outputs);
        }
        const auto work = [this, &network] {
            run_network(network.staging->inputs(), network.staging->outputs());
        };
        network.staging->send(pass.inputs, traffic_);
        if (!network.recording_tried) {
            network.recorded = record_work(device_, work);
            network.recording_tried = true;
        }
        if (network.recorded) {
            network.recorded->repeat();
        } else {
            work();
        }
        network.staging->receive(pass.outputs, traffic_);
    }

    void run_network(const std::vector<at::Tensor> &inputs,
                     const std::vector<at::Tensor> &outputs) {
        const torch::jit::IValue result = result_of(inputs);
        if (!result.isTuple()) {
            throw Error(GWPARAM_ERR_INFERENCE, "the network gives " + result.tagKind() +
                                                   ", expected a tuple of " +
                                                   std::to_string(outputs.size()) +
                                                   " tensors");
        }
        std::vector<at::Tensor> results;
        for (const torch::jit::IValue &element : result.toTupleRef().elements()) {
            results.push_back(element.toTensor());
        }
        copy_results(results, outputs,
                     options_.precision == GWPARAM_PRECISION_BFLOAT16);
    }

    // As Module::forward(), but for the executor.
    torch::jit::IValue result_of(const std::vector<at::Tensor> &inputs) {
        const torch::jit::Module &module = network_->module;
        torch::jit::Stack stack{module._ivalue()};
        stack.insert(stack.end(), inputs.begin(), inputs.end());
        module.get_method("forward").function().getSchema().checkAndNormalizeInputs(
            stack);
        network_->executor.run(stack);
        return stack.front();
    }

    BackendOptions options_;
    bool has_package_;
    c10::Device device_;
    int threads_of_pass_;
    std::unique_ptr<Network> network_ = std::make_unique<Network>();
    DeviceTraffic traffic_;
};

} // namespace

std::unique_ptr<Backend> load_torchscript(const std::string &path,
                                          const BackendOptions &options) {
    const bool has_package = options.shares_passes &&
                             options.precision == GWPARAM_PRECISION_EXPORTED &&
                             chosen_device(options.device).is_cpu() &&
                             std::filesystem::exists(package_path(path));
    const bool is_whole = options.member == 0; // as packages are
    if (has_package && is_whole && options.may_use_compiled) {
        try {
            if (std::unique_ptr<Backend> compiled = load_compiled(path, options)) {
                return compiled;
            }
        } catch (const std::exception &) { // TorchScript runs, and device() says so
        }
    }
    return std::make_unique<TorchBackend>(path, options, has_package);
}

} // namespace gwparam
