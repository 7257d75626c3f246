#include "columns/array.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr std::align_val_t alignment{64};

// More cannot be counted in bytes without an overflow.
constexpr double most_columns = 1e15;

// Columns handled together: their levels, and as many of the host's lines, stay in the
// first cache whichever of the two dimensions is the fast one.
constexpr std::int64_t tile = 128;

// Walks over the horizontal points of an array, first dimension fastest.
class Columns {
  public:
    Columns(const HostArray &host, std::int64_t first)
        : array_(*host.array), dimensions_(array_.rank - (host.on_levels ? 1 : 0)) {
        for (int d = 0; d < dimensions_; ++d) {
            index_[d] = first % array_.shape[d];
            offset_ += array_.stride[d] * index_[d];
            first /= array_.shape[d];
        }
    }

    std::int64_t offset() const { return offset_; }
    std::int64_t index(int dimension) const { return index_[dimension]; }

    void next() {
        for (int d = 0; d < dimensions_; ++d) {
            offset_ += array_.stride[d];
            if (++index_[d] < array_.shape[d]) {
                return;
            }
            offset_ -= array_.stride[d] * array_.shape[d];
            index_[d] = 0;
        }
    }

  private:
    const gwparam_array &array_;
    int dimensions_;
    std::array<std::int64_t, GWPARAM_MAX_RANK> index_{};
    std::int64_t offset_ = 0;
};

[[noreturn]] void throw_nonfinite(const HostArray &host, std::int64_t column,
                                  std::int64_t level, double value,
                                  const std::string &field, const std::string &place) {
    const Columns columns(host, column);
    std::string where;
    for (int d = 0; d < host.array->rank; ++d) {
        const bool is_level = host.on_levels && d == host.array->rank - 1;
        where += (d == 0 ? "" : ", ") +
                 std::to_string((is_level ? level : columns.index(d)) + 1);
    }
    throw Error(GWPARAM_ERR_NONFINITE, field + " is " + std::to_string(value) +
                                           " at (" + where + "), counted from 1" +
                                           place);
}

// Runs body(first column, columns, offsets of the columns in the host's array) over
// all.
template <typename Body>
void for_each_tile(const HostArray &host, std::int64_t width, ThreadPool &pool,
                   Body &&body) {
    pool.run_ranges(host.columns(), width, [&](std::int64_t first, std::int64_t end) {
        Columns columns(host, first);
        std::array<std::int64_t, tile> offsets; // NOLINT: as many are set as are read
        for (std::int64_t start = first; start < end; start += tile) {
            const std::int64_t count = std::min(tile, end - start);
            for (std::int64_t i = 0; i < count; ++i) {
                offsets[i] = columns.offset();
                columns.next();
            }
            body(start, count, offsets);
        }
    });
}

// Where a tile's columns lie in the host's array, and how the levels follow each other.
struct HostTile {
    std::int64_t first_level; // offset of the network's level 0
    std::int64_t level_stride;
    std::int64_t count;
    const std::int64_t *offsets;
};

HostTile tile_of(const HostArray &host, bool flip, std::int64_t width,
                 std::int64_t count, const std::array<std::int64_t, tile> &offsets) {
    const std::int64_t stride =
        host.on_levels ? host.array->stride[host.array->rank - 1] : 0;
    return {flip ? (width - 1) * stride : 0, flip ? -stride : stride, count,
            offsets.data()};
}

// Everything by value: what a store might change would be read again for every cell.
template <typename Host, typename Network>
void pack_tile(const Host *host, HostTile from, Conversion conversion,
               std::int64_t width, Network *rows) {
    for (std::int64_t level = 0; level < width; ++level) {
        const Host *line = host + from.first_level + from.level_stride * level;
        for (std::int64_t i = 0; i < from.count; ++i) {
            rows[i * width + level] = static_cast<Network>(
                line[from.offsets[i]] * conversion.scale + conversion.offset);
        }
    }
}

template <typename Network, typename Host>
void unpack_tile(const Network *rows, std::int64_t width, Conversion conversion,
                 const ColumnMark *marks, HostTile to, Host *host) {
    const auto is_kept = [](ColumnMark mark) {
        return mark.decision == ColumnMark::kept;
    };
    const bool none_kept = std::none_of(marks, marks + to.count, is_kept);
    for (std::int64_t level = 0; level < width; ++level) {
        Host *line = host + to.first_level + to.level_stride * level;
        for (std::int64_t i = 0; i < to.count; ++i) {
            if (none_kept || !is_kept(marks[i])) {
                line[to.offsets[i]] = static_cast<Host>(
                    rows[i * width + level] * conversion.scale + conversion.offset);
            }
        }
    }
}

// The place of the first value that is not finite, or `count` if all are.
template <typename Network>
std::int64_t find_nonfinite(const Network *values, std::int64_t count) {
    // First all at once, which the compiler turns into a few vector instructions.
    int nonfinite = 0;
    for (std::int64_t n = 0; n < count; ++n) {
        nonfinite |= !(std::abs(values[n]) <= std::numeric_limits<Network>::max());
    }
    const auto *found = nonfinite == 0
                            ? values + count
                            : std::find_if(values, values + count, [](Network value) {
                                  return !std::isfinite(value);
                              });
    return found - values;
}

template <typename Host, typename Network>
void pack_as(const HostArray &host, bool flip, const Conversion &conversion,
             const std::string &field, Rows &rows, std::int64_t first, ThreadPool &pool,
             const Place &place) {
    const auto *source = static_cast<const Host *>(host.array->data);
    const std::int64_t width = rows.width();
    for_each_tile(host, width, pool,
                  [&](std::int64_t start, std::int64_t count, const auto &offsets) {
                      auto *target =
                          reinterpret_cast<Network *>(rows.row(first + start));
                      const HostTile from = tile_of(host, flip, width, count, offsets);
                      pack_tile(source, from, conversion, width, target);
                      const std::int64_t bad = find_nonfinite(target, count * width);
                      if (bad < count * width) {
                          const std::int64_t level = bad % width;
                          throw_nonfinite(host, start + bad / width,
                                          flip ? width - 1 - level : level,
                                          static_cast<double>(target[bad]), field,
                                          place(first + start + bad / width));
                      }
                  });
}

template <typename Network, typename Host>
void unpack_as(const Rows &rows, std::int64_t first, bool flip,
               const Conversion &conversion, const ColumnMark *marks,
               const HostArray &host, ThreadPool &pool) {
    auto *target = static_cast<Host *>(host.array->data);
    const std::int64_t width = rows.width();
    for_each_tile(host, width, pool,
                  [&](std::int64_t start, std::int64_t count, const auto &offsets) {
                      const auto *source =
                          reinterpret_cast<const Network *>(rows.row(first + start));
                      const HostTile to = tile_of(host, flip, width, count, offsets);
                      unpack_tile(source, width, conversion, marks + start, to, target);
                  });
}

} // namespace

void Rows::AlignedDelete::operator()(std::byte *data) const {
    ::operator delete[](data, alignment);
}

void Rows::resize(std::int64_t count) {
    if (count > capacity_) {
        const auto bytes = static_cast<std::size_t>(count * row_bytes());
        std::unique_ptr<std::byte[], AlignedDelete> larger(
            static_cast<std::byte *>(::operator new[](bytes, alignment)));
        if (count_ > 0) {
            std::memcpy(larger.get(), data_.get(),
                        static_cast<std::size_t>(count_ * row_bytes()));
        }
        data_ = std::move(larger);
        capacity_ = count;
    }
    count_ = count;
}

std::vector<std::int64_t> HostArray::horizontal_shape() const {
    if (on_levels && array->rank == 1) {
        return {1};
    }
    return {array->shape, array->shape + array->rank - (on_levels ? 1 : 0)};
}

std::int64_t HostArray::columns() const {
    std::int64_t n = 1;
    for (const std::int64_t extent : horizontal_shape()) {
        n *= extent;
    }
    return n;
}

HostArray checked_array(const gwparam_array *array, std::int64_t levels,
                        const std::string &field) {
    if (array == nullptr) {
        throw Error(GWPARAM_ERR_ARGUMENT, field + " has a null array");
    }
    if (array->dtype != GWPARAM_FLOAT32 && array->dtype != GWPARAM_FLOAT64) {
        throw Error(GWPARAM_ERR_SHAPE, field + " has dtype code " +
                                           std::to_string(array->dtype) +
                                           ", expected 1 (float32) or 2 (float64)");
    }
    const bool on_levels = levels > 0;
    if (array->rank < 1 || array->rank > GWPARAM_MAX_RANK) {
        throw Error(GWPARAM_ERR_SHAPE,
                    field + " has rank " + std::to_string(array->rank) +
                        ", expected 1 to " + std::to_string(GWPARAM_MAX_RANK));
    }
    const std::vector<std::int64_t> shape(array->shape, array->shape + array->rank);
    if (*std::min_element(shape.begin(), shape.end()) < 0) {
        throw Error(GWPARAM_ERR_SHAPE, field + " has shape " + shape_text(shape) +
                                           ", expected no negative extent");
    }
    if (on_levels && shape.back() != levels) {
        std::vector<std::int64_t> expected = shape;
        expected.back() = levels;
        throw Error(GWPARAM_ERR_SHAPE, field + " has shape " + shape_text(shape) +
                                           ", expected " + shape_text(expected));
    }
    const HostArray host{array, on_levels};
    double columns = 1.0;
    for (const std::int64_t extent : host.horizontal_shape()) {
        columns *= static_cast<double>(extent);
    }
    if (columns > most_columns) {
        throw Error(GWPARAM_ERR_SHAPE, field + " has shape " + shape_text(shape) +
                                           ", expected fewer columns");
    }
    if (array->data == nullptr && host.columns() > 0) {
        throw Error(GWPARAM_ERR_ARGUMENT, field + " has null data");
    }
    return host;
}

void pack(const HostArray &host, bool flip, const Conversion &conversion,
          const std::string &field, Rows &rows, std::int64_t first, ThreadPool &pool,
          const Place &place) {
    const bool host_single = host.array->dtype == GWPARAM_FLOAT32;
    const bool network_single = rows.dtype() == Dtype::float32;
    const auto copy =
        host_single
            ? (network_single ? pack_as<float, float> : pack_as<float, double>)
            : (network_single ? pack_as<double, float> : pack_as<double, double>);
    copy(host, flip, conversion, field, rows, first, pool, place);
}

void unpack(const Rows &rows, std::int64_t first, bool flip,
            const Conversion &conversion, const ColumnMark *marks,
            const HostArray &host, ThreadPool &pool) {
    const bool host_single = host.array->dtype == GWPARAM_FLOAT32;
    const bool network_single = rows.dtype() == Dtype::float32;
    const auto copy =
        network_single
            ? (host_single ? unpack_as<float, float> : unpack_as<float, double>)
            : (host_single ? unpack_as<double, float> : unpack_as<double, double>);
    copy(rows, first, flip, conversion, marks, host, pool);
}

} // namespace gwparam
