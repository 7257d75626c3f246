// What an artefact says of itself: docs/contract.md, as far as the library acts on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/dtype.hpp"

namespace gwparam {

// What the library calls the pressure of a column, and a flux at the host's half
// levels.
constexpr const char *full_pressure_name = "air_pressure";
constexpr const char *half_pressure_name = "air_pressure_at_half_levels";

// How wrong a network expects to be, one value a column.
constexpr const char *expected_error_name = "expected_error";
constexpr const char *half_levels_suffix = "_at_half_levels";

// What an output is: its key says it, not its name.
enum class OutputKind { other, tendency, flux };

struct FieldContract {
    std::string name;
    std::string units;
    Dtype dtype = Dtype::float64;
    std::int64_t levels = 0; // 0 for a surface field
    OutputKind kind = OutputKind::other;

    // Inputs: mean and standard deviation in training, a value a level; empty if
    // unknown.
    std::vector<double> training_mean;
    std::vector<double> training_deviation;
    std::vector<double> training_minimum;
    std::vector<double> training_maximum;

    // Tendencies: largest credible absolute value.
    double maximum_magnitude = 0.0;

    std::int64_t width() const { return levels > 0 ? levels : 1; }
};

// The place of a field. Throws ERR_CONTRACT, naming those that there are.
std::size_t find_field(const std::vector<FieldContract> &fields,
                       const std::string &name, const char *kind);

enum class GeometryKind { column, stencil, global };

// Which columns one result depends on.
struct Geometry {
    GeometryKind kind = GeometryKind::column;
    int radius = 0;                // stencil
    std::vector<double> latitude;  // global: the trained grid [degrees], in the order
    std::vector<double> longitude; // of the tensors' axes
};

// What a flux does above the network's levels: stay, or fall to zero at the host's top.
enum class Outside { zero, taper };

enum class VerticalKind { host, pressure };

struct Vertical {
    VerticalKind kind = VerticalKind::host;
    bool top_down = true;
    std::int64_t nlev = 0;
    std::vector<double>
        nominal_pressure; // host: [Pa]; empty if the artefact names none
    double nominal_tolerance = 0.0;
    std::vector<double> a; // pressure: p = a + b * surface pressure [Pa]
    std::vector<double> b;
    Outside outside = Outside::zero;
};

// An output that is a momentum flux, and the tendency = factor * d flux / dp.
struct Flux {
    std::size_t output = 0;
    double factor = 0.0;
    FieldContract tendency;
};

struct Contract {
    std::string name;
    std::string backend = "torchscript"; // what runs the graph
    Geometry geometry;
    Vertical vertical;
    std::vector<FieldContract> inputs;
    std::vector<FieldContract> outputs;
    std::vector<Flux> fluxes;
    std::int64_t members = 1; // networks that take and give the same
    std::int64_t probe_columns = 0;
    double probe_tolerance = 0.0;
    // Of products in TF32 or bfloat16 on request; else probe_tolerance.
    std::optional<double> probe_reduced_tolerance;

    // Whether the host must say where its levels are in every column.
    bool needs_pressure() const {
        return vertical.kind != VerticalKind::host || !fluxes.empty();
    }
    const Flux *flux_of(std::size_t output) const;
};

// Takes contracts of every version. Throws ERR_CONTRACT, naming the key, for one that
// is newer, incomplete or contradictory, or asks for what this library does not do.
Contract parse_contract(const std::string &text);

} // namespace gwparam
