// Between the host's levels and the network's, and from fluxes to tendencies.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/array.hpp"

namespace gwparam {

// What the host puts and gets, column by column.
//
// Where the network has the host's own levels and gives tendencies, these are the
// network's fields, in its order, and nothing is copied. Otherwise the host also puts
// its pressures, columns are top-down, and it can get
// - every tendency, given or derived from a flux, on its full levels;
// - every flux on its half levels, under the flux's name and `_at_half_levels`;
// - every other output as the network gives it, on the network's own levels.
class VerticalStage {
  public:
    // The contract must outlive the stage.
    VerticalStage(const Contract &contract, std::int64_t host_levels);

    const std::vector<FieldContract> &host_inputs() const { return host_inputs_; }
    const std::vector<FieldContract> &host_outputs() const { return host_outputs_; }
    bool host_top_down() const;

    // Where the host's levels are in every column: what the way back needs. Of no use
    // to a contract that needs no pressure.
    struct Pressures {
        Rows full{Dtype::float64, 0};
        Rows half{Dtype::float64, 0};

        std::int64_t bytes() const { return full.bytes() + half.bytes(); }
    };
    Pressures room_for_pressures() const;

    // Columns are shared out to the threads of a pool, with the same results and the
    // same failure whatever their number.

    // Takes the host's inputs on and gives the pressures among them. Throws
    // ERR_ARGUMENT if those do not increase downwards.
    void to_network(std::vector<Rows> &&host, std::int64_t columns,
                    std::vector<Rows> &network, Pressures &pressures,
                    ThreadPool &pool) const;

    // Gives the host's outputs, at the pressures of the same columns.
    void to_host(std::vector<Rows> &&network, const Pressures &pressures,
                 std::int64_t columns, std::vector<Rows> &host, ThreadPool &pool) const;

    // What a column gained less what crossed its ends, over the largest flux: the worst
    // of all columns and fluxes, 0 without fluxes. Of what to_host gave, or zeros.
    double momentum_imbalance(const Pressures &pressures, const std::vector<Rows> &host,
                              ThreadPool &pool) const;

  private:
    // Where a host's output comes from.
    enum class Origin { network, tendency, flux, divergence };
    struct Source {
        Origin origin;
        std::size_t output;
        double factor; // of a divergence
    };

    void columns_to_network(const std::vector<Rows> &host, std::int64_t first,
                            std::int64_t end, std::vector<Rows> &network) const;
    void columns_to_host(std::vector<Rows> &network, const Pressures &pressures,
                         std::int64_t first, std::int64_t end,
                         std::vector<Rows> &host) const;

    void add_output(FieldContract field, Source source);
    void network_pressure(const double *full, const double *half,
                          double *network) const;

    const Contract &contract_;
    std::int64_t host_levels_;
    std::vector<double> a_; // of the network's levels, top-down
    std::vector<double> b_;
    std::vector<FieldContract> host_inputs_;
    std::vector<FieldContract> host_outputs_;
    std::vector<Source> sources_;
    std::size_t full_pressure_ = 0; // places among the host's inputs
    std::size_t half_pressure_ = 0;
};

// Rows for each field, empty.
std::vector<Rows> rows_for(const std::vector<FieldContract> &fields);

} // namespace gwparam
