#include "engine/plan.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace gwparam {

namespace {

// Slots that nobody uses, by where they begin.
class Slots {
  public:
    // The first gap that is large enough.
    std::int64_t take(std::int64_t count) {
        for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
            if (gap->second < count) {
                continue;
            }
            const auto [first, size] = *gap;
            gaps_.erase(gap);
            if (size > count) {
                gaps_.emplace(first + count, size - count);
            }
            return first;
        }
        std::int64_t first = end_;
        if (!gaps_.empty() && last_gap_ends() == end_) {
            first = gaps_.rbegin()->first;
            gaps_.erase(std::prev(gaps_.end()));
        }
        end_ = first + count;
        return first;
    }

    void give_back(std::int64_t first, std::int64_t count) {
        const auto next = gaps_.lower_bound(first);
        if (next != gaps_.end() && next->first == first + count) {
            count += next->second;
            gaps_.erase(next);
        }
        auto before = gaps_.lower_bound(first);
        if (before != gaps_.begin()) {
            --before;
            if (before->first + before->second == first) {
                before->second += count;
                return;
            }
        }
        gaps_.emplace(first, count);
    }

    std::int64_t end() const { return end_; }

  private:
    std::int64_t last_gap_ends() const {
        return gaps_.rbegin()->first + gaps_.rbegin()->second;
    }

    std::map<std::int64_t, std::int64_t> gaps_;
    std::int64_t end_ = 0;
};

struct Block {
    std::int64_t element; // the first one
    std::int64_t size;
    std::int64_t slot;
    std::size_t last_use; // the instruction that reads it last, or makes it
};

class Planner {
  public:
    explicit Planner(const Program &program) : program_(program) {
        for (const ProgramInput &input : program.inputs) {
            add_block(input.size, 0);
        }
        for (std::size_t i = 0; i < program.instructions.size(); ++i) {
            for (const Operand &argument : program.instructions[i].arguments) {
                note_use(argument, i);
            }
            add_block(program.instructions[i].size, i);
        }
        for (const ProgramOutput &output : program.outputs) {
            note_use(output.from, program.instructions.size());
        }
        ends_.resize(program.instructions.size() + 1);
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            ends_[blocks_[i].last_use].push_back(i);
        }
    }

    ProgramPlan plan() {
        ProgramPlan plan;
        std::map<Operation, std::size_t> made;
        std::size_t block = 0;
        for (; block < program_.inputs.size(); ++block) {
            blocks_[block].slot = slots_.take(blocks_[block].size);
            plan.inputs.push_back(blocks_[block].slot);
        }
        for (std::size_t i = 0; i < program_.instructions.size(); ++i, ++block) {
            PlannedStep step{program_.instructions[i]};
            step.among = made[step.instruction.operation]++;
            step.slot = slots_.take(blocks_[block].size);
            blocks_[block].slot = step.slot;
            std::int64_t gathered = 0;
            for (Operand &argument : step.instruction.arguments) {
                argument = slots_of(argument);
                gathered += in_a_row(argument) ? 0 : size_of(argument);
            }
            if (!is_elementwise(step.instruction.operation)) {
                plan.gathered = std::max(plan.gathered, gathered);
            }
            plan.steps.push_back(std::move(step));
            for (const std::size_t ended : ends_[i]) {
                slots_.give_back(blocks_[ended].slot, blocks_[ended].size);
            }
        }
        for (const ProgramOutput &output : program_.outputs) {
            plan.outputs.push_back(slots_of(output.from));
        }
        plan.slots = slots_.end();
        return plan;
    }

  private:
    void add_block(std::int64_t size, std::size_t made_by) {
        blocks_.push_back({elements_, size, 0, made_by});
        elements_ += size;
    }

    std::size_t block_of(std::int64_t element) const {
        const auto after = std::upper_bound(
            blocks_.begin(), blocks_.end(), element,
            [](std::int64_t its, const Block &block) { return its < block.element; });
        return static_cast<std::size_t>(after - blocks_.begin()) - 1;
    }

    // The part of a run that lies in the block of its first element.
    Run first_part(const Run &run) const {
        const Block &block = blocks_[block_of(run.start)];
        std::int64_t count = run.count;
        if (run.step > 0) {
            const std::int64_t room = block.element + block.size - 1 - run.start;
            count = std::min(count, room / run.step + 1);
        } else if (run.step < 0) {
            count = std::min(count, (run.start - block.element) / -run.step + 1);
        }
        return {false, run.start, count, run.step};
    }

    // Each part, of one block, of what an operand takes from memory.
    template <typename Visit> void parts(const Run &run, Visit &&visit) const {
        Run rest = run;
        while (rest.count > 0) {
            const Run part = first_part(rest);
            visit(part);
            rest.start += part.count * rest.step;
            rest.count -= part.count;
        }
    }

    void note_use(const Operand &operand, std::size_t instruction) {
        for (const Run &run : operand) {
            if (run.is_weights) {
                continue;
            }
            parts(run, [&](const Run &part) {
                std::size_t &last = blocks_[block_of(part.start)].last_use;
                last = std::max(last, instruction);
            });
        }
    }

    Operand slots_of(const Operand &operand) const {
        Operand runs;
        for (const Run &run : operand) {
            if (run.is_weights) {
                runs.push_back(run);
                continue;
            }
            parts(run, [&](Run part) {
                const Block &block = blocks_[block_of(part.start)];
                part.start += block.slot - block.element;
                append(runs, part);
            });
        }
        return runs;
    }

    // One run of two, where the second goes on as the first.
    static void append(Operand &runs, Run next) {
        if (!runs.empty() && !runs.back().is_weights) {
            Run &last = runs.back();
            const std::int64_t gap =
                next.start - (last.start + (last.count - 1) * last.step);
            const bool goes_on = (last.count == 1 || last.step == gap) &&
                                 (next.count == 1 || next.step == gap);
            // Single elements far apart are no better as a run of two.
            if (goes_on && (last.count > 1 || next.count > 1 || gap == 1)) {
                last.count += next.count;
                last.step = gap;
                return;
            }
        }
        runs.push_back(next);
    }

    const Program &program_;
    std::vector<Block> blocks_;                  // in the order of their elements
    std::vector<std::vector<std::size_t>> ends_; // blocks whose last use is this one
    std::int64_t elements_ = 0;
    Slots slots_;
};

} // namespace

ProgramPlan plan_of(const Program &program) { return Planner(program).plan(); }

bool in_a_row(const Operand &operand) {
    return operand.size() == 1 && !operand.front().is_weights &&
           (operand.front().step == 1 || operand.front().count == 1);
}

} // namespace gwparam
