// A network at work on the columns of a host: what a gwparam_scheme handle stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "artefact/contract.hpp"
#include "artefact/description.hpp"
#include "base/stopwatch.hpp"
#include "ranks/communicator.hpp"
#include "scheme/inference.hpp"
#include "scheme/member_choice.hpp"
#include "scheme/pending.hpp"
#include "scheme/positions.hpp"
#include "scheme/step.hpp"
#include "scheme/windows.hpp"

namespace gwparam {

class Scheme {
  public:
    // Collective, as are set_columns, set_cells, flush, synchronise and gather.
    Scheme(const std::string &path, const gwparam_options &options,
           Communicator communicator = Communicator());
    Scheme(const Scheme &) = delete;
    Scheme &operator=(const Scheme &) = delete;

    // Where all that follows is a call of one rank alone, a failure is kept for the
    // others: they learn of it in the next collective call.
    template <typename Body> void locally(Body &&body);

    void set_levels(std::int32_t order, std::int64_t nlev, const double *pressure);
    void set_columns(const gwparam_array *latitude, const gwparam_array *longitude,
                     const char *units);
    void set_cells(const Span<double> &latitude, const Span<double> &longitude,
                   const char *units, const Span<std::int64_t> &cell);
    // Kind is GWPARAM_INPUT, _OUTPUT or _PENDING; past the last there is no name.
    FieldContract field(std::int32_t kind, std::int64_t number) const;

    void put(const std::string &name, const char *units, const gwparam_array *array);
    // The host's scheme for columns that guards leave to it; null: none.
    void set_native(gwparam_native_procedure procedure, void *context) {
        step_.native().set(procedure, context);
    }
    void put_place(const gwparam_array *latitude, const gwparam_array *longitude,
                   const char *units, const char *date);
    bool has_open_window() const { return windows_.is_open(); }
    std::int64_t add_columns();
    void flush() { step_.flush(); }
    void close_and_flush(); // add_columns and flush, collective as flush
    void begin_afresh(); // drops what was put, and a failure that others do not know of
    void get(std::int64_t window, const std::string &name, const char *units,
             const gwparam_array *array) const {
        const Stopwatch stopwatch(get_seconds_);
        windows_.get(window, name, units, array);
    }

    bool synchronise() { return step_.synchronise(); }
    void save(const std::string &name, const gwparam_array *array) const;
    void restore(const std::string &name, const gwparam_array *array);
    void restore_statistics(const gwparam_statistics &statistics) {
        step_.restore_counters(statistics);
    }

    void set_draw(std::int64_t number) { step_.set_draw(number); }
    // That a run of this number has, from 1; 0: the mean of several.
    std::int64_t member(std::int64_t run) const;

    // What guard `number`, from 1, caught on this rank, and on which levels from the
    // top; past the last guard there is no name.
    // Throws ERR_ARGUMENT: no trace, no result, no such stage.
    const std::vector<std::uint64_t> &trace(std::int32_t stage) const;
    gwparam_guard_report guard(std::int64_t number,
                               std::vector<std::int64_t> &levels) const;
    int rank() const { return communicator_.rank(); }
    int ranks() const { return communicator_.size(); }
    // Runs a part of a collective call; what it throws, the call throws on all ranks.
    template <typename Body> void attempt(Body &&body) { outcome_.attempt(body); }
    // Collective, as many on each rank: rank 0 has the numbers of all ranks, in their
    // order.
    std::vector<std::int64_t> gather(const std::vector<std::int64_t> &mine);

    const std::string &contract_json() const { return json_; }
    std::string description() const { return gwparam::description(contract_); }
    const std::string &sha256() const {
        return sha256_;
    } // of the file that rank 0 read
    std::int32_t geometry() const; // GWPARAM_COLUMN, _STENCIL or _GLOBAL
    gwparam_statistics statistics() const;

  private:
    // Drops what was put if the body throws.
    template <typename Body> auto or_discard(Body &&body);
    template <typename Find> void set_positions(Find &&find);

    double load_seconds_ = 0.0;
    double put_seconds_ = 0.0;
    mutable double get_seconds_ = 0.0;
    std::optional<Stopwatch> loading_{load_seconds_}; // first, and gone at the end
    Communicator communicator_;
    gwparam_options options_;
    std::string json_;
    std::string sha256_;
    Contract contract_;
    MemberChoice choice_;
    Outcome outcome_;
    Inference inference_;
    Windows windows_;
    Pending pending_;
    Step step_;
};

template <typename Body> void Scheme::locally(Body &&body) {
    try {
        body();
    } catch (...) {
        if (!communicator_.alone()) {
            outcome_.attempt([] { throw; });
        }
        throw;
    }
}

} // namespace gwparam
