#include "scheme/scheme.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "artefact/archive.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"
#include "columns/host_levels.hpp"
#include "scheme/options.hpp"

namespace gwparam {

namespace {

// What rank 0 reads, so that only those who run the network need its file.
template <typename Read>
std::string of_all(const Communicator &communicator, Read &&read) {
    std::string text;
    communicator.together([&] {
        if (communicator.rank() == 0) {
            text = read();
        }
    });
    communicator.broadcast(0, text);
    return text;
}

// NUL-terminated, cut to fit.
template <std::size_t size>
void copy_cut(const std::string &text, char (&target)[size]) {
    std::strncpy(target, text.c_str(), size - 1);
}

} // namespace

Scheme::Scheme(const std::string &path, const gwparam_options &options,
               Communicator communicator)
    : communicator_(std::move(communicator)),
      options_(checked_options(communicator_, options)),
      json_(of_all(communicator_, [&] { return Archive(path).extra(contract_file); })),
      sha256_(of_all(communicator_, [&] { return sha256_of_file(path); })),
      contract_(parse_contract(json_)), choice_(options_, contract_.members),
      inference_(communicator_, path, json_, contract_, options_, choice_),
      windows_(inference_.pool()), pending_(windows_.result()),
      step_({communicator_, contract_, options_, outcome_, windows_, pending_,
             inference_, choice_}) {
    loading_.reset();
}

template <typename Body> auto Scheme::or_discard(Body &&body) {
    try {
        return body();
    } catch (...) {
        windows_.discard();
        throw;
    }
}

void Scheme::set_levels(std::int32_t order, std::int64_t nlev, const double *pressure) {
    pending_.check_nothing_runs("levels");
    check_host_levels(contract_.vertical, order, nlev, pressure);
    std::vector<double> from_top(pressure, pressure + nlev);
    if (order == GWPARAM_BOTTOM_UP) {
        std::reverse(from_top.begin(), from_top.end());
    }
    step_.set_levels(from_top);
    const VerticalStage &vertical = step_.vertical();
    const bool flip = (order == GWPARAM_TOP_DOWN) != vertical.host_top_down();
    windows_.set_fields(vertical.host_inputs(), vertical.host_outputs(), flip);
    windows_.set_guards(step_.guards(), vertical.host_top_down(), step_.pressures());
    pending_.set_fields(options_.lag != 0, flip);
}

template <typename Find> void Scheme::set_positions(Find &&find) {
    Positions positions;
    outcome_.attempt([&] {
        pending_.check_nothing_runs("positions");
        positions = find();
    });
    or_discard([&] {
        communicator_.agree(outcome_);
        inference_.set_positions(positions);
    });
}

void Scheme::set_columns(const gwparam_array *latitude, const gwparam_array *longitude,
                         const char *units) {
    set_positions([&] { return positions_of_columns(latitude, longitude, units); });
}

void Scheme::set_cells(const Span<double> &latitude, const Span<double> &longitude,
                       const char *units, const Span<std::int64_t> &cell) {
    set_positions([&] { return positions_of_cells(latitude, longitude, units, cell); });
}

FieldContract Scheme::field(std::int32_t kind, std::int64_t number) const {
    const VerticalStage &vertical = step_.vertical();
    if (kind < GWPARAM_INPUT || kind > GWPARAM_PENDING) {
        reject_argument("kind is " + std::to_string(kind) + ", expected 1 to 3");
    }
    const std::vector<FieldContract> &fields =
        kind == GWPARAM_INPUT    ? vertical.host_inputs()
        : kind == GWPARAM_OUTPUT ? vertical.host_outputs()
                                 : pending_.fields();
    if (number < 1) {
        reject_argument("number is " + std::to_string(number) +
                        ", expected at least 1");
    }
    const auto i = static_cast<std::size_t>(number - 1);
    return i < fields.size() ? fields[i] : FieldContract{};
}

void Scheme::put(const std::string &name, const char *units,
                 const gwparam_array *array) {
    const Stopwatch stopwatch(put_seconds_);
    or_discard([&] {
        step_.check_levels();
        pending_.check_restored();
        step_.check_native();
        windows_.put(name, units, array);
    });
}

void Scheme::put_place(const gwparam_array *latitude, const gwparam_array *longitude,
                       const char *units, const char *date) {
    or_discard([&] {
        step_.check_levels();
        windows_.put_place(latitude, longitude, units, date);
    });
}

std::int64_t Scheme::add_columns() {
    return or_discard([&] {
        step_.check_levels();
        return windows_.close();
    });
}

void Scheme::close_and_flush() {
    // Kept, not thrown: the other ranks are on their way to the flush.
    const bool nothing_was_put =
        !windows_.is_open() && windows_.none_closed() && !communicator_.alone();
    if (!nothing_was_put) {
        outcome_.attempt([&] { add_columns(); });
    }
    flush();
}

void Scheme::begin_afresh() {
    outcome_.clear();
    pending_.drop_unfinished_restore();
    windows_.discard();
}

void Scheme::save(const std::string &name, const gwparam_array *array) const {
    step_.check_levels();
    pending_.save(name, array);
}

void Scheme::restore(const std::string &name, const gwparam_array *array) {
    step_.check_levels();
    const bool is_late = windows_.is_open() || !windows_.none_closed() ||
                         pending_.state() == Pending::State::running;
    if (is_late) {
        reject_argument("restore comes before the first put");
    }
    pending_.restore(name, array);
}

std::int64_t Scheme::member(std::int64_t run) const {
    if (run < 1) {
        reject_argument("run is " + std::to_string(run) + ", expected at least 1");
    }
    return choice_.of_run(run);
}

gwparam_statistics Scheme::statistics() const {
    gwparam_statistics statistics = step_.statistics();
    statistics.load_seconds = load_seconds_;
    statistics.put_seconds = put_seconds_;
    statistics.get_seconds = get_seconds_;
    return statistics;
}

gwparam_guard_report Scheme::guard(std::int64_t number,
                                   std::vector<std::int64_t> &levels) const {
    if (number < 1) {
        reject_argument("number is " + std::to_string(number) +
                        ", expected at least 1");
    }
    gwparam_guard_report report{};
    const auto g = static_cast<std::size_t>(number - 1);
    if (g >= step_.guards().size()) {
        return report;
    }
    const Guard &guard = step_.guards()[g];
    const Caught &caught = step_.tally().of(g);
    const Catch &worst = caught.worst;
    report.policy = guard.policy;
    report.columns = caught.columns;
    report.columns_last_run = step_.last_tally().of(g).columns;
    copy_cut(guard.name, report.name);
    report.worst = {worst.excess,
                    worst.value,
                    worst.latitude,
                    worst.longitude,
                    worst.pressure,
                    worst.run,
                    static_cast<std::int32_t>(worst.level),
                    communicator_.rank(),
                    {},
                    {},
                    {}};
    copy_cut(worst.field, report.worst.field);
    copy_cut(worst.units, report.worst.units);
    copy_cut(worst.date, report.worst.date);
    levels = caught.levels;
    // As many on all ranks: half levels are one more.
    const LevelPressures &known = step_.pressures();
    levels.resize(std::max(known.host.size(), known.network.size()) + 1);
    return report;
}

const std::vector<std::uint64_t> &Scheme::trace(std::int32_t stage) const {
    if (options_.trace == 0) {
        reject_argument("the option trace is 0, expected 1 for sums of columns");
    }
    if (!windows_.has_result()) {
        reject_argument("nothing was run since the last put");
    }
    if (stage < GWPARAM_TRACE_PUT || stage > GWPARAM_TRACE_GUARDED) {
        reject_argument("stage is " + std::to_string(stage) + ", expected 1 to 5");
    }
    return step_.trace().sums[static_cast<std::size_t>(stage - GWPARAM_TRACE_PUT)];
}

std::vector<std::int64_t> Scheme::gather(const std::vector<std::int64_t> &mine) {
    communicator_.agree(outcome_);
    return communicator_.gather(mine);
}

std::int32_t Scheme::geometry() const {
    switch (contract_.geometry.kind) {
    case GeometryKind::column:
        return GWPARAM_COLUMN;
    case GeometryKind::stencil:
        return GWPARAM_STENCIL;
    case GeometryKind::global:
        return GWPARAM_GLOBAL;
    }
    throw Error(GWPARAM_ERR_INTERNAL, "unknown geometry");
}

} // namespace gwparam
