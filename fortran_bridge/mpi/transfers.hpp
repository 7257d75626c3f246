// Messages on their way, with the memory that MPI reads and writes until they arrived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include <mpi.h>

namespace gwparam {

class MpiError : public std::runtime_error {
  public:
    explicit MpiError(int code);
};

void check_mpi(int code);

// MPI can be called: between MPI_Init and MPI_Finalize.
bool mpi_is_alive();

// Messages that are waited for together. The memory belongs to this class, not to the
// caller: a message that has met its receiver but not arrived cannot be taken back, and
// would be written to (or read from) memory that is long used for something else.
class Transfers {
  public:
    // A longer message travels in parts: MPI counts in int.
    static constexpr std::int64_t default_part_bytes = std::int64_t{1} << 30;

    explicit Transfers(MPI_Comm communicator,
                       std::int64_t part_bytes = default_part_bytes)
        : communicator_(communicator), part_bytes_(part_bytes) {}
    ~Transfers() { abandon(); }
    Transfers(const Transfers &) = delete;
    Transfers &operator=(const Transfers &) = delete;

    // Where the message will be once all have arrived, until clear().
    const std::byte *receive(int from, int tag, std::int64_t bytes);

    void send(int to, int tag, const void *source, std::int64_t bytes);

    // True when all have arrived. Throws MpiError, and std::runtime_error if a message
    // was shorter than expected.
    bool test();

    // The other rank of the first message under way, -1 if there is none.
    int awaited() const;

    // Make ready for other messages, once all have arrived.
    void clear();

    // Give up what is under way, and never fail or wait for another rank.
    void abandon() noexcept;

  private:
    struct Memory {
        std::unique_ptr<std::byte[]> bytes;
        std::int64_t capacity = 0;
    };
    struct Part {
        std::size_t message;
        int rank;
        std::int64_t expected; // bytes to receive, -1 in a message that is sent
    };

    std::size_t first_open() const; // of the requests; their number if there is none
    std::byte *take_memory(std::int64_t bytes);
    template <typename Post>
    void post(int rank, std::byte *data, std::int64_t bytes, bool receives, Post begin);

    MPI_Comm communicator_;
    std::int64_t part_bytes_;
    std::vector<Memory>
        memory_; // of message i; longer than the messages that there are
    std::size_t messages_ = 0;
    std::vector<MPI_Request> requests_;
    std::vector<Part> parts_;
    std::vector<int> done_;
    std::vector<MPI_Status> statuses_;
};

} // namespace gwparam
