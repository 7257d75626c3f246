#include "scheme/step.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/constants.hpp"
#include "base/error.hpp"
#include "base/stopwatch.hpp"

namespace gwparam {

namespace {

// As restart files hold them, whose numbers are float64.
constexpr std::int64_t most_runs = std::int64_t{1} << 53;

} // namespace

Step::Step(const Parts &parts)
    : parts_(parts), guards_(guards_of(parts.options)), tally_(guards_.size()),
      last_tally_(guards_.size()), network_in_(rows_for(parts.contract.inputs)),
      network_out_(rows_for(parts.contract.outputs)) {
    parts_.inference.note(statistics_);
}

void Step::set_levels(const std::vector<double> &pressure) {
    const Vertical &its = parts_.contract.vertical;
    vertical_.emplace(parts_.contract, static_cast<std::int64_t>(pressure.size()));
    pressures_ = {pressure, pressure};
    const std::vector<double> of_rows =
        vertical_->host_top_down()
            ? pressure
            : std::vector<double>(pressure.rbegin(), pressure.rend());
    taper_ = Taper(parts_.options, of_rows);
    if (parts_.options.on_momentum != GWPARAM_GUARD_IGNORE) {
        momentum_ = ColumnMomentum(vertical_->host_outputs(), of_rows);
    }
    if (its.kind == VerticalKind::pressure) {
        pressures_.network.resize(its.a.size());
        for (std::size_t l = 0; l < its.a.size(); ++l) {
            pressures_.network[l] = its.a[l] + its.b[l] * reference_surface_pressure;
        }
        if (!its.top_down) {
            std::reverse(pressures_.network.begin(), pressures_.network.end());
        }
    }
    const GuardTally none(guards_.size());
    next_ = {{}, {}, none, {}, vertical_->room_for_pressures(), 0};
    in_flight_ = {{}, {}, none, {}, vertical_->room_for_pressures(), 0};
}

void Step::check_levels() const {
    if (!vertical_) {
        throw Error(GWPARAM_ERR_ARGUMENT, "the host's levels are not set");
    }
}

const VerticalStage &Step::vertical() const {
    check_levels();
    return *vertical_;
}

// After a failure the next flush begins afresh.
template <typename Body> void Step::or_abandon(Body &&body) {
    try {
        body();
    } catch (...) {
        Outcome ignored;
        ignored.attempt([&] { parts_.inference.wait(); });
        parts_.outcome.clear();
        parts_.pending.set_state(Pending::State::nothing);
        parts_.windows.discard();
        throw;
    }
}

void Step::flush() {
    or_abandon([&] { run_stages(); });
    parts_.windows.result_is_there();
}

bool Step::synchronise() {
    or_abandon([&] {
        if (parts_.pending.state() == Pending::State::running) {
            take_in();
            static_cast<void>(agree());
            parts_.pending.set_state(Pending::State::done);
        } else { // tell the others what failed since the last flush
            parts_.communicator.agree(parts_.outcome);
        }
    });
    parts_.windows.discard(); // what get() had is overwritten
    return parts_.pending.state() == Pending::State::done;
}

// Stages run on under the outcome, so that a rank that failed still comes to the
// agreements. There is one before columns move, since a rank that failed has none to
// send, and one at the end. With lag = 1 the result of the flush before comes in while
// the columns of this one go out.
void Step::run_stages() {
    Outcome &outcome = parts_.outcome;
    draw_ = next_run() + draws_ahead_;
    const bool lags = parts_.options.lag != 0;
    const bool has_running = parts_.pending.state() == Pending::State::running;
    const bool needs_own = !lags || parts_.pending.state() == Pending::State::nothing;
    outcome.attempt([&] { prepare(); });
    if (has_running) {
        outcome.attempt([&] { wait(); });
    }
    agree_before_moving();
    outcome.attempt([&] { move_in(); });
    if (has_running) {
        outcome.attempt([&] { move_out(); });
    }
    next_.member = parts_.choice.of_run(draw_);
    outcome.attempt([&] { parts_.inference.launch(next_.member); });
    if (has_running) {
        outcome.attempt([&] { finish(); });
    }
    std::swap(in_flight_, next_);
    if (needs_own) {
        take_in();
    }
    outcome.attempt([&] { fall_back(); });
    static_cast<void>(agree());
    if (lags) {
        parts_.pending.set_state(needs_own ? Pending::State::done
                                           : Pending::State::running);
    } else if (parts_.communicator.alone()) {
        parts_.inference.give_back(network_in_, network_out_);
        parts_.windows.give_back(network_in_);
    }
}

void Step::take_in() {
    Outcome &outcome = parts_.outcome;
    outcome.attempt([&] { wait(); });
    if (parts_.inference.plans().exchange_columns()) {
        const Stopwatch stopwatch(statistics_.wait_seconds);
        static_cast<void>(agree());
    }
    outcome.attempt([&] { move_out(); });
    outcome.attempt([&] { finish(); });
}

// As a result is given, not as it is computed: only then the host has its state at
// hand.
void Step::fall_back() {
    native_.apply(parts_.windows.result(),
                  static_cast<std::int64_t>(pressures_.host.size()),
                  parts_.windows.flips(), parts_.windows.places());
}

// Whether a condition holds on all ranks, none of which failed.
bool Step::agree(bool condition) {
    constexpr std::int64_t states = 4;
    const auto pending = static_cast<std::int64_t>(parts_.pending.state());
    const std::int64_t same = pending + (parts_.choice.draws() ? states * draw_ : 0);
    const Communicator::Values least = parts_.communicator.agree(
        parts_.outcome,
        {condition ? 1 : 0, same, -same, -statistics_.guarded_columns_last_run});
    statistics_.guarded_columns_of_worst_rank = -least[3];
    if (least[1] / states != -least[2] / states) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "ranks draw members by different numbers: restore the statistics "
                    "of all, or set the draw on all");
    }
    if (least[1] != -least[2]) { // else they would wait for each other, or mix steps
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "some ranks carry a result and others do not: restore all");
    }
    return least[0] == 1;
}

std::int64_t Step::next_run() const {
    const bool has_running = parts_.pending.state() == Pending::State::running;
    return statistics_.runs + (has_running ? 2 : 1);
}

// From the host's levels to the network's, in the columns of this rank.
void Step::prepare() {
    parts_.pending.check_restored();
    check_native();
    Windows &windows = parts_.windows;
    // A rank of several may have no columns, and nothing to put at any step.
    const bool is_new =
        windows.none_closed() ? !parts_.communicator.alone() : !windows.has_result();
    if (windows.is_open() || !is_new) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "there is no closed window to run, or one is open");
    }
    ThreadPool &pool = parts_.inference.pool();
    const VerticalStage &stage = vertical();
    const std::int64_t columns = windows.columns();
    // Throws where positions are needed.
    static_cast<void>(parts_.inference.plans().cover(columns));
    parts_.pending.check_columns(columns);
    next_.marks = windows.marks();
    next_.places = windows.places();
    next_.caught = windows.caught();
    {
        const Stopwatch stopwatch(statistics_.levels_seconds);
        trace(trace_put, windows.rows(), next_);
        stage.to_network(windows.take(), columns, network_in_, next_.pressures, pool);
        trace(trace_network_inputs, network_in_, next_);
    }
    const Contract &contract = parts_.contract;
    look(Guard::Sees::inputs, contract.inputs, network_in_, contract.vertical.top_down,
         next_run(), next_, pool);
}

// Applies the guards that see such fields.
void Step::look(Guard::Sees what, const std::vector<FieldContract> &fields,
                std::vector<Rows> &rows, bool top_down, std::int64_t run,
                InFlight &columns, ThreadPool &pool) const {
    const Watch watch{top_down,
                      [&](std::int64_t column) { return columns.places.text(column); },
                      [&](const CaughtColumn &its) {
                          columns.caught.note(its, guards_[its.guard], top_down,
                                              pressures_, columns.places, run);
                      }};
    apply(guards_, what, fields, rows, watch, columns.marks, pool);
}

// Sums of the columns where they are; none unless they are asked for.
void Step::trace(TraceStage stage, const std::vector<Rows> &rows,
                 InFlight &columns) const {
    if (parts_.options.trace != 0) {
        columns.trace.sums[stage] =
            sums_of_columns(rows, static_cast<std::int64_t>(columns.marks.size()),
                            parts_.inference.pool());
    }
}

void Step::agree_before_moving() {
    const ExchangePlans &plans = parts_.inference.plans();
    if (!plans.exchange_columns()) {
        return;
    }
    const Stopwatch stopwatch(statistics_.wait_seconds);
    const std::int64_t columns = parts_.windows.columns();
    const bool has_plans = parts_.outcome.failed() || plans.cover(columns);
    if (!agree(has_plans)) {
        parts_.inference.set_count(columns);
    }
}

void Step::move_in() {
    const Stopwatch stopwatch(statistics_.exchange_seconds);
    parts_.inference.move_in(std::move(network_in_));
}

void Step::wait() {
    const Stopwatch stopwatch(statistics_.wait_seconds);
    parts_.inference.wait();
    parts_.inference.note(statistics_);
}

void Step::move_out() {
    const Stopwatch stopwatch(statistics_.exchange_seconds);
    parts_.inference.move_out();
}

// From the network's grid and levels to the host's, and the guards.
void Step::finish() {
    ThreadPool &pool = parts_.inference.pool();
    const VerticalStage &stage = vertical();
    Result &result = parts_.windows.result();
    const auto columns = static_cast<std::int64_t>(in_flight_.marks.size());
    parts_.inference.to_columns(network_out_);
    trace(trace_network_outputs, network_out_, in_flight_);
    {
        const Stopwatch stopwatch(statistics_.levels_seconds);
        stage.to_host(std::move(network_out_), in_flight_.pressures, columns,
                      result.rows, pool);
    }
    trace(trace_outputs, result.rows, in_flight_);
    look(Guard::Sees::outputs, result.fields, result.rows, stage.host_top_down(),
         statistics_.runs + 1, in_flight_, pool);
    look(Guard::Sees::momentum, momentum_.fields(), momentum_.of(result.rows, pool),
         stage.host_top_down(), statistics_.runs + 1, in_flight_, pool);
    result.marks = in_flight_.marks;
    const std::int64_t guarded = clear_marked(result.marks, result.rows);
    trace(trace_guarded, result.rows, in_flight_);
    std::swap(trace_, in_flight_.trace);
    statistics_.momentum_imbalance =
        stage.momentum_imbalance(in_flight_.pressures, result.rows, pool);
    taper_.apply(result.fields, result.rows, pool);
    last_tally_ = in_flight_.caught;
    tally_.add(last_tally_);
    statistics_.member = static_cast<std::int32_t>(in_flight_.member);
    statistics_.runs += 1;
    statistics_.columns += columns;
    statistics_.guarded_columns += guarded;
    statistics_.guarded_columns_last_run = guarded;
}

void Step::set_draw(std::int64_t number) {
    if (number < 1 || number > most_runs) {
        throw Error(GWPARAM_ERR_ARGUMENT, "the number of a draw is " +
                                              std::to_string(number) +
                                              ", expected 1 to 2^53");
    }
    draws_ahead_ = number - next_run();
}

void Step::restore_counters(const gwparam_statistics &statistics) {
    if (statistics.runs > most_runs) {
        throw Error(GWPARAM_ERR_ARGUMENT, "runs is " + std::to_string(statistics.runs) +
                                              ", expected at most 2^53");
    }
    for (const std::int64_t counter :
         {statistics.runs, statistics.columns, statistics.guarded_columns,
          statistics.guarded_columns_last_run, std::int64_t{statistics.member}}) {
        if (counter < 0) {
            throw Error(GWPARAM_ERR_ARGUMENT, "a counter is " +
                                                  std::to_string(counter) +
                                                  ", expected at least 0");
        }
    }
    draws_ahead_ = 0;
    statistics_.runs = statistics.runs;
    statistics_.columns = statistics.columns;
    statistics_.guarded_columns = statistics.guarded_columns;
    statistics_.member = statistics.member;
    statistics_.guarded_columns_last_run = statistics.guarded_columns_last_run;
}

gwparam_statistics Step::statistics() const {
    gwparam_statistics statistics = statistics_;
    statistics.staging_bytes += parts_.inference.bytes() + parts_.windows.bytes() +
                                bytes_of(network_in_) + bytes_of(network_out_) +
                                next_.pressures.bytes() + in_flight_.pressures.bytes();
    statistics.messages = parts_.inference.plans().messages();
    statistics.message_bytes = parts_.inference.plans().message_bytes();
    return statistics;
}

} // namespace gwparam
