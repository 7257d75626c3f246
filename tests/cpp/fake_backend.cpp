#include "fake_backend.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <limits>
#include <new>
#include <thread>

#include "artefact/backend_registry.hpp"
#include "base/error.hpp"
#include "small_host.hpp"
#include "thread_ranks.hpp"

namespace gwparam {

namespace {

fake::Trouble trouble;
int cuda_devices = 0;
fake::Package package = fake::Package::none;
std::atomic<long> forward_passes{0};

constexpr double scale = 1.0 / (1 << 20); // exact, and far below the limits

// One field of a batch as values of its own type.
template <typename Body> void typed(const BatchInput &field, Body &&body) {
    if (field.dtype == Dtype::float32) {
        body(reinterpret_cast<const float *>(field.data));
    } else {
        body(reinterpret_cast<const double *>(field.data));
    }
}

// Column networks see one place, stencils nine; each place counts once more than the
// one before, so that no two can be taken for one another.
template <typename Wind>
void run_places(const Wind *wind, const double *pressure, std::int64_t rows, int places,
                Wind *tendency) {
    for (std::int64_t row = 0; row < rows; ++row) {
        for (int level = 0; level < host::nlev; ++level) {
            double sum = 0.0;
            for (int place = 0; place < places; ++place) {
                sum += (place + 1) * wind[(row * host::nlev + level) * places + place];
            }
            const double middle = pressure[row * places + places / 2];
            tendency[row * host::nlev + level] = static_cast<Wind>(
                places == 1 ? fake::column_tendency(sum, middle, level)
                            : fake::stencil_tendency(sum, middle, level));
        }
    }
}

// Every cell depends on a far one, on its place, and on the sum of all.
template <typename Wind>
void run_image(const Wind *wind, const double *pressure, std::int64_t rows,
               std::int64_t length, Wind *tendency) {
    const std::int64_t cells = rows * length;
    for (int level = 0; level < host::nlev; ++level) {
        const auto at = [level](std::int64_t cell) {
            return cell * host::nlev + level;
        };
        double sum = 0.0;
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            sum += static_cast<double>(cell + 1) * wind[at(cell)];
        }
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            const std::int64_t far =
                (cell / length + 2) % rows * length + (cell % length + 1) % length;
            tendency[at(cell)] =
                static_cast<Wind>(scale *
                                  (wind[at(cell)] + 3.0 * wind[at(far)] + 0.125 * sum +
                                   (level + 1) * pressure[cell]) /
                                  64.0);
        }
    }
}

class FakeBackend : public Backend {
  public:
    FakeBackend(const std::string &path, const BackendOptions &options,
                int accelerators, int sign)
        : path_(path), trouble_(trouble), is_mine_(trouble.rank == this_rank()),
          sign_(sign),
          device_{options.device != "cpu" && accelerators > 0, options.may_record, {}} {
        const std::string &device = options.device;
        if (device.rfind("cuda", 0) == 0 && accelerators == 0) {
            throw Error(GWPARAM_ERR_DEVICE, "there is no CUDA device");
        }
        if (device.rfind("cuda", 0) != 0 && device != "cpu" && device != "auto") {
            throw Error(GWPARAM_ERR_ARGUMENT, "device is \"" + device + "\"");
        }
        const bool loses = is_mine_ && trouble_.call < 0 && device_.is_accelerator &&
                           trouble_.fault == fake::Fault::lost_device;
        if (loses) {
            throw Error(GWPARAM_ERR_DEVICE, "the device was lost");
        }
        device_.repeats_recorded &= device_.is_accelerator;
        device_.lacks_fma = !device_.is_accelerator;
        if (package != fake::Package::none) {
            device_.compiled = options.may_use_compiled ? GWPARAM_COMPILED_RUNS
                                                        : GWPARAM_COMPILED_UNFIT;
        }
    }

    DeviceInfo device() const override { return device_; }

    void forward(const std::vector<Pass> &passes) override {
        for (const Pass &pass : passes) {
            run(pass.inputs, pass.outputs);
        }
    }

  private:
    void run(const std::vector<BatchInput> &inputs,
             const std::vector<BatchOutput> &outputs) {
        // check_probe: three calls of a column's, one of an image.
        const bool is_image = inputs[2].shape.size() == 2;
        const int call = calls_++ - (is_image ? 1 : 3);
        ++forward_passes;
        const bool fails = is_mine_ && call >= 0 && call >= trouble_.call &&
                           call < trouble_.call + trouble_.calls;
        const fake::Fault fault = fails ? trouble_.fault : fake::Fault::none;
        if (fault == fake::Fault::slow) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        if (fault == fake::Fault::lost_device_and_file) {
            std::remove(path_.c_str());
            throw Error(GWPARAM_ERR_DEVICE, "the device was lost");
        }
        if (fault == fake::Fault::lost_device && device_.is_accelerator) {
            throw Error(GWPARAM_ERR_DEVICE, "the device was lost");
        }
        if (fault == fake::Fault::no_memory) {
            throw std::bad_alloc();
        }
        if (fault == fake::Fault::raises) {
            throw Error(GWPARAM_ERR_INFERENCE, "the network raised: no");
        }
        compute(inputs, outputs);
        if (fault == fake::Fault::not_finite) {
            reinterpret_cast<double *>(outputs[0].data)[1] =
                std::numeric_limits<double>::quiet_NaN();
        }
        if (device_.is_accelerator) {
            device_.traffic.to_device_bytes += 1;
            device_.traffic.to_host_bytes += 2;
        }
    }

    void compute(const std::vector<BatchInput> &inputs,
                 const std::vector<BatchOutput> &outputs) const {
        const auto *pressure = reinterpret_cast<const double *>(inputs[2].data);
        const auto &shape = inputs[2].shape; // of a surface field
        for (std::size_t f = 0; f < outputs.size(); ++f) {
            typed(inputs[f], [&](const auto *wind) {
                using Wind = std::remove_const_t<std::remove_pointer_t<decltype(wind)>>;
                auto *tendency = reinterpret_cast<Wind *>(outputs[f].data);
                if (shape.size() == 2) {
                    run_image(wind, pressure, shape[0], shape[1], tendency);
                } else {
                    const int places = shape.size() == 1 ? 1 : 9;
                    run_places(wind, pressure, shape[0], places, tendency);
                }
                const std::int64_t cells =
                    shape.size() == 2 ? shape[0] * shape[1] : shape[0];
                std::for_each_n(tendency, cells * host::nlev,
                                [this](Wind &value) { value *= sign_; });
            });
        }
    }

    std::string path_;
    fake::Trouble trouble_;
    bool is_mine_;
    int sign_;
    DeviceInfo device_;
    int calls_ = 0;
};

std::unique_ptr<Backend> load_fake(const std::string &path,
                                   const BackendOptions &options) {
    const bool is_wrong = package == fake::Package::wrong && options.may_use_compiled;
    const int factor = options.member == 0 ? 1 : static_cast<int>(options.member);
    return std::make_unique<FakeBackend>(path, options, cuda_devices,
                                         is_wrong ? -1 : factor);
}

std::unique_ptr<Backend> load_negative(const std::string &path,
                                       const BackendOptions &options) {
    return std::make_unique<FakeBackend>(path, options, 0, -1);
}

} // namespace

const std::vector<BackendFactory> &backends() {
    static const std::vector<BackendFactory> all{
        {"fake", load_fake, [](const std::string &, int) { return cuda_devices; }},
        {"negative", load_negative, [](const std::string &, int) { return 0; }},
    };
    return all;
}

} // namespace gwparam

namespace fake {

void set_trouble(const Trouble &wanted) { gwparam::trouble = wanted; }
void set_cuda_devices(int count) { gwparam::cuda_devices = count; }
void set_package(Package package) { gwparam::package = package; }

double column_tendency(double wind, double pressure, int level) {
    return gwparam::scale * (3.0 * wind + (level + 1) * pressure / 64.0);
}

double stencil_tendency(double sum_of_winds, double pressure, int level) {
    return gwparam::scale * (sum_of_winds - (level + 2) * pressure / 128.0);
}

long forward_passes() { return gwparam::forward_passes; }

} // namespace fake
