#include "torch/graph.hpp"

#include <new>
#include <optional>

#include <c10/core/DeviceGuard.h>
#include <torch/script.h>

#include "base/error.hpp"
#include "threads/thread_pool.hpp"
#include "torch/cuda_graph.hpp"
#include "torch/device.hpp"
#include "torch/errors.hpp"
#include "torch/precision.hpp"
#include "torch/staging.hpp"
#include "torch/threads.hpp"

namespace gwparam {

namespace {

class TorchBackend : public Backend {
  public:
    TorchBackend(const std::string &path, const BackendOptions &options)
        : options_(options), device_(chosen_device(options.device)),
          threads_of_pass_(options.shares_passes ? options.threads : 1),
          pool_(options.shares_passes || !device_.is_cpu() ? 1 : options.threads) {
        check_precision(options_.precision, device_);
        const ThreadsGuard threads(threads_of_pass_);
        try {
            network_->module = torch::jit::load(path, torch::kCPU);
        } catch (const c10::Error &e) {
            throw Error(GWPARAM_ERR_FILE, path +
                                              " is no complete TorchScript archive: " +
                                              first_line(e));
        }
        try {
            network_->module.to(device_);
            network_->module.eval();
        } catch (const c10::Error &e) {
            throw Error(GWPARAM_ERR_DEVICE, path + " cannot be moved to " +
                                                device_.str() + ": " + first_line(e));
        }
    }

    ~TorchBackend() override {
        // To give memory back to a device that is lost may end the process.
        if (device_lost_) {
            static_cast<void>(network_.release());
        }
    }

    DeviceInfo device() const override {
        return {!device_.is_cpu(), network_->recorded != nullptr, traffic_};
    }

    void forward(const std::vector<Pass> &passes) override {
        const ThreadsGuard threads(threads_of_pass_);
        const Tf32Guard tf32(options_.precision, device_);
        try {
            pool_.run(passes.size(), [&](std::size_t i) { run(passes[i]); });
        } catch (const Error &) {
            throw;
        } catch (const std::bad_alloc &) {
            throw;
        } catch (const std::exception &e) {
            const ForwardFailure failure = forward_failure(e, device_.is_cuda());
            device_lost_ = device_lost_ || failure.device_lost;
            throw failure.error;
        }
    }

  private:
    // What lives on the device, in the order in which it is given back, last first.
    struct Network {
        torch::jit::Module module;
        std::optional<DeviceStaging> staging;
        std::unique_ptr<RecordedWork> recorded;
        bool recording_tried = false;
    };

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
        const torch::jit::IValue result =
            network_->module.forward({inputs.begin(), inputs.end()});
        if (!result.isTuple() ||
            result.toTupleRef().elements().size() != outputs.size()) {
            throw Error(GWPARAM_ERR_INFERENCE, "the network gives " + result.tagKind() +
                                                   ", expected a tuple of " +
                                                   std::to_string(outputs.size()) +
                                                   " tensors");
        }
        const auto elements = result.toTupleRef().elements();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const at::Tensor &source = elements[i].toTensor();
            // Checked here, because copy_ would broadcast and cast without a word.
            if (source.sizes() != outputs[i].sizes() ||
                (source.dtype() != outputs[i].dtype() && !reduced(source))) {
                throw Error(GWPARAM_ERR_INFERENCE,
                            "output " + std::to_string(i + 1) + " has shape " +
                                shape_text(source.sizes().vec()) + " and dtype " +
                                std::string(source.dtype().name()) + ", expected " +
                                shape_text(outputs[i].sizes().vec()) + " and " +
                                std::string(outputs[i].dtype().name()));
            }
            outputs[i].copy_(source);
        }
    }

    // Of the type that was asked for instead of the contract's.
    bool reduced(const at::Tensor &result) const {
        return options_.precision == GWPARAM_PRECISION_BFLOAT16 &&
               result.scalar_type() == c10::kBFloat16;
    }

    BackendOptions options_;
    c10::Device device_;
    int threads_of_pass_;
    bool device_lost_ = false;
    std::unique_ptr<Network> network_ = std::make_unique<Network>();
    ThreadPool pool_; // ends before the network that it runs
    DeviceTraffic traffic_;
};

} // namespace

std::unique_ptr<Backend> load_torchscript(const std::string &path,
                                          const BackendOptions &options) {
    return std::make_unique<TorchBackend>(path, options);
}

} // namespace gwparam
