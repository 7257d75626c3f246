#include "transfers.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "deadline.hpp"

namespace gwparam {

namespace {

// For what was cancelled to end, which no other rank has a part in.
constexpr double cancel_seconds = 0.1;

std::string error_text(int code) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    return text;
}

} // namespace

MpiError::MpiError(int code) : std::runtime_error(error_text(code)) {}

void check_mpi(int code) {
    if (code != MPI_SUCCESS) {
        throw MpiError(code);
    }
}

bool mpi_is_alive() {
    int initialized = 0;
    int finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized != 0 && finalized == 0;
}

std::byte *Transfers::take_memory(std::int64_t bytes) {
    if (messages_ == memory_.size()) {
        memory_.emplace_back();
    }
    Memory &memory = memory_[messages_];
    if (memory.capacity < bytes) {
        memory = Memory{}; // before the new one: both may be large
        memory.bytes.reset(new std::byte[static_cast<std::size_t>(bytes)]);
        memory.capacity = bytes;
    }
    ++messages_;
    return memory.bytes.get();
}

template <typename Post>
void Transfers::post(int rank, std::byte *data, std::int64_t bytes, bool receives,
                     Post begin) {
    const std::size_t message = messages_ - 1;
    for (std::int64_t start = 0; start < bytes; start += part_bytes_) {
        const std::int64_t part = std::min(part_bytes_, bytes - start);
        parts_.push_back({message, rank, receives ? part : -1});
        requests_.push_back(MPI_REQUEST_NULL);
        check_mpi(begin(data + start, static_cast<int>(part), &requests_.back()));
    }
}

const std::byte *Transfers::receive(int from, int tag, std::int64_t bytes) {
    std::byte *data = take_memory(bytes);
    post(from, data, bytes, true, [&](std::byte *part, int count, MPI_Request *begun) {
        return MPI_Irecv(part, count, MPI_BYTE, from, tag, communicator_, begun);
    });
    return data;
}

void Transfers::send(int to, int tag, const void *source, std::int64_t bytes) {
    std::byte *data = take_memory(bytes);
    if (bytes > 0) {
        std::memcpy(data, source, static_cast<std::size_t>(bytes));
    }
    post(to, data, bytes, false, [&](std::byte *part, int count, MPI_Request *begun) {
        return MPI_Isend(part, count, MPI_BYTE, to, tag, communicator_, begun);
    });
}

bool Transfers::test() {
    if (requests_.empty()) {
        return true;
    }
    done_.resize(requests_.size());
    statuses_.resize(requests_.size());
    int n_done = 0;
    const int code = MPI_Testsome(static_cast<int>(requests_.size()), requests_.data(),
                                  &n_done, done_.data(), statuses_.data());
    if (n_done == MPI_UNDEFINED) {
        return true;
    }
    for (int i = 0; i < n_done; ++i) {
        if (code == MPI_ERR_IN_STATUS) {
            check_mpi(statuses_[i].MPI_ERROR);
        }
        const Part &part = parts_[static_cast<std::size_t>(done_[i])];
        int count = 0;
        if (part.expected >= 0) {
            check_mpi(MPI_Get_count(&statuses_[i], MPI_BYTE, &count));
        }
        if (part.expected >= 0 && count != part.expected) {
            throw std::runtime_error("rank " + std::to_string(part.rank) + " sent " +
                                     std::to_string(count) + " bytes, expected " +
                                     std::to_string(part.expected));
        }
    }
    check_mpi(code);
    return first_open() == requests_.size();
}

std::size_t Transfers::first_open() const {
    const auto open = std::find_if(
        requests_.begin(), requests_.end(),
        [](const MPI_Request &request) { return request != MPI_REQUEST_NULL; });
    return static_cast<std::size_t>(open - requests_.begin());
}

int Transfers::awaited() const {
    const std::size_t open = first_open();
    return open == requests_.size() ? -1 : parts_[open].rank;
}

void Transfers::clear() {
    messages_ = 0;
    requests_.clear();
    parts_.clear();
}

void Transfers::abandon() noexcept {
    const bool alive = mpi_is_alive();
    for (std::size_t i = 0; alive && i < requests_.size(); ++i) {
        if (requests_[i] != MPI_REQUEST_NULL && parts_[i].expected >= 0) {
            MPI_Cancel(&requests_[i]);
        }
    }
    const Deadline deadline(cancel_seconds);
    Pauses pauses;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        int ended = requests_[i] == MPI_REQUEST_NULL ? 1 : 0;
        while (alive && ended == 0) {
            MPI_Test(&requests_[i], &ended, MPI_STATUS_IGNORE);
            if (ended == 0 && deadline.passed()) {
                break;
            }
            if (ended == 0) {
                pauses.pause();
            }
        }
        if (ended == 0) { // MPI may use the memory as long as the process lives
            static_cast<void>(memory_[parts_[i].message].bytes.release());
            memory_[parts_[i].message].capacity = 0;
        }
    }
    clear();
}

} // namespace gwparam
