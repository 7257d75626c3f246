#include "ranks/columns_on_grid.hpp"

#include <cstring>

#include "base/error.hpp"

namespace gwparam {

namespace {

// A number and its bits, as which it travels.
template <typename To, typename From> To bits_of(From value) {
    static_assert(sizeof(To) == sizeof(From), "a number is not its bits");
    To bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

// All values of all ranks.
std::vector<double> of_all_ranks(const Communicator &communicator,
                                 const std::vector<double> &values) {
    std::vector<std::int64_t> mine;
    mine.reserve(values.size());
    for (const double value : values) {
        mine.push_back(bits_of<std::int64_t>(value));
    }
    std::vector<double> all;
    for (const auto &list : communicator.all_to_all(Communicator::Lists(
             static_cast<std::size_t>(communicator.size()), mine))) {
        for (const std::int64_t bits : list) {
            all.push_back(bits_of<double>(bits));
        }
    }
    return all;
}

} // namespace

ColumnsOnGrid find_columns_on_grid(const Communicator &communicator,
                                   const std::vector<double> &latitude,
                                   const std::vector<double> &longitude) {
    communicator.together([&] { check_coordinates(latitude, longitude); });
    // Each rank names its own positions once: little even where there are many columns.
    const LatLonAxes mine = axes_of_columns(latitude, longitude);
    const LatLonAxes axes = axes_of_columns(of_all_ranks(communicator, mine.latitude),
                                            of_all_ranks(communicator, mine.longitude));
    if (axes.cells() == 0) { // on all ranks alike
        throw Error(GWPARAM_ERR_ARGUMENT, "there are no columns, expected a grid");
    }
    const std::vector<std::int64_t> cells = cells_of_columns(axes, latitude, longitude);
    Directory directory(communicator, axes.cells(), cells, [&](std::int64_t cell) {
        return where(axes, cell) + "; " + std::to_string(axes.rows()) +
               " latitudes and " + std::to_string(axes.row_length()) +
               " longitudes make " + std::to_string(axes.cells()) + " cells";
    });
    require_global(axes, "the host");
    return {axes, cells, std::move(directory)};
}

} // namespace gwparam
