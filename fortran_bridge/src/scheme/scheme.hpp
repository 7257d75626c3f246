// A network at work on the columns of a host: what a gwparam_scheme handle stands for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/guard.hpp"
#include "columns/horizontal.hpp"
#include "columns/vertical.hpp"
#include "ranks/communicator.hpp"
#include "ranks/exchange_plans.hpp"
#include "ranks/placement.hpp"
#include "scheme/network.hpp"
#include "threads/background_thread.hpp"

namespace gwparam {

// Values of the caller, in a row.
template <typename Value> struct Span {
    const Value *values;
    std::int64_t count;
};

class Scheme {
  public:
    // Collective, as are set_columns, flush and synchronise.
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
    // Kind is GWPARAM_INPUT, _OUTPUT or _CARRIED; past the last there is no name.
    FieldContract field(std::int32_t kind, std::int64_t number) const;
    void put(const std::string &name, const char *units, const gwparam_array *array);
    std::int64_t add_columns();
    void flush();
    void close_and_flush(); // add_columns and flush, collective as flush
    void begin_afresh(); // drops what was put, and a failure that others do not know of
    void get(std::int64_t window, const std::string &name, const char *units,
             const gwparam_array *array) const;

    // What is pending from one flush to the next (restart.cpp).
    bool synchronise();
    void save(const std::string &name, const gwparam_array *array) const;
    void restore(const std::string &name, const gwparam_array *array);
    void restore_statistics(const gwparam_statistics &statistics);

    const std::string &contract_json() const { return json_; }
    std::int32_t geometry() const; // GWPARAM_COLUMN, _STENCIL or _GLOBAL
    gwparam_statistics statistics() const;

  private:
    // A run of columns that the host handed over together.
    struct Window {
        std::int64_t first = 0;
        std::int64_t columns = 0;
        std::vector<std::int64_t> horizontal_shape;
    };

    // Columns on their way through the network.
    struct InFlight {
        std::int64_t columns = 0;
        ColumnMarks marks;
        std::vector<Rows> host_in; // pressures, for the way back
    };

    // What one flush leaves for the next: nothing, a result that is being computed, or
    // one that is in host_out_.
    enum class Pending { nothing, running, done };

    bool owns() const { return placement_.owner == communicator_.rank(); }
    void pack_input(const std::string &name, const char *units,
                    const gwparam_array *array);
    void discard();
    void open_window(const HostArray &host);
    void check_restored() const;
    void check_nothing_runs(const char *what) const;
    void set_positions(const std::vector<double> &latitude,
                       const std::vector<double> &longitude);
    std::vector<FieldContract> pending_fields() const;
    std::size_t pending_number(const std::string &name) const;
    const std::vector<FieldContract> &host_inputs() const;

    // The stages of a flush, in their order.
    void step();
    void prepare();
    bool agree(bool condition = true);
    void agree_before_moving();
    void move_in();
    void launch();
    void put_in_flight();
    void wait();
    void move_out();
    void finish();
    void abandon();

    void take_in(); // wait, move_out and finish, where nothing else is to be done
    void infer();
    void note_network();
    std::int64_t columns_put() const;
    void clear_marked_columns();

    Communicator communicator_;
    gwparam_options options_;
    std::string json_;
    Contract contract_;
    Placement placement_;
    HorizontalStage horizontal_;
    ExchangePlans plans_;
    std::unique_ptr<Network> network_;      // of an owner
    std::optional<VerticalStage> vertical_; // from set_levels on
    bool flip_ = false; // the host's vertical order is not that of the rows

    std::vector<Rows> host_in_;
    std::vector<Rows> host_out_;
    std::vector<Rows> network_in_; // of the columns of this rank
    std::vector<Rows> results_;    // that the columns of this rank need
    std::vector<Rows> network_out_;
    std::vector<Rows> site_in_; // of the columns whose network this rank runs
    std::vector<Rows> site_out_;
    std::int64_t site_bytes_ = 0; // of those two and the network's batch, which a
                                  // thread may have at the moment

    std::vector<Window> windows_;
    std::optional<Window> open_;
    std::vector<bool> given_; // inputs of the open window
    bool flushed_ = false;

    Outcome outcome_;
    ColumnMarks next_marks_; // of what is prepared
    InFlight in_flight_;
    ColumnMarks marks_; // of host_out_
    Pending pending_ = Pending::nothing;
    std::vector<bool> restored_; // fields given back; empty if none
    gwparam_statistics statistics_{};
    BackgroundThread
        background_thread_; // last, so that it ends before what it works on
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
