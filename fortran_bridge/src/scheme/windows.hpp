// What the host hands over, window by window, and gets back in the same windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/array.hpp"
#include "columns/guards/guards.hpp"
#include "columns/guards/tally.hpp"
#include "columns/places.hpp"

namespace gwparam {

// Outputs on the host's levels, past the guards.
struct Result {
    std::vector<FieldContract> fields;
    std::vector<Rows> rows; // one a field
    ColumnMarks marks;      // one a column

    // What the host's native scheme gave: of these columns, for each field that it has,
    // as numbers of their own, since those of a network may be of single precision.
    std::vector<std::int64_t> native_columns;
    std::vector<Rows> native;

    std::int64_t columns() const { return static_cast<std::int64_t>(marks.size()); }
};

class Windows {
  public:
    // Columns are copied in the threads of the pool, which must outlive this.
    explicit Windows(ThreadPool &pool) : pool_(pool) {}

    // Begins afresh; `flip` if the host's vertical order is not that of the rows.
    void set_fields(const std::vector<FieldContract> &inputs,
                    const std::vector<FieldContract> &outputs, bool flip);

    // Lets guards look at what is put; `top_down` is the order of the rows' levels.
    void set_guards(const std::vector<Guard> &guards, bool top_down,
                    const LevelPressures &pressures);

    // Says where and when the columns of the open window are, or opens one; either may
    // be null. Throws ERR_SHAPE, ERR_NONFINITE, ERR_CONTRACT (units).
    void put_place(const gwparam_array *latitude, const gwparam_array *longitude,
                   const char *units, const char *date);
    // Of the columns of all windows; for messages, also of what was put as an input.
    const Places &places() const { return places_; }
    // What guards of host_inputs caught in the windows, but for the number of the run.
    const GuardTally &caught() const { return caught_; }

    // Copies an input of the open window, or opens one. Throws ERR_ARGUMENT (put
    // twice), ERR_CONTRACT (no such input, units), ERR_SHAPE, ERR_NONFINITE, ERR_RANGE.
    void put(const std::string &name, const char *units, const gwparam_array *array);
    // Closes the window and gives its number, from 1. Throws ERR_ARGUMENT.
    std::int64_t close();
    void discard();

    bool is_open() const { return open_.has_value(); }
    bool none_closed() const { return windows_.empty(); }
    std::int64_t columns() const; // of those that are closed
    bool flips() const { return flip_; }

    // What the guards decided of those columns.
    const ColumnMarks &marks() const { return marks_; }
    const std::vector<Rows> &rows() const { return rows_; } // of all closed windows
    // The inputs of all closed windows, for one that leaves room in their place.
    std::vector<Rows> &&take();
    // Room for the inputs of the next step.
    void give_back(std::vector<Rows> &room) { take_back(room, rows_); }

    // Whether the closed windows have their result; the next put then begins afresh.
    bool has_result() const { return has_result_; }
    void result_is_there() { has_result_ = true; }
    Result &result() { return result_; }
    // Throws ERR_ARGUMENT (no result, no such window), ERR_CONTRACT, ERR_SHAPE.
    void get(std::int64_t window, const std::string &name, const char *units,
             const gwparam_array *array) const;

    std::int64_t bytes() const { return bytes_of(rows_) + bytes_of(result_.rows); }

  private:
    struct Window {
        std::int64_t first = 0;
        std::int64_t columns = 0;
        std::vector<std::int64_t> horizontal_shape;
    };

    void open(const HostArray &host);
    void unpack_native(const Rows &native, const Window &wanted,
                       const Conversion &to_host, const HostArray &host) const;
    std::string place_of(std::int64_t column) const;

    ThreadPool &pool_;
    std::vector<FieldContract> inputs_;
    bool flip_ = false;
    std::vector<Guard> guards_;
    bool top_down_ = true;
    LevelPressures pressures_;
    Places places_;
    GuardTally caught_;
    std::vector<Rows> rows_;
    ColumnMarks marks_; // one a column, the open window's included
    std::vector<Window> windows_;
    std::optional<Window> open_;
    std::vector<bool> given_; // inputs of the open window
    bool has_result_ = false;
    Result result_;
};

} // namespace gwparam
