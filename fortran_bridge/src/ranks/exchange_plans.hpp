// How columns get from the ranks that hold them to those that run the network, and
// back.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/horizontal.hpp"
#include "ranks/communicator.hpp"
#include "ranks/exchange.hpp"

namespace gwparam {

class ExchangePlans {
  public:
    // Collective. `owner` runs the network for this rank.
    ExchangePlans(const Communicator &communicator, GeometryKind geometry, int owner);

    // Whether columns ever move, on any rank.
    bool exchange_columns() const { return exchange_columns_; }

    // Whether `columns` of this rank have a plan. Throws ERR_ARGUMENT if the network
    // needs to know where they are and these are not those of set_positions.
    bool cover(std::int64_t columns) const;

    // Collective: plans for columns at these positions [degrees], which the horizontal
    // stage of every rank learns too. Throws ERR_ARGUMENT unless all ranks together
    // have all cells of one global grid.
    void set_positions(const std::vector<double> &latitude,
                       const std::vector<double> &longitude, HorizontalStage &stage);

    // Collective: plans for columns whose positions do not matter.
    void set_count(std::int64_t columns, HorizontalStage &stage);

    // Collective. From the columns of this rank to those that its network takes, and
    // from the network's results to this rank's columns.
    void move_in(std::vector<Rows> &&given, std::vector<Rows> &wanted);
    void move_out(std::vector<Rows> &&given, std::vector<Rows> &wanted);

    std::int64_t messages() const { return in_.messages() + out_.messages(); }
    std::int64_t message_bytes() const {
        return in_.message_bytes() + out_.message_bytes();
    }
    std::int64_t buffer_bytes() const {
        return in_.buffer_bytes() + out_.buffer_bytes();
    }

  private:
    std::vector<std::int64_t>
    computed_here(const std::vector<std::int64_t> &mine) const;
    void connect(const Directory &directory, const LatLonAxes &axes,
                 const std::vector<std::int64_t> &mine, std::int64_t all_cells,
                 HorizontalStage &stage);
    void move(Exchange &exchange, std::vector<Rows> &&given, std::vector<Rows> &wanted);

    const Communicator &communicator_;
    GeometryKind geometry_;
    int owner_;
    bool exchange_columns_;
    std::int64_t columns_ = -1; // that have plans
    Exchange in_;
    Exchange out_;
};

} // namespace gwparam
