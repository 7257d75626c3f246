// Which rank holds which cell of the globe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ranks/communicator.hpp"

namespace gwparam {

// A cell's row among those of the rank that holds it.
struct Holder {
    std::int64_t rank;
    std::int64_t row;
};

// Spread over the ranks in blocks of cells, so that no rank needs room for the globe.
class Directory {
  public:
    // Collective. `mine` are the cells of this rank's rows; all ranks together hold
    // each of the `cells` once. Otherwise throws ERR_ARGUMENT on all ranks, with the
    // first bad cell as `where` describes it.
    Directory(const Communicator &communicator, std::int64_t cells,
              const std::vector<std::int64_t> &mine,
              const std::function<std::string(std::int64_t)> &where);

    // Collective: the holders of the cells that this rank wants.
    std::vector<Holder> find(const std::vector<std::int64_t> &wanted) const;

  private:
    std::int64_t keeper(std::int64_t cell) const { return cell / block_; }
    Communicator::Lists by_keeper(const std::vector<std::int64_t> &cells) const;

    // Keeps the holders of this rank's block, out of what each rank named; gives the
    // first cell without a column, or with a second one, or else `watched`.
    std::int64_t hold(const Communicator::Lists &named, const Communicator::Lists &rows,
                      std::int64_t watched, Holder &second);

    // Of a cell that this rank keeps.
    const Holder &holder_of(std::int64_t cell) const {
        return holders_[static_cast<std::size_t>(cell - communicator_.rank() * block_)];
    }

    const Communicator &communicator_;
    std::int64_t block_ = 1; // cells that a rank keeps the holders of
    std::vector<Holder> holders_;
};

} // namespace gwparam
