// Arrays of the host, and the packed rows that the network sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/dtype.hpp"
#include "base/shape.hpp"
#include "base/units.hpp"
#include "columns/places.hpp"
#include "gwparam.h"
#include "threads/thread_pool.hpp"

namespace gwparam {

// What the guards (guards/guards.hpp) decided of a column.
struct ColumnMark {
    enum Decision : std::uint8_t { passes, kept, zeroed, native };

    Decision decision = passes;
    std::uint8_t noted = 0; // guards that caught it, a bit each

    bool operator==(const ColumnMark &other) const {
        return decision == other.decision && noted == other.noted;
    }
};

// Columns one after the other, each with its levels side by side, in 64-byte alignment:
// the bits of a matrix product may depend on it. What takes rows by && trades them for
// others of the same fields: the caller keeps room for its next step, and no values.
class Rows {
  public:
    Rows(Dtype dtype, std::int64_t width) : dtype_(dtype), width_(width) {}

    Dtype dtype() const { return dtype_; }
    std::int64_t width() const { return width_; }
    std::int64_t count() const { return count_; }
    std::int64_t bytes() const { return capacity_ * row_bytes(); }

    // Keeps the rows that are there. Room is never given back, since a host's steps are
    // alike, and what is in it past the last row stays.
    void resize(std::int64_t count);

    std::byte *row(std::int64_t i) { return data_.get() + i * row_bytes(); }
    const std::byte *row(std::int64_t i) const { return data_.get() + i * row_bytes(); }
    std::int64_t row_bytes() const {
        return width_ * static_cast<std::int64_t>(size_of(dtype_));
    }

  private:
    struct AlignedDelete {
        void operator()(std::byte *data) const;
    };

    Dtype dtype_;
    std::int64_t width_;
    std::int64_t count_ = 0;
    std::int64_t capacity_ = 0;
    std::unique_ptr<std::byte[], AlignedDelete> data_;
};

inline std::int64_t bytes_of(const std::vector<Rows> &fields) {
    std::int64_t bytes = 0;
    for (const Rows &rows : fields) {
        bytes += rows.bytes();
    }
    return bytes;
}

// Room that went on with its rows comes back, so that the next step takes no other.
// Whose rows were copied has its own.
inline void take_back(std::vector<Rows> &from, std::vector<Rows> &to) {
    for (std::size_t i = 0; i < from.size() && i < to.size(); ++i) {
        if (to[i].bytes() == 0 && to[i].dtype() == from[i].dtype() &&
            to[i].width() == from[i].width()) {
            std::swap(from[i], to[i]);
        }
    }
}

// Calls body(pointer to the rows' values) with their own type.
template <typename Body> void visit(const Rows &rows, Body &&body) {
    if (rows.dtype() == Dtype::float32) {
        body(reinterpret_cast<const float *>(rows.row(0)));
    } else {
        body(reinterpret_cast<const double *>(rows.row(0)));
    }
}

template <typename Body> void visit(Rows &rows, Body &&body) {
    if (rows.dtype() == Dtype::float32) {
        body(reinterpret_cast<float *>(rows.row(0)));
    } else {
        body(reinterpret_cast<double *>(rows.row(0)));
    }
}

inline double value_at(const Rows &rows, std::int64_t column, std::int64_t level) {
    double value = 0.0;
    visit(rows,
          [&](const auto *values) { value = values[column * rows.width() + level]; });
    return value;
}

// A host's array whose description was checked: horizontal dimensions, then the level.
struct HostArray {
    const gwparam_array *array;
    bool on_levels;

    std::vector<std::int64_t> horizontal_shape() const;
    std::int64_t columns() const;
};

// Throws ERR_ARGUMENT or ERR_SHAPE unless the array can hold a field of `levels`
// levels; 0 levels stand for a surface field.
HostArray checked_array(const gwparam_array *array, std::int64_t levels,
                        const std::string &field);

// Copy all columns of the host into rows `first`, `first` + 1, ..., turned upside down
// if `flip`. Throws ERR_NONFINITE, naming the first bad cell; `place` is asked of its
// row.
void pack(const HostArray &host, bool flip, const Conversion &conversion,
          const std::string &field, Rows &rows, std::int64_t first, ThreadPool &pool,
          const Place &place = nowhere);

// The way back, but for columns marked as kept; one mark a column.
void unpack(const Rows &rows, std::int64_t first, bool flip,
            const Conversion &conversion, const ColumnMark *marks,
            const HostArray &host, ThreadPool &pool);

} // namespace gwparam
