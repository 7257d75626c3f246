// Whose turn it is on a handle: a call that comes at a bad moment is refused, never
// made to wait.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include <sys/types.h>
#include <unistd.h>

namespace gwparam {

// What a thread began and another must not go on with: an open window, and the result
// of a window that it ran alone. The puts and gets of two threads that take turns by
// chance would else become one window of both.
class Turn {
  public:
    // One call. Both throw ERR_FORKED in a child of the process that loaded, where
    // threads and devices are gone, and ERR_BUSY while another call is under way.
    class Call {
      public:
        explicit Call(Turn &turn);
        ~Call();
        Call(const Call &) = delete;
        Call &operator=(const Call &) = delete;

        // Throw ERR_BUSY where another thread has opened the window, or has run it.
        void check_window() const;
        void check_result() const;
        // Afterwards: whether there is an open window, and a result of this thread
        // alone.
        void leaves_window(bool is_open);
        void leaves_result(bool is_own);

        // The handle is about to go, and this with it.
        void ends() { turn_ = nullptr; }

      private:
        Turn *turn_;
    };

    // Whether the process was forked since the load.
    bool is_forked() const { return process_ != getpid(); }

  private:
    const pid_t process_ = getpid();
    std::atomic<bool> is_taken_{false};
    std::optional<std::thread::id> window_of_;
    std::optional<std::thread::id> result_of_;
};

} // namespace gwparam
