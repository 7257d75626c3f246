// One flush of a scheme: its stages, and where ranks agree between them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/guards/guards.hpp"
#include "columns/guards/tally.hpp"
#include "columns/momentum.hpp"
#include "columns/places.hpp"
#include "columns/taper.hpp"
#include "columns/trace.hpp"
#include "columns/vertical.hpp"
#include "ranks/communicator.hpp"
#include "scheme/inference.hpp"
#include "scheme/member_choice.hpp"
#include "scheme/native_fallback.hpp"
#include "scheme/pending.hpp"
#include "scheme/windows.hpp"

namespace gwparam {

class Step {
  public:
    // What a step works on; all of it must outlive this.
    struct Parts {
        const Communicator &communicator;
        const Contract &contract;
        const gwparam_options &options;
        Outcome &outcome; // of this rank since the last agreement
        Windows &windows;
        Pending &pending;
        Inference &inference;
        const MemberChoice &choice;
    };
    explicit Step(const Parts &parts);

    // Pressures of the host's levels from the top [Pa].
    void set_levels(const std::vector<double> &pressure);
    // Both throw ERR_ARGUMENT unless levels are set.
    void check_levels() const;
    const VerticalStage &vertical() const;
    const std::vector<Guard> &guards() const { return guards_; }
    const LevelPressures &pressures() const { return pressures_; }
    // What the guards caught in all runs, and in the last one; one a guard.
    const GuardTally &tally() const { return tally_; }
    const GuardTally &last_tally() const { return last_tally_; }
    // Of the run whose result there is; empty without the option trace.
    const Trace &trace() const { return trace_; }

    // The host's scheme for the columns that guards leave to it, and whether it is
    // there where they may.
    NativeFallback &native() { return native_; }
    void check_native() const { native_.check(parts_.options); }

    // Both are collective and drop all that was put, or is on its way, if they throw.
    void flush();
    bool synchronise(); // whether there is a result to save

    // By which number the next run draws a member; later ones count on. Throws
    // ERR_ARGUMENT.
    void set_draw(std::int64_t number);
    void restore_counters(const gwparam_statistics &statistics);
    gwparam_statistics statistics() const;

  private:
    // What the way back needs of columns that are on their way.
    struct InFlight {
        ColumnMarks marks; // one a column
        Places places;
        GuardTally caught;
        Trace trace;
        VerticalStage::Pressures pressures;
        std::int64_t member = 0; // that runs on them
    };

    template <typename Body> void or_abandon(Body &&body);

    // The stages, in their order.
    void run_stages();
    void prepare();
    void agree_before_moving();
    void move_in();
    void wait();
    void move_out();
    void finish();

    void take_in(); // wait, move_out and finish, where nothing else is to be done
    void fall_back();
    bool agree(bool condition = true);
    std::int64_t next_run() const; // its number, with what is under way
    void look(Guard::Sees what, const std::vector<FieldContract> &fields,
              std::vector<Rows> &rows, bool top_down, std::int64_t run,
              InFlight &columns, ThreadPool &pool) const;

    void trace(TraceStage stage, const std::vector<Rows> &rows,
               InFlight &columns) const;

    const Parts parts_;
    std::vector<Guard> guards_;
    LevelPressures pressures_;
    GuardTally tally_;
    GuardTally last_tally_;
    ColumnMomentum momentum_;
    Taper taper_;
    NativeFallback native_;
    Trace trace_;
    std::optional<VerticalStage> vertical_; // from set_levels on
    std::vector<Rows> network_in_;          // of the columns of this rank
    std::vector<Rows> network_out_;
    InFlight next_; // what is prepared
    InFlight in_flight_;
    gwparam_statistics statistics_{};
    std::int64_t draw_ = 0;        // of the run that began last
    std::int64_t draws_ahead_ = 0; // of the numbers of runs
};

} // namespace gwparam
