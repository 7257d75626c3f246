#include "fake_backend.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <new>
#include <thread>

#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "base/error.hpp"
#include "columns/batch.hpp"
#include "small_host.hpp"
#include "thread_ranks.hpp"

namespace gwparam {

namespace {

fake::Trouble trouble;
int cuda_devices = 0;
std::atomic<long> passes{0};
std::atomic<bool> file_is_lost{false};

constexpr double scale = 1.0 / (1 << 20); // exact, and far below the limits

std::string list_of(const std::vector<double> &values) {
    std::string text;
    for (const double value : values) {
        text += (text.empty() ? "[" : ", ") + std::to_string(value);
    }
    return text + "]";
}

std::string geometry_of(const std::string &name) {
    if (name == "column") {
        return R"({"kind": "column"})";
    }
    if (name == "stencil") {
        return R"({"kind": "stencil", "radius": 1, "poles": "edge"})";
    }
    const bool is_coarse = name == "coarse";
    return R"({"kind": "global", "latitude": )" +
           list_of(is_coarse ? std::vector<double>{60.0, 0.0, -60.0}
                             : host::latitudes()) +
           R"(, "longitude": )" +
           list_of(is_coarse ? std::vector<double>{0.0, 90.0, 180.0, 270.0}
                             : host::longitudes()) +
           "}";
}

std::string field(const char *name, const char *units, const char *levels,
                  const char *dtype, const char *kind = "") {
    return std::string(R"({"name": ")") + name + R"(", "units": ")" + units +
           R"(", "levels": ")" + levels + R"(", "dtype": ")" + dtype + "\"" + kind +
           "}";
}

std::string contract_of(const std::string &name, bool differs) {
    const char *tendency = R"(, "kind": "tendency")";
    return R"({"contract_version": 2, "name": ")" + name + (differs ? " 2" : "") +
           R"(", "gwparam_version": "0", "torch_version": "none", "created": "now",
           "source": {"architecture": "sums", "checkpoint": "none", "sha256": "none"},
           "citation": "none", "geometry": )" +
           geometry_of(name) + R"(, "inputs": [)" +
           field(host::u, "m s-1", "full", "float64") + ", " +
           field(host::v, "m s-1", "full", "float32") + ", " +
           field(host::ps, "Pa", "surface", "float64") + R"(], "outputs": [)" +
           field(host::dudt, "m s-2", "full", "float64", tendency) + ", " +
           field(host::dvdt, "m s-2", "full", "float32", tendency) +
           R"(], "vertical": {"kind": "host", "order": "top_down", "nlev": )" +
           std::to_string(host::nlev) + R"(, "nominal_tolerance": 0.1},
           "training_range": [{"name": ")" +
           host::u + R"(", "mean": [0, 0, 0], "standard_deviation": [100, 100, 100]}],
           "limits": [{"name": ")" +
           host::dudt + R"(", "maximum_magnitude": 1.0}, {"name": ")" + host::dvdt +
           R"(", "maximum_magnitude": 1.0}], "probe": {"columns": )" +
           std::to_string(name == "coarse"   ? 12
                          : name == "global" ? host::cells
                                             : 3) +
           R"(, "tolerance": 1e-12}})";
}

bool is_known(const std::string &name) {
    return name == "column" || name == "stencil" || name == "global" ||
           name == "coarse";
}

std::string checked(const std::string &name) {
    const bool is_missing =
        (trouble.fault == fake::Fault::missing && trouble.rank == this_rank()) ||
        file_is_lost;
    if (is_missing || !is_known(name)) {
        throw Error(GWPARAM_ERR_FILE, "cannot open " + name);
    }
    return name;
}

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
        const Wind *here = wind + level * cells;
        double sum = 0.0;
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            sum += static_cast<double>(cell + 1) * here[cell];
        }
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            const std::int64_t far =
                (cell / length + 2) % rows * length + (cell % length + 1) % length;
            tendency[level * cells + cell] =
                static_cast<Wind>(scale *
                                  (here[cell] + 3.0 * here[far] + 0.125 * sum +
                                   (level + 1) * pressure[cell]) /
                                  64.0);
        }
    }
}

class FakeBackend : public Backend {
  public:
    FakeBackend(const std::string &name, const BackendOptions &options)
        : trouble_(trouble), is_mine_(trouble.rank == this_rank()),
          on_cuda_(options.device != "cpu" && cuda_devices > 0),
          with_graphs_(options.graphs == GWPARAM_GRAPHS_AUTO) {
        const std::string &device = options.device;
        if (device.rfind("cuda", 0) == 0 && cuda_devices == 0) {
            throw Error(GWPARAM_ERR_DEVICE, "there is no CUDA device");
        }
        if (device.rfind("cuda", 0) != 0 && device != "cpu" && device != "auto") {
            throw Error(GWPARAM_ERR_ARGUMENT, "device is \"" + device + "\"");
        }
        const bool loses = is_mine_ && trouble_.call < 0 && on_cuda_ &&
                           trouble_.fault == fake::Fault::lost_device;
        if (loses) {
            throw Error(GWPARAM_ERR_DEVICE, "the device was lost");
        }
        json_ = contract_of(name,
                            is_mine_ && trouble_.fault == fake::Fault::other_contract);
        const Contract contract = parse_contract(json_);
        probe_ = probe_of(contract);
        // check_probe: three calls of a column's, one of an image.
        probe_calls_ = contract.geometry.kind == GeometryKind::global ? 1 : 3;
    }

    const std::string &contract_json() const override { return json_; }
    const std::string &probe_bytes() const override { return probe_; }
    bool on_cuda() const override { return on_cuda_; }
    bool on_graphs() const override { return on_cuda_ && with_graphs_; }
    DeviceTraffic traffic() const override { return traffic_; }

    void forward(const std::vector<Pass> &passes) override {
        for (const Pass &pass : passes) {
            run(pass.inputs, pass.outputs);
        }
    }

  private:
    void run(const std::vector<BatchInput> &inputs,
             const std::vector<BatchOutput> &outputs) {
        const int call = calls_++ - probe_calls_;
        ++passes;
        const bool fails = is_mine_ && call >= 0 && call >= trouble_.call &&
                           call < trouble_.call + trouble_.calls;
        const fake::Fault fault = fails ? trouble_.fault : fake::Fault::none;
        if (fault == fake::Fault::slow) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        if (fault == fake::Fault::lost_device_and_file) {
            file_is_lost = true;
            throw Error(GWPARAM_ERR_DEVICE, "the device was lost");
        }
        if (fault == fake::Fault::lost_device && on_cuda_) {
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
        if (on_cuda_) {
            traffic_.to_device_bytes += 1;
            traffic_.to_host_bytes += 2;
        }
    }

    static void compute(const std::vector<BatchInput> &inputs,
                        const std::vector<BatchOutput> &outputs) {
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
            });
        }
    }

    // Inputs of small numbers, and what the network makes of them.
    std::string probe_of(const Contract &contract) const {
        Batch batch(contract, contract.probe_columns);
        const std::int64_t rows = batch.probe_rows();
        std::string bytes;
        int number = 0;
        for (Rows &input : batch.inputs()) {
            input.resize(rows);
            visit(input, [&](auto *values) {
                for (std::int64_t i = 0; i < rows * input.width(); ++i) {
                    values[i] = ++number % 17;
                }
            });
            bytes.append(reinterpret_cast<const char *>(input.row(0)),
                         static_cast<std::size_t>(rows * input.row_bytes()));
        }
        FakeBackend copy(*this);
        copy.is_mine_ = false;
        batch.run(copy, rows);
        for (Rows &output : batch.outputs()) {
            if (is_mine_ && trouble_.fault == fake::Fault::bad_probe) {
                visit(output, [](auto *values) { values[0] += 1; });
            }
            bytes.append(reinterpret_cast<const char *>(output.row(0)),
                         static_cast<std::size_t>(rows * output.row_bytes()));
        }
        return bytes;
    }

    fake::Trouble trouble_;
    bool is_mine_;
    bool on_cuda_;
    bool with_graphs_;
    std::string json_;
    std::string probe_;
    int probe_calls_ = 0;
    int calls_ = 0;
    DeviceTraffic traffic_;
};

} // namespace

std::unique_ptr<Backend> load_backend(const std::string &path,
                                      const BackendOptions &options) {
    return std::make_unique<FakeBackend>(checked(path), options);
}

std::string read_contract_json(const std::string &path) {
    return contract_of(checked(path), false);
}

int cuda_device_count() { return cuda_devices; }

} // namespace gwparam

namespace fake {

void set_trouble(const Trouble &wanted) {
    gwparam::trouble = wanted;
    gwparam::file_is_lost = false;
}
void set_cuda_devices(int count) { gwparam::cuda_devices = count; }

double column_tendency(double wind, double pressure, int level) {
    return gwparam::scale * (3.0 * wind + (level + 1) * pressure / 64.0);
}

double stencil_tendency(double sum_of_winds, double pressure, int level) {
    return gwparam::scale * (sum_of_winds - (level + 2) * pressure / 128.0);
}

long forward_passes() { return gwparam::passes; }

} // namespace fake
