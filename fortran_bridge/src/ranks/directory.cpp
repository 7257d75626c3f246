#include "ranks/directory.hpp"

#include <algorithm>

namespace gwparam {

namespace {

constexpr std::int64_t nobody = -1;

std::string described(const Communicator &communicator, const Holder &a,
                      const Holder &b) {
    const auto number = [](std::int64_t row) { return std::to_string(row + 1); };
    if (communicator.alone()) {
        return "columns " + number(a.row) + " and " + number(b.row) +
               ", counted from 1, are both at ";
    }
    return "column " + number(a.row) + " of rank " + std::to_string(a.rank) +
           " and column " + number(b.row) + " of rank " + std::to_string(b.rank) +
           ", counted from 1, are both at ";
}

} // namespace

Directory::Directory(const Communicator &communicator, std::int64_t cells,
                     const std::vector<std::int64_t> &mine,
                     const std::function<std::string(std::int64_t)> &where)
    : communicator_(communicator) {
    const auto size = static_cast<std::size_t>(communicator.size());
    std::int64_t columns = 0;
    for (const auto &count : communicator.all_to_all(
             Communicator::Lists(size, {static_cast<std::int64_t>(mine.size())}))) {
        columns += count.front();
    }
    // Where there are more cells than columns, one of the first lacks its column: no
    // room is needed for the product of all coordinates of scattered columns.
    const std::int64_t watched = std::min(cells, columns + 1);
    block_ = std::max<std::int64_t>(1, (watched + communicator.size() - 1) /
                                           communicator.size());

    Communicator::Lists rows(size);
    Communicator::Lists named(size);
    for (std::size_t row = 0; row < mine.size(); ++row) {
        if (mine[row] < watched) {
            const auto rank = static_cast<std::size_t>(keeper(mine[row]));
            named[rank].push_back(mine[row]);
            rows[rank].push_back(static_cast<std::int64_t>(row));
        }
    }
    named = communicator.all_to_all(named);
    rows = communicator.all_to_all(rows);

    // The first bad cell of all; who keeps it is of no interest to a host.
    Outcome outcome;
    std::int64_t bad = watched;
    Holder second{};
    outcome.attempt([&] { bad = hold(named, rows, watched, second); });
    const std::int64_t first_bad = communicator.agree(outcome, {bad})[0];
    if (first_bad == watched) {
        return;
    }
    const std::int64_t its_keeper = keeper(first_bad);
    std::string text;
    if (its_keeper == communicator.rank()) {
        const Holder &holder = holder_of(first_bad);
        text = (holder.rank == nobody ? "no column is at "
                                      : described(communicator, holder, second)) +
               where(first_bad);
    }
    communicator.broadcast(static_cast<int>(its_keeper), text);
    throw Error(GWPARAM_ERR_ARGUMENT, text);
}

std::int64_t Directory::hold(const Communicator::Lists &named,
                             const Communicator::Lists &rows, std::int64_t watched,
                             Holder &second) {
    const std::int64_t first = std::min(communicator_.rank() * block_, watched);
    const std::int64_t last = std::min(first + block_, watched);
    holders_.assign(static_cast<std::size_t>(last - first), {nobody, 0});
    std::int64_t shared = watched; // the first cell of several columns
    for (std::size_t rank = 0; rank < named.size(); ++rank) {
        for (std::size_t i = 0; i < named[rank].size(); ++i) {
            const std::int64_t cell = named[rank][i];
            const Holder holder{static_cast<std::int64_t>(rank), rows[rank][i]};
            Holder &kept = holders_[static_cast<std::size_t>(cell - first)];
            if (kept.rank == nobody) {
                kept = holder;
            } else if (cell < shared) {
                shared = cell;
                second = holder;
            }
        }
    }
    const auto none =
        std::find_if(holders_.begin(), holders_.end(),
                     [](const Holder &holder) { return holder.rank == nobody; });
    return none == holders_.end() ? shared
                                  : std::min(shared, first + (none - holders_.begin()));
}

Communicator::Lists Directory::by_keeper(const std::vector<std::int64_t> &cells) const {
    Communicator::Lists lists(static_cast<std::size_t>(communicator_.size()));
    for (const std::int64_t cell : cells) {
        lists[static_cast<std::size_t>(keeper(cell))].push_back(cell);
    }
    return lists;
}

std::vector<Holder> Directory::find(const std::vector<std::int64_t> &wanted) const {
    // Answers come back in the order of the questions, as rank, row, rank, row ...
    Communicator::Lists answers = communicator_.all_to_all(by_keeper(wanted));
    for (auto &list : answers) {
        std::vector<std::int64_t> pairs;
        for (const std::int64_t cell : list) {
            const Holder &holder = holder_of(cell);
            pairs.push_back(holder.rank);
            pairs.push_back(holder.row);
        }
        list = std::move(pairs);
    }
    answers = communicator_.all_to_all(answers);
    std::vector<std::size_t> next(answers.size(), 0);
    std::vector<Holder> found;
    found.reserve(wanted.size());
    for (const std::int64_t cell : wanted) {
        const auto rank = static_cast<std::size_t>(keeper(cell));
        const std::int64_t *pair = answers[rank].data() + next[rank];
        found.push_back({pair[0], pair[1]});
        next[rank] += 2;
    }
    return found;
}

} // namespace gwparam
