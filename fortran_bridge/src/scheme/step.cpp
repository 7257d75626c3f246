// One flush of a scheme: the stages, and where ranks agree between them.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "scheme/scheme.hpp"

namespace gwparam {

void Scheme::flush() {
    try {
        step();
    } catch (...) {
        abandon();
        throw;
    }
    flushed_ = true;
}

// Stages run on under outcome_, so that a rank that failed still comes to the
// agreements. There is one before columns move, since a rank that failed has none to
// send, and one at the end. With lag = 1 the result of the flush before comes in while
// the columns of this one go out.
void Scheme::step() {
    const bool has_running = pending_ == Pending::running;
    const bool needs_own = options_.lag == 0 || pending_ == Pending::nothing;
    outcome_.attempt([&] { prepare(); });
    if (has_running) {
        outcome_.attempt([&] { wait(); });
    }
    agree_before_moving();
    outcome_.attempt([&] { move_in(); });
    if (has_running) {
        outcome_.attempt([&] { move_out(); });
    }
    outcome_.attempt([&] { launch(); });
    if (has_running) {
        outcome_.attempt([&] { finish(); });
    }
    put_in_flight();
    if (needs_own) {
        take_in();
    } else {
        static_cast<void>(agree());
    }
    if (options_.lag == 0) {
        pending_ = Pending::nothing;
    } else {
        pending_ = needs_own ? Pending::done : Pending::running;
    }
}

void Scheme::take_in() {
    outcome_.attempt([&] { wait(); });
    if (plans_.exchange_columns()) {
        const Stopwatch stopwatch(statistics_.wait_seconds);
        static_cast<void>(agree());
    }
    outcome_.attempt([&] { move_out(); });
    outcome_.attempt([&] { finish(); });
    static_cast<void>(agree());
}

// Whether a condition holds on all ranks, none of which failed.
bool Scheme::agree(bool condition) {
    const auto pending = static_cast<std::int64_t>(pending_);
    const Communicator::Values least =
        communicator_.agree(outcome_, {condition ? 1 : 0, pending, -pending});
    if (least[1] != -least[2]) { // else they would wait for each other, or mix steps
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "some ranks carry a result and others do not: restore all");
    }
    return least[0] == 1;
}

// From the host's levels to the network's, in the columns of this rank.
void Scheme::prepare() {
    check_restored();
    // A rank of several may have no columns, and nothing to put at any step.
    const bool is_new = windows_.empty() ? !communicator_.alone() : !flushed_;
    if (open_ || !is_new) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "there is no closed window to run, or one is open");
    }
    static_cast<void>(host_inputs()); // throws unless levels are set
    const std::int64_t columns = columns_put();
    static_cast<void>(plans_.cover(columns)); // throws where positions are needed
    if (pending_ != Pending::nothing && columns != in_flight_.columns) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "there are " + std::to_string(columns) + " columns, expected the " +
                        std::to_string(in_flight_.columns) +
                        " of the flush before, whose result lag = 1 gives");
    }
    for (Rows &rows : host_in_) {
        rows.resize(columns);
    }
    next_marks_.assign(static_cast<std::size_t>(columns), column_passes);
    vertical_->to_network(host_in_, columns, network_in_);
    mark_out_of_range(contract_.inputs, network_in_, contract_.vertical.top_down,
                      options_.range_sigmas, options_.on_range, next_marks_);
}

void Scheme::agree_before_moving() {
    if (!plans_.exchange_columns()) {
        return;
    }
    const Stopwatch stopwatch(statistics_.wait_seconds);
    const std::int64_t columns = columns_put();
    const bool has_plans = outcome_.failed() || plans_.cover(columns);
    if (!agree(has_plans)) {
        plans_.set_count(columns, horizontal_);
    }
}

void Scheme::move_in() {
    const Stopwatch stopwatch(statistics_.exchange_seconds);
    plans_.move_in(network_in_, site_in_);
}

void Scheme::launch() {
    if (!owns()) {
        return;
    }
    if (options_.lag == 0) {
        infer();
    } else {
        background_thread_.start([this] { infer(); });
    }
}

void Scheme::infer() { network_->run(horizontal_, site_in_, site_out_); }

// What is on its way takes along what the way back needs.
void Scheme::put_in_flight() {
    std::swap(in_flight_.host_in, host_in_);
    std::swap(in_flight_.marks, next_marks_);
    in_flight_.columns = columns_put();
}

void Scheme::wait() {
    const Stopwatch stopwatch(statistics_.wait_seconds);
    background_thread_.wait();
    note_network();
}

void Scheme::move_out() {
    const Stopwatch stopwatch(statistics_.exchange_seconds);
    plans_.move_out(site_out_, results_);
}

// From the network's grid and levels to the host's, and the guards.
void Scheme::finish() {
    horizontal_.to_columns(results_, network_out_);
    vertical_->to_host(in_flight_.host_in, network_out_, in_flight_.columns, host_out_);
    marks_ = in_flight_.marks;
    mark_beyond_limits(vertical_->host_outputs(), host_out_, vertical_->host_top_down(),
                       options_.on_limit, marks_);
    const auto guarded =
        in_flight_.columns - std::count(marks_.begin(), marks_.end(), column_passes);
    clear_marked_columns();
    statistics_.runs += 1;
    statistics_.columns += in_flight_.columns;
    statistics_.guarded_columns += guarded;
    statistics_.guarded_columns_last_run = guarded;
}

// Also those that get() leaves alone: what they hold may not be finite.
void Scheme::clear_marked_columns() {
    for (std::size_t column = 0; column < marks_.size(); ++column) {
        if (marks_[column] == column_passes) {
            continue;
        }
        for (Rows &rows : host_out_) {
            std::memset(rows.row(static_cast<std::int64_t>(column)), 0,
                        static_cast<std::size_t>(rows.row_bytes()));
        }
        if (marks_[column] == column_zeroed) {
            marks_[column] = column_passes; // get() hands the zeros out
        }
    }
}

// Drops all that is on its way, so that the next flush begins afresh.
void Scheme::abandon() {
    Outcome ignored;
    ignored.attempt([&] { background_thread_.wait(); });
    outcome_.clear();
    pending_ = Pending::nothing;
    discard();
}

void Scheme::note_network() {
    site_bytes_ = horizontal_.bytes() + bytes_of(site_in_) + bytes_of(site_out_);
    if (network_ == nullptr) {
        return;
    }
    const DeviceInfo device = network_->device();
    statistics_.on_cuda = device.is_accelerator ? 1 : 0;
    statistics_.on_graphs = device.repeats_recorded ? 1 : 0;
    statistics_.fell_back = network_->fell_back() ? 1 : 0;
    statistics_.host_to_device_bytes = device.traffic.to_device_bytes;
    statistics_.device_to_host_bytes = device.traffic.to_host_bytes;
    statistics_.inference_seconds = network_->seconds();
}

std::int64_t Scheme::columns_put() const {
    return windows_.empty() ? 0 : windows_.back().first + windows_.back().columns;
}

} // namespace gwparam
