// What one flush leaves for the next, with lag = 1, and a restart carries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scheme/windows.hpp"

namespace gwparam {

class Pending {
  public:
    // A result that is being computed, or one that is there.
    enum class State { nothing, running, done };

    // What is done is in `result`, which must outlive this.
    explicit Pending(Result &result) : result_(result) {}

    // Begins afresh, once the result has its fields.
    void set_fields(bool lags, bool flip);

    // The outputs, and the marks of the guards; none without lag.
    const std::vector<FieldContract> &fields() const { return fields_; }

    State state() const { return state_; }
    void set_state(State state) { state_ = state; }

    // Each throws ERR_ARGUMENT.
    void check_columns(std::int64_t columns) const; // another number than is pending
    void check_nothing_runs(const char *what) const;
    void check_restored() const; // some fields were, others not

    // Float64 arrays of all columns. Both throw ERR_ARGUMENT (nothing is done, or
    // something runs), ERR_CONTRACT (no such field), ERR_SHAPE, ERR_NONFINITE.
    void save(const std::string &name, const gwparam_array *array) const;
    void restore(const std::string &name, const gwparam_array *array);
    void drop_unfinished_restore() { restored_.clear(); }

  private:
    bool is_mark(std::size_t field) const { return field == result_.rows.size(); }

    Result &result_;
    std::vector<FieldContract> fields_;
    bool flip_ = false;
    State state_ = State::nothing;
    std::vector<bool> restored_; // fields given back; empty if none, or all
};

} // namespace gwparam
